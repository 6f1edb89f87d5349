import LedgerModel

/// Who signed two blocks: kept until a block of the ledger has it, told to all, and offered for every block of our own.
///
/// Whether evidence holds is the host's to check, who knows the sets of old heights: before it hands in what others found,
/// and when a block is built or executed.
extension Replica {
    /// Evidence that waits at once; more is dropped, as there are never so many faulty validators that matter.
    static let evidenceMax = 64

    mutating func report(_ found: DuplicateVoteEvidence) {
        effects.append(.reportEquivocation(found))
        keep(.duplicateVote(found))
    }

    /// Somebody else's find, which the host has judged.
    mutating func take(_ found: Evidence, from sender: NodeID) {
        guard found.height > 0, found.height <= tip.height else { return }
        if keep(found) { scheduleBegin() }
    }

    /// What a client found, which the host has judged: the others may not have it.
    mutating func takeReported(_ found: Evidence) {
        guard keep(found) else { return }
        effects.append(.send(.evidence(found), to: nil))
        scheduleBegin()
    }

    @discardableResult
    private mutating func keep(_ found: Evidence) -> Bool {
        guard !evidence.contains(where: { $0.isOfSame(as: found) }), evidence.count < Self.evidenceMax else {
            return false
        }
        evidence.append(found)
        return true
    }

    /// Whether there is anything to put into a block; a node that proposes none needs no evidence to be gone.
    var hasAnyWork: Bool { hasWork || own != nil && !pendingEvidence.isEmpty }

    /// What a block after the tip may have: evidence of decided heights.
    var pendingEvidence: [Evidence] { evidence.filter { $0.height <= tip.height } }

    /// Once a height is decided its evidence gets the block's time, and goes out.
    mutating func settleEvidence(of block: ProposedBlock) {
        for index in evidence.indices {
            guard case .duplicateVote(var found) = evidence[index], found.first.height == block.height else { continue }
            found.timestamp = block.block.header.time
            evidence[index] = .duplicateVote(found)
            effects.append(.send(.evidence(evidence[index]), to: nil))
        }
        let included = Set(block.block.evidence)
        evidence.removeAll { included.contains($0.encoded) }
    }

    /// Whatever was offered for a block of our own and is not in it did not hold, or is on the ledger already.
    mutating func forgetRefused(by block: ProposedBlock) {
        let included = Set(block.block.evidence)
        evidence.removeAll { $0.height <= tip.height && !included.contains($0.encoded) }
    }
}

extension Evidence {
    /// Whether both prove the same: of double votes one a validator and height is enough.
    fileprivate func isOfSame(as other: Evidence) -> Bool {
        switch (self, other) {
        case (.duplicateVote(let one), .duplicateVote(let other)):
            one.first.validator == other.first.validator && one.first.height == other.first.height
        default: hash == other.hash
        }
    }
}
