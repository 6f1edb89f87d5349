import Consensus
import LedgerModel
import LedgerRuntime

/// Whether evidence of double votes holds, given what this node knows of old heights.
struct EvidenceJudge: Sendable {
    /// The time of a decided block, or nil where it is not held any more.
    var blockTime: @Sendable (Height) -> Timestamp?

    /// Whether evidence may stand in a block after the tip: it holds, and the ledger does not know of it yet.
    func isNews(_ evidence: DuplicateVoteEvidence, on chain: ChainTip, in state: some StateAccess) -> Bool {
        guard let found = try? verify(evidence, on: chain, in: state) else { return false }
        return !ValidatorRegistry.isRecorded(found.validator, at: found.height, in: state)
    }

    /// What a block's evidence proves, in its order.
    func judge(
        _ items: [[UInt8]], on chain: ChainTip, in state: some StateAccess
    ) throws(RuntimeFailure) -> [ValidatorMisbehaviour] {
        guard items.reduce(0, { $0 + $1.count }) <= Evidence.blockBytesMax else {
            throw .invalidBlock("its evidence exceeds \(Evidence.blockBytesMax) bytes")
        }
        var found: [ValidatorMisbehaviour] = []
        for item in items {
            guard case .duplicateVote(let evidence) = try? Evidence(decoding: item) else {
                throw .invalidBlock("evidence that is none of a double vote")
            }
            let next = try verify(evidence, on: chain, in: state)
            let isKnown =
                found.contains { $0.validator == next.validator && $0.height == next.height }
                || ValidatorRegistry.isRecorded(next.validator, at: next.height, in: state)
            guard !isKnown else { throw .invalidBlock("evidence that the ledger has already") }
            found.append(next)
        }
        return found
    }

    private func verify(
        _ evidence: DuplicateVoteEvidence, on chain: ChainTip, in state: some StateAccess
    ) throws(RuntimeFailure) -> ValidatorMisbehaviour {
        let height = Height(UInt64(max(evidence.first.height, 0)))
        guard evidence.first.height > 0, evidence.first.height <= chain.height, let time = blockTime(height) else {
            throw .invalidBlock("evidence of a height that is not decided, or not held here any more")
        }
        let set = try ValidatorRegistry.set(at: height, in: state)
        do throws(EvidenceFailure) {
            return try EvidenceCheck(
                chainID: chain.ledger.chainID.text, lastHeight: chain.height, lastTime: chain.time
            ).verify(evidence, validators: set, blockTime: time)
        } catch { throw .invalidBlock("evidence that does not hold: \(error)") }
    }
}

extension Node {
    /// Judges by the headers that are held.
    nonisolated var evidenceJudge: EvidenceJudge {
        let view = view
        return EvidenceJudge { view.header($0)?.header.time }
    }
}
