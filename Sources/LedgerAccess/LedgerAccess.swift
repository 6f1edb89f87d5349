package import Cryptography
package import LedgerModel

// LedgerAccess is the port through which services see a node: query with proof at a height, submit, headers, the
// record log, and a stream of committed blocks. A node in the same process and a remote one over HTTPS both fulfil it.
// It must never see anything above the core.

/// What a service may ask of a ledger, in process or remote (D18).
///
/// Heights: the state of height h is provable under header h + 1 (D4), so the newest provable state is one below the
/// newest header. Whatever is no longer held throws ``LedgerAccessFailure/pruned(nearest:)``.
package protocol LedgerAccess: Sendable {
    /// Where the ledger stands.
    func status() async throws(LedgerAccessFailure) -> LedgerStatus

    /// How the network looks to this node now.
    func network() async throws(LedgerAccessFailure) -> NetworkStatus

    /// Hands in the bytes of one transaction (D5). Handing in the same transaction twice is harmless.
    /// - Returns: its id, under which ``transaction(_:)`` tells what became of it.
    /// - Throws: `refused` where it can never be included, `unavailable` where a later try may succeed.
    func submit(_ transaction: [UInt8]) async throws(LedgerAccessFailure) -> TransactionID

    /// Hands in proof that validators signed two blocks (`tendermint.types.Evidence`), which the next block then carries.
    /// - Throws: `refused` where it proves nothing that the ledger does not have.
    func submit(evidence: [UInt8]) async throws(LedgerAccessFailure)

    /// What became of a transaction.
    func transaction(_ id: TransactionID) async throws(LedgerAccessFailure) -> TransactionStatus

    /// One key of one store with its proof, in the state after block `height`; nil means the newest provable one.
    func entry(_ store: StoreName, key: [UInt8], at height: Height?) async throws(LedgerAccessFailure) -> StateEntry

    /// One value without its proof, in the newest executed state.
    func value(_ store: StoreName, key: [UInt8]) async throws(LedgerAccessFailure) -> [UInt8]?

    /// The headers of a bundle (bundles.md): every height in `heights`, reached from the last header of the set with
    /// hash `trusted`, or beginning with the lowest of `heights`.
    func headers(for heights: [Height], from trusted: Digest?) async throws(LedgerAccessFailure) -> [LinkedHeader]

    /// One committed block with the commit that decided it.
    func block(_ height: Height) async throws(LedgerAccessFailure) -> CommittedBlock

    /// The inclusion path of a leaf in the log's tree of `treeSize` leaves (RFC 9162 §2.1.3).
    func logInclusion(of index: UInt64, treeSize: UInt64) async throws(LedgerAccessFailure) -> [Digest]

    /// The consistency path between two sizes of the log (RFC 9162 §2.1.4).
    func logConsistency(from first: UInt64, to second: UInt64) async throws(LedgerAccessFailure) -> [Digest]

    /// The hashes of one C2SP tile, or of its first `width` entries; level -1 stands for the 32-byte entries.
    func logTile(level: Int, index: UInt64, width: Int) async throws(LedgerAccessFailure) -> [Digest]

    /// What the validators of header h + 1 signed of the log at `height`, by rising address (D7).
    func receiptSignatures(at height: Height) async throws(LedgerAccessFailure) -> [ReceiptSignature]

    /// The signed C2SP checkpoint of the newest provable log.
    func checkpoint() async throws(LedgerAccessFailure) -> String

    /// Every block committed from now on, in order; a slow reader loses the oldest, never the order.
    func commits() -> AsyncStream<CommitNotice>
}
