import Codec
import Consensus
import Cryptography
package import LedgerAccess
import LedgerModel
import LedgerRuntime

/// Whether evidence holds, by what the state after the block before says, and nothing else.
///
/// A block with evidence that does not hold is invalid, so all must judge alike: who has joined by a snapshot, or has
/// pruned, holds no old headers. Departures from CometBFT (`evidence/verify.go`): the time that evidence names is not
/// compared with the old block's, and its age is counted in blocks alone; of a light client attack the state shows that
/// the conflicting header names other validators than the ledger's; one that names the same is evidence where its signers
/// signed the ledger's own block in the same round, which is a double vote.
enum EvidenceJudge {
    /// The items of a block after the tip: of what is offered, whatever holds, is not known yet, and has room.
    static func items(_ offered: [Evidence], on chain: ChainTip, in state: some StateAccess) -> [[UInt8]] {
        var items: [[UInt8]] = []
        var found: [ValidatorMisbehaviour] = []
        var room = Evidence.blockBytesMax
        for evidence in offered {
            let item = evidence.encoded
            guard item.count <= room, let next = try? news(evidence, besides: found, on: chain, in: state),
                !next.isEmpty
            else { continue }
            items.append(item)
            found += next
            room -= item.count
        }
        return items
    }

    /// What a block's evidence proves, in its order.
    static func judge(
        _ items: [[UInt8]], on chain: ChainTip, in state: some StateAccess
    ) throws(RuntimeFailure) -> [ValidatorMisbehaviour] {
        guard items.reduce(0, { $0 + $1.count }) <= Evidence.blockBytesMax else {
            throw .invalidBlock("its evidence exceeds \(Evidence.blockBytesMax) bytes")
        }
        var found: [ValidatorMisbehaviour] = []
        for item in items {
            guard let evidence = try? Evidence(decoding: item) else {
                throw .invalidBlock("evidence that cannot be read")
            }
            let next = try news(evidence, besides: found, on: chain, in: state)
            guard !next.isEmpty else { throw .invalidBlock("evidence that the ledger has already") }
            found += next
        }
        return found
    }

    /// What evidence proves that is not known yet.
    private static func news(
        _ evidence: Evidence, besides found: [ValidatorMisbehaviour], on chain: ChainTip, in state: some StateAccess
    ) throws(RuntimeFailure) -> [ValidatorMisbehaviour] {
        try proven(evidence, on: chain, in: state).filter { next in
            !found.contains { $0.validator == next.validator && $0.height == next.height }
                && !ValidatorRegistry.isRecorded(next.validator, at: next.height, in: state)
        }
    }

    private static func proven(
        _ evidence: Evidence, on chain: ChainTip, in state: some StateAccess
    ) throws(RuntimeFailure) -> [ValidatorMisbehaviour] {
        guard evidence.height > 0, evidence.height <= chain.height,
            chain.height - evidence.height <= EvidenceCheck.ageBlocksMax
        else { throw .invalidBlock("evidence of a height that is not decided, or too old") }
        let set = try ValidatorRegistry.set(at: Height(UInt64(evidence.height)), in: state)
        let check = EvidenceCheck(
            chainID: chain.ledger.chainID.text, lastHeight: chain.height, lastTime: .zero)
        var found: [ValidatorMisbehaviour]
        do throws(EvidenceFailure) {
            switch evidence {
            case .duplicateVote(let votes):
                found = [try check.verify(votes, validators: set, blockTime: votes.timestamp)]
            case .lightClientAttack(let attack):
                guard let own = try ownHeader(beside: attack, on: chain, in: state) else {
                    throw EvidenceFailure.notConflicting
                }
                found = try check.verify(attack, common: (time: attack.timestamp, validators: set), trusted: own)
            case .wrongReceipt(let receipt):
                let keys = receiptKeys(of: receipt, on: chain, in: state)
                found = [try check.verify(receipt, on: chain.ledger, validators: set, receiptKeys: keys)]
            }
        } catch { throw .invalidBlock("evidence that does not hold: \(error)") }
        for index in found.indices { found[index].time = chain.time }
        return found
    }

    /// The keys that the accused had listed for that height: none under rules that do not know this evidence.
    private static func receiptKeys(
        of evidence: WrongReceiptEvidence, on chain: ChainTip, in state: some StateAccess
    ) -> [COSEKey] {
        guard let rules = try? ProtocolRules.at(Height(UInt64(chain.height)).next, in: state), rules.version >= 3,
            let address = Address(evidence.validator), let height = UInt64(exactly: evidence.height)
        else { return [] }
        let listed = ValidatorRegistry.entry(address, in: state)?.receiptKeys ?? []
        return listed.filter { $0.covers(Height(height)) }.map(\.key)
    }

    /// What the state knows of the ledger's header beside a conflicting one that names other validators; all else is as
    /// there, so that it is judged by these alone.
    private static func ownHeader(
        beside attack: LightClientAttackEvidence, on chain: ChainTip, in state: some StateAccess
    ) throws(EvidenceFailure) -> SignedHeader? {
        var header = attack.conflicting.header
        guard header.height > 0, header.height <= chain.height else { return nil }
        let height = Height(UInt64(header.height))
        guard let set = try? ValidatorRegistry.set(at: height, in: state),
            let next = try? ValidatorRegistry.set(at: height.next, in: state)
        else { return nil }
        header.validatorsHash = set.hash.bytes
        header.nextValidatorsHash = next.hash.bytes
        return SignedHeader(header: header, commit: Commit())
    }
}

extension Node {
    /// Whether evidence holds that the ledger does not have.
    func isNews(_ evidence: Evidence) -> Bool {
        !EvidenceJudge.items([evidence], on: tip.chain, in: BlockState(tip.forest)).isEmpty
    }

    /// Takes what a client found.
    package func submit(evidence bytes: [UInt8]) async throws(LedgerAccessFailure) {
        if let failure { throw .unavailable("the node has stopped: \(failure)") }
        guard bytes.count <= Evidence.blockBytesMax, let evidence = try? Evidence(decoding: bytes) else {
            throw .refused("it is no tendermint.types.Evidence of at most \(Evidence.blockBytesMax) bytes")
        }
        guard isNews(evidence) else {
            throw .refused("it proves nothing against a validator of this ledger, or the ledger has it already")
        }
        receive(.evidenceFound(evidence))
    }
}
