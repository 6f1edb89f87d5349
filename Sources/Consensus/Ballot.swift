import LedgerModel

/// One type's votes of one round: each validator counts once, with its first vote.
struct Ballot: Sendable {
    /// By place in the set.
    private(set) var votes: [Vote?]
    /// Power by block, in order of first appearance.
    ///
    /// The zero id stands for nil.
    private var tallies: [(blockID: BlockID, power: Int64)] = []
    /// Power of all who voted, for whatever.
    private(set) var power: Int64 = 0
    /// What more than 2/3 of the power voted for.
    ///
    /// Once set it stays.
    private(set) var quorum: BlockID?
    /// The votes for `quorum`, where they were taken as a whole.
    private var certificate: [Vote]?

    init(memberCount: Int) { votes = Array(repeating: nil, count: memberCount) }

    /// Counts a vote of a validator that has not voted here.
    mutating func count(_ vote: Vote, index: Int, power: Int64, quorumAbove needed: Int64) {
        precondition(votes[index] == nil)
        votes[index] = vote
        self.power += power
        let place = tallies.firstIndex { $0.blockID == vote.blockID } ?? tallies.endIndex
        if place == tallies.endIndex { tallies.append((vote.blockID, 0)) }
        tallies[place].power += power
        if quorum == nil, tallies[place].power > needed { quorum = vote.blockID }
    }

    /// Takes a quorum as somebody else counted it, though a validator voted otherwise here.
    mutating func adopt(_ blockID: BlockID, certificate: [Vote]) {
        guard quorum == nil else { return }
        quorum = blockID
        self.certificate = certificate
    }

    /// The votes for the quorum's block, in set order.
    var quorumVotes: [Vote] {
        guard let quorum else { return [] }
        return certificate ?? votes.compactMap { $0?.blockID == quorum ? $0 : nil }
    }
}
