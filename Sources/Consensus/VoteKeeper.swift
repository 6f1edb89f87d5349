package import LedgerModel

/// Two votes of one validator for one step that differ: evidence of equivocation.
package struct Equivocation: Equatable, Sendable {
    package var first: Vote
    package var second: Vote
}

/// The votes of one height, by round: each validator counts once a round and type, with its first vote.
struct VoteKeeper: Sendable {
    private struct Ballot: Sendable {
        /// By validator index.
        var votes: [Vote?]
        /// Power by block, in order of first appearance.
        var tallies: [(blockID: BlockID, power: Int64)] = []
        var power: Int64 = 0
    }

    private let powers: [Int64]
    let total: Int64
    private var ballots: [Int64: Ballot] = [:]

    init(_ set: ValidatorSet) {
        powers = set.members.map(\.votingPower)
        total = set.power
    }

    private static func key(_ type: VoteType, _ round: Int32) -> Int64 { Int64(round) << 1 | (type == .prevote ? 0 : 1) }

    /// Takes a vote whose signature and place have been checked.
    /// - Returns: evidence where the validator voted otherwise before.
    mutating func insert(_ vote: Vote, index: Int) -> Equivocation? {
        let key = Self.key(vote.type, vote.round)
        var ballot = ballots[key] ?? Ballot(votes: powers.map { _ in nil })
        if let first = ballot.votes[index] {
            return first.blockID == vote.blockID ? nil : Equivocation(first: first, second: vote)
        }
        ballot.votes[index] = vote
        ballot.power += powers[index]
        if let place = ballot.tallies.firstIndex(where: { $0.blockID == vote.blockID }) {
            ballot.tallies[place].power += powers[index]
        } else {
            ballot.tallies.append((vote.blockID, powers[index]))
        }
        ballots[key] = ballot
        return nil
    }

    /// The block (or nil's zero id) that more than 2/3 of the power voted for.
    func quorum(_ type: VoteType, round: Int32) -> BlockID? {
        ballots[Self.key(type, round)]?.tallies.first { isQuorum($0.power) }?.blockID
    }

    /// Whether more than 2/3 of the power voted for anything.
    func hasQuorumOfAny(_ type: VoteType, round: Int32) -> Bool {
        isQuorum(ballots[Self.key(type, round)]?.power ?? 0)
    }

    /// Power of the validators that voted in a round at all.
    func power(inRound round: Int32) -> Int64 {
        let both = [VoteType.prevote, .precommit].compactMap { ballots[Self.key($0, round)] }
        return powers.indices.reduce(0) { sum, index in
            both.contains { $0.votes[index] != nil } ? sum + powers[index] : sum
        }
    }

    /// Votes of a round by validator index.
    func votes(_ type: VoteType, round: Int32) -> [Vote?] { ballots[Self.key(type, round)]?.votes ?? powers.map { _ in nil } }

    func isQuorum(_ power: Int64) -> Bool { power > TrustLevel.twoThirds.threshold(of: total) }
    func isMoreThanOneThird(_ power: Int64) -> Bool { power > TrustLevel.oneThird.threshold(of: total) }
}
