import Consensus
import LedgerModel

/// What a node knows of the ledger that evidence is judged by: the times of its blocks, and the evidence in them.
struct EvidenceBook {
    private var times: [Int64: Timestamp] = [:]
    private var onLedger: [Int64: [[UInt8]]] = [:]

    mutating func add(_ block: Block) {
        times[block.header.height] = block.header.time
        if !block.evidence.isEmpty { onLedger[block.header.height] = block.evidence }
    }

    /// Forgets what is above a height.
    mutating func cut(above height: Int64) {
        times = times.filter { $0.key <= height }
        onLedger = onLedger.filter { $0.key <= height }
    }

    /// Whether an item may stand in the block after a height: it holds, and no block has it.
    func holds(_ item: [UInt8], after tip: ChainTip, plan: SetPlan, isValid: @escaping SignaturePredicate) -> Bool {
        guard case .duplicateVote(let evidence)? = try? Evidence(decoding: item),
            let time = times[evidence.first.height],
            !onLedger.values.contains(where: { $0.contains(item) })
        else { return false }
        let check = EvidenceCheck(chainID: tip.ledger.chainID.text, lastHeight: tip.height, lastTime: tip.time)
        return
            (try? check.verify(
                evidence, validators: plan.inForce(at: evidence.first.height), blockTime: time, isValid: isValid))
            != nil
    }
}
