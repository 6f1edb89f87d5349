import Codec
package import Cryptography
import Proofs

/// A receipt of inclusion (RFC 9942, vds 1) by one validator's receipt key, over the log root after a block (D7).
///
/// | place | content |
/// |---|---|
/// | protected 1, 4, 15, 16 | EdDSA, thumbprint, {1: issuer, 2: `vivian-log:<chain id>`}, `application/scitt-receipt+cose` |
/// | protected 395 | 1 (RFC9162_SHA256) |
/// | protected -65537, -65538, -65539, -65540 | chain id, genesis hash, height, tree size |
/// | unprotected 396 | {-1: [bstr of CBOR [tree size, leaf index, [hash...]]]} |
/// | payload | nil; the signature is over the root |
package struct Receipt: Hashable, Sendable {
    package let issuer: String
    package let keyThumbprint: Digest
    package let chainID: String
    package let genesisHash: Digest
    package let height: Height
    package let treeSize: UInt64
    package let leafIndex: UInt64
    package let path: [Digest]
    private let message: COSESign1

    private static let labels: [CBOR] = [
        COSELabel.algorithm, COSELabel.keyID, COSELabel.claims, COSELabel.type, COSELabel.verifiableDataStructure,
        COSELabel.chainID, COSELabel.genesisHash, COSELabel.height, COSELabel.treeSize,
    ]

    /// What one validator signs of a block's log: protected header and signature, which all receipts of it share.
    package static func signRoot(
        _ root: Digest, treeSize: UInt64, height: Height, ledger: LedgerIdentity, validator: Address, key: SigningKey
    ) -> (protected: [UInt8], signature: [UInt8]) {
        let protected = protectedHeader(
            treeSize: treeSize, height: height, ledger: ledger, validator: validator, key: key.publicKey)
        return (protected, key.sign(COSESign1.toBeSigned(protected: protected, payload: root.bytes)))
    }

    /// The protected header of every receipt that a validator's key signs of a block's log.
    package static func protectedHeader(
        treeSize: UInt64, height: Height, ledger: LedgerIdentity, validator: Address, key: COSEKey
    ) -> [UInt8] {
        let issuer = "vivian-validator:\(ledger.chainID.text):\(Hex.encode(validator.bytes))"
        return CBOR.map([
            .init(COSELabel.algorithm, key.algorithm.cbor),
            .init(COSELabel.keyID, .bytes(key.thumbprint.bytes)),
            .init(COSELabel.claims, [1: .text(issuer), 2: .text(ledger.logName)]),
            .init(COSELabel.type, .text(DomainSeparation.receiptType)),
            .init(COSELabel.verifiableDataStructure, COSELabel.rfc9162),
            .init(COSELabel.chainID, .text(ledger.chainID.text)),
            .init(COSELabel.genesisHash, .bytes(ledger.genesisHash.bytes)),
            .init(COSELabel.height, .unsigned(height.value)),
            .init(COSELabel.treeSize, .unsigned(treeSize)),
        ]).encoded()
    }

    /// The receipt of one leaf.
    package static func encode(
        protected: [UInt8], signature: [UInt8], treeSize: UInt64, leafIndex: UInt64, path: [Digest]
    ) -> [UInt8] {
        let proof = CBOR.array([.unsigned(treeSize), .unsigned(leafIndex), .array(path.map { .bytes($0.bytes) })])
        return COSESign1(
            protected: protected, unprotected: [COSELabel.proofs: [-1: [.bytes(proof.encoded())]]], payload: nil,
            signature: signature
        ).encoded()
    }

    /// Checks everything of a receipt but its signature.
    package static func decode(_ bytes: [UInt8]) throws(LedgerModelFailure) -> Receipt {
        let message: COSESign1
        let map: CBOR
        do {
            message = try COSESign1.decode(bytes)
            map = try message.header()
        } catch { throw .cose(error) }
        let header = try ExactHeader(map, labels: labels, of: "receipt")
        _ = try header.text(COSELabel.type, is: DomainSeparation.receiptType)
        guard map[COSELabel.algorithm] == COSEAlgorithm.edDSA.cbor else { throw .invalid("receipt: not EdDSA") }
        guard map[COSELabel.verifiableDataStructure] == COSELabel.rfc9162 else {
            throw .invalid("receipt: unsupported verifiable data structure")
        }
        guard message.payload == nil else { throw .invalid("receipt: the payload is not detached") }
        guard message.unprotected.map?.count == 1, let proofs = message.unprotected[COSELabel.proofs],
            proofs.map?.count == 1, let list = proofs[-1]?.array, list.count == 1, let encoded = list[0].bytes
        else { throw .invalid("receipt: not exactly one inclusion proof") }
        guard let items = try StateValue.decode(encoded).array, items.count == 3, let treeSize = items[0].unsigned,
            let leafIndex = items[1].unsigned, let hashes = items[2].array, !hashes.isEmpty,
            treeSize <= TransparencyLog.sizeMax
        else { throw .invalid("receipt: the inclusion proof is malformed") }
        let path = hashes.compactMap { $0.bytes.flatMap { Digest($0) } }
        guard path.count == hashes.count else { throw .invalid("receipt: a hash is not 32 bytes") }
        guard try header.unsigned(COSELabel.treeSize) == treeSize else {
            throw .invalid("receipt: the two tree sizes differ")
        }
        let chainID = try header.text(COSELabel.chainID)
        return Receipt(
            issuer: try header.issuer(chainID: chainID), keyThumbprint: try header.digest(COSELabel.keyID),
            chainID: chainID, genesisHash: try header.digest(COSELabel.genesisHash),
            height: Height(try header.unsigned(COSELabel.height)), treeSize: treeSize, leafIndex: leafIndex,
            path: path, message: message)
    }

    /// 64 bytes.
    package var signature: [UInt8] { message.signature }

    /// The root that the path leads to from a log entry; nil where it is none of such a tree.
    package func root(of entry: Digest) -> Digest? {
        try? TransparencyLog.root(
            fromInclusionOf: TransparencyLog.leafHash(entry: entry.bytes), index: leafIndex, size: treeSize, path: path)
    }

    /// Whether a key signed the root that the path leads to from a log entry.
    package func isSigned(by key: COSEKey, entry: Digest) -> Bool {
        guard case .ed25519 = key, keyThumbprint == key.thumbprint, let root = root(of: entry) else { return false }
        return message.isSigned(by: key, detached: root.bytes)
    }
}
