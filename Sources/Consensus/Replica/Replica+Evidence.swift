import LedgerModel

/// Double votes: kept until a block of the ledger has them, told to all, and offered for every block of our own.
///
/// Whether evidence holds is the host's to check, when a block is built or executed: it knows the sets of old heights.
extension Replica {
    /// Evidence that waits at once; more is dropped, as there are never so many faulty validators that matter.
    static let evidenceMax = 64

    mutating func report(_ found: DuplicateVoteEvidence) {
        effects.append(.reportEquivocation(found))
        keep(found)
    }

    /// Somebody else's find.
    mutating func take(_ found: DuplicateVoteEvidence, from sender: NodeID) {
        guard found.first.height > 0, found.first.height <= tip.height else { return }
        keep(found)
    }

    private mutating func keep(_ found: DuplicateVoteEvidence) {
        let isKnown = evidence.contains {
            $0.first.validator == found.first.validator && $0.first.height == found.first.height
        }
        guard !isKnown, evidence.count < Self.evidenceMax else { return }
        evidence.append(found)
    }

    /// What a block after the tip may have: evidence of decided heights.
    var pendingEvidence: [DuplicateVoteEvidence] { evidence.filter { $0.first.height <= tip.height } }

    /// Once a height is decided its evidence gets the block's time, and goes out.
    mutating func settleEvidence(of block: ProposedBlock) {
        for index in evidence.indices where evidence[index].first.height == block.height {
            evidence[index].timestamp = block.block.header.time
            effects.append(.send(.evidence(evidence[index]), to: nil))
        }
        let included = Set(block.block.evidence)
        evidence.removeAll { included.contains($0.item) }
    }

    /// Whatever was offered for a block of our own and is not in it did not hold, or is on the ledger already.
    mutating func forgetRefused(by block: ProposedBlock) {
        let included = Set(block.block.evidence)
        evidence.removeAll { $0.first.height <= tip.height && !included.contains($0.item) }
    }
}
