import Codec
import Cryptography
import LedgerModel
import Proofs

/// Holds the receipts of somebody's bundle against what the ledger says of the same blocks: a validator that signed a log
/// that the ledger did not have is accused by its own signature.
public struct ReceiptAccusation {
    /// One receipt and the root that its path leads to from the bundle's statement.
    private struct Claim {
        let receipt: Receipt
        let root: Digest
        let validator: Address
    }

    private let claims: [Claim]

    /// Reads a bundle; receipts that are none, or lead nowhere, accuse nobody.
    /// - Throws: ``AccusationFailure`` where the file is no bundle with receipts.
    public init(bundle bytes: [UInt8]) throws(AccusationFailure) {
        let bundle: RecordBundle
        do { bundle = try RecordBundle(decoding: bytes) } catch {
            throw AccusationFailure("it is no record bundle: \(error)")
        }
        var entry = SHA256.hash(bundle.statement)
        if let inner = bundle.inner {
            let leaf = TransparencyLog.leafHash(entry: entry.bytes)
            guard
                let root = try? TransparencyLog.root(
                    fromInclusionOf: leaf, index: inner.leafIndex, size: inner.treeSize, path: inner.path)
            else { throw AccusationFailure("its statement is in no interval") }
            entry = root
        }
        claims = bundle.receipts.compactMap { bytes in
            guard let receipt = try? Receipt.decode(bytes), let root = receipt.root(of: entry),
                let name = receipt.issuer.split(separator: ":").last, let address = Hex.decode(String(name)),
                let validator = Address(address)
            else { return nil }
            return Claim(receipt: receipt, root: root, validator: validator)
        }
        guard !claims.isEmpty else { throw AccusationFailure("it has no receipts") }
    }

    /// Heights after which the log's state has to be asked for: store `anchor`, key ``stateKey``.
    public var heights: [UInt64] { Set(claims.map(\.receipt.height.value)).sorted() }

    /// The store in which the log's state is.
    public static var stateStore: String { StoreName.anchor.rawValue }
    /// The log's key in it.
    public static var stateKey: [UInt8] { LogState.key }

    /// What accuses a validator: the bytes to hand in, and who it is.
    public struct Finding: Sendable {
        /// Its consensus address, in hex.
        public let validator: String
        /// The block after which the log is said to be this.
        public let height: UInt64
        /// Leaves and root, in hex, of the log that was signed.
        public let signed: (size: UInt64, root: String)
        /// The same of the ledger's log.
        public let held: (size: UInt64, root: String)
        /// `tendermint.types.Evidence` with the field `wrong_receipt_evidence`.
        public let evidence: [UInt8]
    }

    /// Compares the receipts of a height with the state proof that a gateway gave of the log after it; the ledger judges the
    /// signatures.
    /// - Throws: ``AccusationFailure`` where the proof is not of that entry and height.
    public func findings(at height: UInt64, proof bytes: [UInt8]) throws(AccusationFailure) -> [Finding] {
        let file: StateProofFile
        do { file = try StateProofFile(decoding: bytes) } catch {
            throw AccusationFailure("the gateway's proof: \(error)")
        }
        let entry = file.entry
        guard entry.stateHeight.value == height, entry.store == Self.stateStore, entry.key == Self.stateKey,
            let value = entry.value, let held = try? LogState(decoding: value),
            let header = file.headers.first(where: { $0.signedHeader.header.height == Int64(height) + 1 })
        else { throw AccusationFailure("the gateway's proof is not of the log after block \(height)") }
        return claims.filter { $0.receipt.height.value == height }.compactMap { claim in
            guard claim.receipt.treeSize != held.size || claim.root != held.root else { return nil }
            let evidence = WrongReceiptEvidence(
                claim.receipt, root: claim.root, validator: claim.validator, header: header.signedHeader,
                logState: value, proof: entry.merkleProof.encoded())
            return Finding(
                validator: Hex.encode(claim.validator.bytes), height: height,
                signed: (claim.receipt.treeSize, claim.root.hex), held: (held.size, held.root.hex),
                evidence: Evidence.wrongReceipt(evidence).encoded)
        }
    }
}

/// Why nobody can be accused with a file.
public struct AccusationFailure: Error, CustomStringConvertible {
    /// What it is, for people.
    public let description: String

    init(_ description: String) { self.description = description }
}
