import Cryptography
import LedgerAccess
import LedgerModel

/// The revisions that a ledger continues (D23), as its state names them: what was signed for them is no other ledger's.
struct EarlierRevisions: Sendable {
    /// The newest first.
    let all: [LedgerIdentity]

    /// Reads them; a ledger that continues none has none.
    static func of(
        _ ledger: LedgerIdentity, on access: any LedgerAccess
    ) async throws(LedgerAccessFailure) -> EarlierRevisions {
        var found: [LedgerIdentity] = []
        var chainID = ledger.chainID.previous
        while let earlier = chainID {
            guard let value = try await access.value(.upgrade, key: RevisionEntry.key(earlier.text)) else { break }
            guard let entry = try? RevisionEntry(decoding: value) else {
                throw .unavailable("what the ledger says of its revision \(earlier) cannot be read")
            }
            found.append(LedgerIdentity(chainID: earlier, genesisHash: entry.genesisHash))
            chainID = earlier.previous
        }
        return EarlierRevisions(all: found)
    }

    /// Whether a statement was made for one of them.
    func hold(_ statement: Statement) -> Bool {
        all.contains { $0.chainID.text == statement.chainID && $0.genesisHash == statement.genesisHash }
    }

    /// The message of a transaction that a key has signed for one of them.
    func message(in bytes: [UInt8], by key: COSEKey) -> Message? {
        for ledger in all {
            guard let signed = try? SignedTransaction(decoding: bytes, on: ledger), signed.isSigned(at: 0, by: key)
            else { continue }
            return signed.body.messages.first
        }
        return nil
    }
}
