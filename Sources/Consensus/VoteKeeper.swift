import LedgerModel

/// The votes of one height, by round and type.
///
/// Bounded: of rounds more than ``roundsAheadMax`` ahead only each validator's vote of its highest round is remembered. Rounds behind
/// are kept, since a decision may come from any; how many there are the timeouts bound.
struct VoteKeeper: Sendable {
    /// Rounds ahead of the current one whose votes are kept: what a few slow messages span.
    static let roundsAheadMax: Int32 = 8

    private struct Round: Sendable {
        var prevotes: Ballot
        var precommits: Ballot

        subscript(type: VoteType) -> Ballot {
            get { type == .prevote ? prevotes : precommits }
            // In place: a copy of all votes for each vote would be quadratic in the members.
            _modify { if type == .prevote { yield &prevotes } else { yield &precommits } }
        }
    }

    /// What became of a vote.
    enum Insertion: Equatable {
        case counted
        /// Known, or too far ahead to be kept.
        case ignored
        /// The validator voted otherwise before.
        case equivocation(Vote, Vote)
    }

    private let powers: [Int64]
    /// More power than this is a quorum.
    private let quorumThreshold: Int64
    /// More power than this includes a correct validator's.
    private let honestThreshold: Int64
    private var rounds: [Int32: Round] = [:]
    /// Each validator's first vote of its highest round.
    private var foremost: [Vote?]
    /// The first quorum of precommits for a block.
    private(set) var decided: (round: Int32, blockID: BlockID)?

    init(_ set: ValidatorSet) {
        powers = set.members.map(\.votingPower)
        quorumThreshold = TrustLevel.twoThirds.threshold(of: set.power)
        honestThreshold = TrustLevel.oneThird.threshold(of: set.power)
        foremost = powers.map { _ in nil }
    }

    /// Takes a vote whose signature and place have been checked.
    mutating func insert(_ vote: Vote, index: Int, currentRound: Int32) -> Insertion {
        if foremost[index].map({ $0.round < vote.round }) ?? true { foremost[index] = vote }
        guard vote.round <= max(currentRound, 0) + Self.roundsAheadMax else { return .ignored }
        let needed = quorumThreshold
        let power = powers[index]
        return change(vote.round) { round in
            if let known = round[vote.type].votes[index] {
                return known.blockID == vote.blockID ? .ignored : .equivocation(known, vote)
            }
            round[vote.type].count(vote, index: index, power: power, quorumAbove: needed)
            return .counted
        }
    }

    /// Takes a polka that was counted elsewhere; its votes have been inserted before.
    mutating func adopt(_ polka: VerifiedPolka) {
        change(polka.round) { $0.prevotes.adopt(polka.blockID, certificate: polka.votes.map(\.vote)) }
    }

    private mutating func change<Result>(_ number: Int32, _ body: (inout Round) -> Result) -> Result {
        if rounds[number] == nil {
            let empty = Ballot(memberCount: powers.count)
            rounds[number] = Round(prevotes: empty, precommits: empty)
        }
        let result = body(&rounds[number]!)
        if decided == nil, let blockID = rounds[number]?.precommits.quorum, !blockID.isZero {
            decided = (number, blockID)
        }
        return result
    }

    /// What more than 2/3 of the power voted for in a round: a block, nil (the zero id), or nothing yet.
    func quorum(_ type: VoteType, round: Int32) -> BlockID? { rounds[round]?[type].quorum }

    /// The votes for the quorum's block, in set order.
    func quorumVotes(_ type: VoteType, round: Int32) -> [Vote] { rounds[round]?[type].quorumVotes ?? [] }

    /// Whether more than 2/3 of the power voted, for whatever.
    func hasQuorumOfAny(_ type: VoteType, round: Int32) -> Bool {
        (rounds[round]?[type].power ?? 0) > quorumThreshold
    }

    /// The votes of a round by place in the set.
    func votes(_ type: VoteType, round: Int32) -> [Vote?] { rounds[round]?[type].votes ?? powers.map { _ in nil } }

    /// Power of all who voted in a round, for whatever.
    func power(_ type: VoteType, round: Int32) -> Int64 { rounds[round]?[type].power ?? 0 }

    /// The highest round that more than 1/3 of the power has reached: a correct validator is there or beyond.
    var roundReached: Int32 {
        var power: Int64 = 0
        let rounds = foremost.map { $0?.round ?? -1 }
        for index in rounds.indices.sorted(by: { rounds[$0] > rounds[$1] }) {
            power += powers[index]
            if power > honestThreshold { return rounds[index] }
        }
        return -1
    }

    /// Why a round that was reached is entered: a vote of each validator that is there or beyond, in set order.
    func foremostVotes(from round: Int32) -> [Vote] { foremost.compactMap { $0 }.filter { $0.round >= round } }
}
