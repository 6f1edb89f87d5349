import Codec
package import Cryptography

/// A signed statement (RFC 9943): a COSE hash envelope over a record file, in its issuer's name.
///
/// | protected label | content |
/// |---|---|
/// | 1, 4 | algorithm and thumbprint of the issuer's key |
/// | 15 | {1: `did:vivian:<chain id>:<account id in hex>`, 2: `vivian-log:<chain id>`} |
/// | 16 | `application/scitt-statement+cose` |
/// | 258, 259 | -16 (SHA-256), `application/vnd.vivian.record-file` |
/// | -65537, -65538 | chain id, genesis hash |
/// | -65541 | the issuer's gapless number |
///
/// Payload: SHA-256 of the record file. The unprotected map is empty, external_aad as well.
package struct Statement: Hashable, Sendable {
    package let recordHash: Digest
    /// The DID as it is written.
    package let issuer: String
    package let keyThumbprint: Digest
    package let algorithm: COSEAlgorithm
    package let chainID: String
    package let genesisHash: Digest
    package let sequence: UInt64
    private let message: COSESign1

    /// Entry of the record log: SHA-256 of the statement's bytes.
    package var entry: Digest { SHA256.hash(message.encoded()) }

    private static let labels: [CBOR] = [
        COSELabel.algorithm, COSELabel.keyID, COSELabel.claims, COSELabel.type, COSELabel.payloadHashAlgorithm,
        COSELabel.preimageContentType, COSELabel.chainID, COSELabel.genesisHash, COSELabel.sequence,
    ]

    /// Makes and signs one statement; ``StatementSigner`` is for many.
    package static func sign(
        recordHash: Digest, sequence: UInt64, issuer: AccountID, ledger: LedgerIdentity, key: SigningKey
    ) -> [UInt8] {
        StatementSigner(issuer: issuer, ledger: ledger, key: key).sign(recordHash, sequence: sequence)
    }

    /// The protected header of a statement.
    static func header(sequence: UInt64, issuer: AccountID, ledger: LedgerIdentity, key: COSEKey) -> [UInt8] {
        CBOR.map([
            .init(COSELabel.algorithm, key.algorithm.cbor),
            .init(COSELabel.keyID, .bytes(key.thumbprint.bytes)),
            .init(COSELabel.claims, [1: .text(ledger.did(issuer)), 2: .text(ledger.logName)]),
            .init(COSELabel.type, .text(DomainSeparation.statementType)),
            .init(COSELabel.payloadHashAlgorithm, COSELabel.sha256),
            .init(COSELabel.preimageContentType, .text(DomainSeparation.recordFileType)),
            .init(COSELabel.chainID, .text(ledger.chainID.text)),
            .init(COSELabel.genesisHash, .bytes(ledger.genesisHash.bytes)),
            .init(COSELabel.sequence, .unsigned(sequence)),
        ]).encoded()
    }

    /// Checks everything of a statement but its signature.
    package static func decode(_ bytes: [UInt8]) throws(LedgerModelFailure) -> Statement {
        let message: COSESign1
        let map: CBOR
        do {
            message = try COSESign1.decode(bytes)
            map = try message.header()
        } catch { throw .cose(error) }
        let header = try ExactHeader(map, labels: labels, of: "statement")
        guard message.unprotected == .map([]) else { throw .invalid("statement: the unprotected header is not empty") }
        _ = try header.text(COSELabel.type, is: DomainSeparation.statementType)
        guard map[COSELabel.payloadHashAlgorithm] == COSELabel.sha256 else {
            throw .invalid("statement: the payload's hash algorithm is not SHA-256")
        }
        _ = try header.text(COSELabel.preimageContentType, is: DomainSeparation.recordFileType)
        guard let recordHash = message.payload.flatMap({ Digest($0) }) else {
            throw .invalid("statement: the payload is not a SHA-256 hash")
        }
        let chainID = try header.text(COSELabel.chainID)
        return Statement(
            recordHash: recordHash, issuer: try header.issuer(chainID: chainID),
            keyThumbprint: try header.digest(COSELabel.keyID), algorithm: try header.algorithm(), chainID: chainID,
            genesisHash: try header.digest(COSELabel.genesisHash), sequence: try header.unsigned(COSELabel.sequence),
            message: message)
    }

    /// Whether a key signed it, under the strict predicate (D6).
    package func isSigned(by key: COSEKey) -> Bool {
        keyThumbprint == key.thumbprint && algorithm == key.algorithm && message.isSigned(by: key)
    }
}
