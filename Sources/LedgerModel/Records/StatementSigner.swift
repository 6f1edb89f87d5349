import Codec
package import Cryptography

/// Signs statements in one issuer's name, one after another.
///
/// Of a statement's protected header only the number differs from the next one's, and it stands last (its label encodes
/// to the highest key), so the rest is encoded once.
package struct StatementSigner: Sendable {
    private let key: SigningKey
    /// The protected header up to the number.
    private let head: [UInt8]

    package init(issuer: AccountID, ledger: LedgerIdentity, key: SigningKey) {
        self.key = key
        // The number 0 is the one byte that comes last.
        head = Statement.header(sequence: 0, issuer: issuer, ledger: ledger, key: key.publicKey).dropLast()
    }

    /// Makes and signs the statement about a record file with that SHA-256.
    /// - Returns: the encoded COSE_Sign1.
    package func sign(_ recordHash: Digest, sequence: UInt64) -> [UInt8] {
        var protected = head
        CBOR.unsigned(sequence).append(to: &protected)
        return COSESign1.sign(protected: protected, payload: recordHash.bytes, key: key).encoded()
    }
}
