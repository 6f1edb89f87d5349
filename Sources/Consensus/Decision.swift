package import LedgerModel

/// A decided height: the block and the commit for it.
package struct Decision: Hashable, Sendable {
    package let blockID: BlockID
    /// The votes that decided it, one entry a validator in set order.
    package let commit: Commit
}

extension Commit {
    /// The commit that these precommits of one round make, by place in the set.
    ///
    /// Votes for nil are entered as such; a vote for another block, which only a faulty validator casts beside a
    /// quorum, is left out as CometBFT does.
    package init(height: Int64, round: Int32, blockID: BlockID, precommits: [Vote?]) {
        self.init(
            height: height, round: round, blockID: blockID,
            signatures: precommits.map { vote in
                guard let vote, vote.blockID.isZero || vote.blockID == blockID else { return .absent }
                return CommitSignature(
                    flag: vote.blockID.isZero ? .nilVote : .commit, validator: vote.validator,
                    timestamp: vote.timestamp, signature: vote.signature)
            })
    }
}
