import Consensus
import LedgerModel

/// Holds prevotes of correct validators against their locks and against the polkas that there can have been.
///
/// What is watched is what was said to anybody: a polka of which no quorum has spoken is none. So a lock that is not kept
/// shows at the first vote that breaks it, not only where a second block is decided.
struct LockWatch {
    private struct Choice: Hashable {
        var height: Int64
        var round: Int32
        var blockID: BlockID
    }
    private struct Voter: Hashable {
        var choice: Choice
        var validator: [UInt8]
    }

    private let plan: SetPlan
    private var power: [Choice: Int64] = [:]
    private var counted: Set<Voter> = []
    /// Rounds in which proposals of a block claim polkas, -1 for none.
    private var polRounds: [Choice: Set<Int32>] = [:]
    /// By node: what it precommitted last.
    private var locks: [Int: Choice] = [:]
    private var poisoned: Set<BlockID> = []

    init(_ plan: SetPlan) { self.plan = plan }

    /// A block that executes nowhere was made.
    mutating func poison(_ id: BlockID) { poisoned.insert(id) }

    /// Somebody said something; `isValid` checks signatures.
    mutating func heard(_ message: ConsensusMessage, isGenuine: (SignedMessage) -> Bool) {
        switch message {
        case .vote(let vote): count(vote, isGenuine)
        case .proposal(let proposal, let polka):
            let choice = Choice(height: proposal.height, round: proposal.round, blockID: proposal.blockID)
            polRounds[choice, default: []].insert(proposal.polRound)
            // Some speak of their own vote only there.
            for vote in polka { count(vote, isGenuine) }
        }
    }

    private mutating func count(_ vote: Vote, _ isGenuine: (SignedMessage) -> Bool) {
        guard vote.type == .prevote, !vote.blockID.isZero else { return }
        let choice = Choice(height: vote.height, round: vote.round, blockID: vote.blockID)
        let voter = Voter(choice: choice, validator: vote.validator)
        let set = plan.inForce(at: vote.height)
        guard !counted.contains(voter), let index = set.index(of: vote.validator), isGenuine(.vote(vote)) else {
            return
        }
        counted.insert(voter)
        power[choice, default: 0] += set.members[index].votingPower
    }

    private func hasPolka(_ height: Int64, _ round: Int32, _ blockID: BlockID) -> Bool {
        let power = power[Choice(height: height, round: round, blockID: blockID)] ?? 0
        return power > TrustLevel.twoThirds.threshold(of: plan.inForce(at: height).power)
    }

    /// What is wrong with a vote of a correct node, which is being sent for the first time.
    ///
    /// `mayHaveForgotten`: whether its disk may have lost a lock that it had acknowledged.
    mutating func objection(to vote: Vote, of node: Int, mayHaveForgotten: Bool) -> String? {
        guard !vote.blockID.isZero else { return nil }
        let choice = Choice(height: vote.height, round: vote.round, blockID: vote.blockID)
        if vote.type == .precommit {
            // An earlier vote may be said again after a restart.
            if locks[node].map({ ($0.height, $0.round) < (vote.height, vote.round) }) ?? true { locks[node] = choice }
            return hasPolka(vote.height, vote.round, vote.blockID) ? nil : "precommits what has no polka"
        }
        if poisoned.contains(vote.blockID) { return "prevotes what executes nowhere" }
        let claims = polRounds[choice] ?? []
        let polkas = claims.filter { $0 >= 0 && hasPolka(vote.height, $0, vote.blockID) }
        if !claims.contains(-1), polkas.isEmpty { return "prevotes for a polka that there was not" }
        // Lines 23 and 29: another block only for a polka no earlier than the lock.
        if !mayHaveForgotten, let lock = locks[node], lock.height == vote.height, lock.round < vote.round,
            lock.blockID != vote.blockID, polkas.allSatisfy({ $0 < lock.round })
        {
            return "prevotes another block than it locked in round \(lock.round)"
        }
        return nil
    }
}
