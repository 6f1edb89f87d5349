package import Cryptography
import Proofs

extension EvidenceCheck {
    /// A signature over a log that the ledger did not have.
    ///
    /// `validators` are the set of the header in it, `receiptKeys` those that the accused had listed for the height. Throws
    /// why it proves nothing.
    package func verify(
        _ evidence: WrongReceiptEvidence, on ledger: LedgerIdentity, validators: ValidatorSet, receiptKeys: [COSEKey]
    ) throws(EvidenceFailure) -> ValidatorMisbehaviour {
        guard let address = Address(evidence.validator), let root = Digest(evidence.root),
            let claimed = Self.height(evidence.height)
        else { throw .malformed("height, validator or root") }
        guard claimed.value < UInt64(max(lastHeight, 0)) else { throw .notDecided }
        let member = try member(address, of: validators)
        let held = try logState(of: evidence, after: claimed, validators: validators)
        guard held.size != evidence.treeSize || held.root != root else { throw .rightLog }
        guard
            receiptKeys.contains(where: { key in
                let protected = Receipt.protectedHeader(
                    treeSize: evidence.treeSize, height: claimed, ledger: ledger, validator: address, key: key)
                return key.isValid(
                    signature: evidence.signature, for: COSESign1.toBeSigned(protected: protected, payload: root.bytes))
            })
        else { throw .receiptSignature }
        return ValidatorMisbehaviour(
            kind: .wrongReceipt, validator: address, power: member.votingPower, height: claimed.next,
            time: evidence.header.header.time, totalPower: validators.power)
    }

    private static func height(_ value: Int64) -> Height? {
        1..<Int64.max ~= value ? Height(UInt64(value)) : nil
    }

    private func member(_ address: Address, of set: ValidatorSet) throws(EvidenceFailure) -> Validator {
        guard let index = set.index(of: address.bytes) else { throw .notAValidator }
        return set.members[index]
    }

    /// The log that the ledger had after the block: the header's commit holds, and the entry is proven under it.
    private func logState(
        of evidence: WrongReceiptEvidence, after height: Height, validators: ValidatorSet
    ) throws(EvidenceFailure) -> LogState {
        let header: BlockHeader
        do {
            header = try HeaderStep.begin(
                UnverifiedHeader(signed: evidence.header, validators: validators), chainID: chainID,
                trustedValidatorsHash: validators.hash
            ).header
        } catch { throw .header(error) }
        guard header.height == Int64(height.value) + 1 else { throw .malformed("header") }
        do {
            try ICS23.verifyPath(
                root: header.appHash, specs: ProofSpec.ledger,
                path: [Array(StoreName.anchor.rawValue.utf8), LogState.key], value: evidence.logState,
                proof: try MerkleProof(decoding: evidence.proof))
        } catch { throw .proof("\(error)") }
        do { return try LogState(decoding: evidence.logState) } catch { throw .malformed("log state") }
    }
}
