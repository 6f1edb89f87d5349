import Codec
import Cryptography
import LedgerAccess
import LedgerModel
import Synchronization

/// A ledger of anchors, tombstones and schemas alone, under the same rules (D7), that tests can cut back and fork.
///
/// Blocks hold one transaction each and come at once.
final class ReplaceableLedger: LedgerAccess {
    struct State {
        var next: UInt64 = 0
        var leaves: UInt64 = 1
        var height: UInt64 = 1
        var values: [[UInt8]: [UInt8]] = [:]
        var fates: [TransactionID: TransactionStatus] = [:]
        var submitted = 0
    }

    let identity: LedgerIdentity
    let state = Mutex(State())

    init(_ identity: LedgerIdentity) { self.identity = identity }

    /// The whole of it, to go back to.
    var copy: State {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func status() async throws(LedgerAccessFailure) -> LedgerStatus {
        let state = copy
        return LedgerStatus(
            chainID: identity.chainID, genesisHash: identity.genesisHash, height: Height(state.height),
            firstHeight: Height(1), time: Timestamp(nanosecondsSince1970: state.height), validatorsHash: .zero,
            logSize: state.leaves, validator: nil, pendingCount: 0)
    }

    func submit(_ bytes: [UInt8]) async throws(LedgerAccessFailure) -> TransactionID {
        let transaction: SignedTransaction
        do { transaction = try SignedTransaction(decoding: bytes, on: identity) } catch {
            throw .refused("the transaction cannot be read: \(error)")
        }
        state.withLock { state in
            state.submitted += 1
            guard state.fates[transaction.id] == nil else { return }
            state.height += 1
            let isDone = transaction.body.messages.allSatisfy { Self.apply($0, to: &state) }
            state.fates[transaction.id] = .included(
                height: Height(state.height), index: 0, code: isDone ? 0 : 1, log: "")
        }
        return transaction.id
    }

    private static func apply(_ message: Message, to state: inout State) -> Bool {
        switch message {
        case .anchor(let anchor):
            let keys = anchor.records.map { AnchoredRecord.key($0.rid) }
            guard anchor.first == state.next, keys.allSatisfy({ state.values[$0] == nil }) else { return false }
            for (offset, key) in keys.enumerated() {
                state.values[key] =
                    AnchoredRecord(
                        leafIndex: state.leaves, height: Height(state.height),
                        time: Timestamp(nanosecondsSince1970: state.height), issuer: anchor.issuer,
                        number: anchor.first + UInt64(offset)
                    ).encoded()
                state.leaves += 1
            }
            state.next += UInt64(keys.count)
            state.values[AnchorKeys.issuer(anchor.issuer)] = CBOR.unsigned(state.next).encoded()
            return true
        case .tombstone(let tombstone):
            let key = Tombstone.key(tombstone.rid)
            guard state.values[AnchoredRecord.key(tombstone.rid)] != nil, state.values[key] == nil else { return false }
            state.values[key] =
                Tombstone(
                    height: Height(state.height), time: Timestamp(nanosecondsSince1970: state.height),
                    reason: tombstone.reason
                ).encoded()
            return true
        case .registerSchema(let message):
            let key = RegisteredSchema.key(message.account, message.schema, version: message.version)
            if let known = state.values[key] {
                return (try? RegisteredSchema(decoding: known))?.holds(message) == true
            }
            let newest = NewestSchema.key(message.account, message.schema)
            guard NewestSchema.version(state.values[newest]) + 1 == message.version else { return false }
            state.values[newest] = CBOR.unsigned(message.version).encoded()
            state.values[key] =
                RegisteredSchema(
                    digest: message.digest, mediaType: message.mediaType, height: Height(state.height),
                    time: Timestamp(nanosecondsSince1970: state.height)
                ).encoded()
            return true
        default: return false
        }
    }

    func transaction(_ id: TransactionID) async throws(LedgerAccessFailure) -> TransactionStatus {
        copy.fates[id] ?? .unknown
    }

    func value(_ store: StoreName, key: [UInt8]) async throws(LedgerAccessFailure) -> [UInt8]? { copy.values[key] }

    // What reconciliation never asks for.
    func entry(_ store: StoreName, key: [UInt8], at height: Height?) async throws(LedgerAccessFailure) -> StateEntry {
        throw .unavailable("no proofs")
    }
    func headers(for heights: [Height], from trusted: Digest?) async throws(LedgerAccessFailure) -> [LinkedHeader] {
        throw .unavailable("no headers")
    }
    func block(_ height: Height) async throws(LedgerAccessFailure) -> CommittedBlock { throw .unavailable("no blocks") }
    func logInclusion(of index: UInt64, treeSize: UInt64) async throws(LedgerAccessFailure) -> [Digest] {
        throw .unavailable("no log")
    }
    func logConsistency(from first: UInt64, to second: UInt64) async throws(LedgerAccessFailure) -> [Digest] {
        throw .unavailable("no log")
    }
    func logTile(level: Int, index: UInt64, width: Int) async throws(LedgerAccessFailure) -> [Digest] {
        throw .unavailable("no log")
    }
    func submit(evidence: [UInt8]) async throws(LedgerAccessFailure) { throw .refused("no validators") }
    func network() async throws(LedgerAccessFailure) -> NetworkStatus { throw .unavailable("no network") }
    func receiptSignatures(at height: Height) async throws(LedgerAccessFailure) -> [ReceiptSignature] { [] }
    func checkpoint() async throws(LedgerAccessFailure) -> String { throw .unavailable("no log") }
    func commits() -> AsyncStream<CommitNotice> { AsyncStream { $0.finish() } }
}
