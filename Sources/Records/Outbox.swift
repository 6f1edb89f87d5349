import Codec
import Foundation
package import GatewayStore
package import LedgerAccess
import LedgerModel
package import Logging
import ServiceLifecycle
import Synchronization

/// Carries accepted records to the ledger: submits what waits, in order, until each transaction is included (D17).
///
/// Stateless but for a wake-up: everything is re-read from the store and the ledger, so it can be killed anywhere.
/// Anchoring is idempotent by record id: bytes that expired are signed again, and what the ledger refuses as known is
/// looked up there.
package final class Outbox: Service, Sendable {
    /// Transactions in flight at a time.
    ///
    /// The ledger takes an issuer's anchors in order, so more would only queue there.
    static let inFlightMax = 64
    /// When nothing is heard for this long, everything in flight is asked about again.
    static let patience: Duration = .seconds(2)

    let store: GatewayStore
    let ledger: any LedgerAccess
    let issuer: Issuer
    let logger: Logger
    let now: @Sendable () -> UInt64
    private let wakeUp = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let board = AnchorBoard()

    package init(
        store: GatewayStore, ledger: any LedgerAccess, issuer: Issuer, logger: Logger,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.ledger = ledger
        self.issuer = issuer
        self.logger = logger
        self.now = now
    }

    /// Says that the store holds something new.
    func wake() { wakeUp.continuation.yield() }

    package func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await reconcile()
            let notices = ledger.commits()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [wakeUp] in
                    for await _ in notices { wakeUp.continuation.yield() }
                }
                group.addTask { [wakeUp] in
                    while !Task.isCancelled, (try? await Task.sleep(for: Self.patience)) != nil {
                        wakeUp.continuation.yield()
                    }
                }
                for await _ in wakeUp.stream {
                    await turn()
                    board.noteTurn()
                }
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.wakeUp.continuation.finish()
        }
    }

    /// One look at everything that waits: note what arrived, submit what did not.
    func turn() async {
        do {
            while true {
                let rows = try store.pendingOutbox(limit: Self.inFlightMax)
                var arrivals: [(row: Int64, place: RecordPlace)] = []
                var refused = 0
                for row in rows {
                    if row.kind == .schema, try await isRefused(row) {
                        try store.markRefused(row.row)
                        refused += 1
                        continue
                    }
                    guard let place = try await settle(row) else { break }
                    arrivals.append((row.row, place))
                }
                if !arrivals.isEmpty { try store.markIncluded(arrivals, now: now()) }
                guard !rows.isEmpty else {
                    return
                }
                try await submitUnseen(rows.dropFirst(arrivals.count + refused))
                if arrivals.count + refused < rows.count { return }
            }
        } catch {
            logger.warning("outbox paused", metadata: ["reason": "\(error)"])
        }
    }

    /// Where a transaction arrived, or nil while it is on its way.
    private func settle(_ row: OutboxRow) async throws -> RecordPlace? {
        let status = try await ledger.transaction(TransactionID(row.id)!)
        if case .pending = status { return nil }
        switch row.kind {
        case .anchor: break
        case .tombstone: return try await settleTombstone(row, status)
        case .schema: return try await settleSchema(row)
        }
        // Included, or unknown since the node forgot it: the record id itself tells (idempotence by rid).
        guard let rid = try store.firstRecordID(ofOutbox: row.row), let anchored = try await anchored(rid) else {
            return nil
        }
        return anchored.place
    }

    /// The same for a tombstone: the mark on the ledger tells.
    ///
    /// One without effect is signed again, unless the ledger will never take it from this account.
    private func settleTombstone(_ row: OutboxRow, _ status: TransactionStatus) async throws -> RecordPlace? {
        if let message = issuer.tombstone(in: try store.outboxBytes(row.row)) {
            if let height = try await tombstoneHeight(of: message.rid) {
                return RecordPlace(leafIndex: 0, height: height, blockTime: 0)
            }
            if let record = try await anchored(message.rid), record.issuer == issuer.account { return nil }
        }
        guard case .included(let height, _, _, _) = status else { return nil }
        return RecordPlace(leafIndex: 0, height: height.value, blockTime: 0)
    }

    /// The same for a schema: the entry under its version tells.
    private func settleSchema(_ row: OutboxRow) async throws -> RecordPlace? {
        guard let message = issuer.registration(in: try store.outboxBytes(row.row)),
            let entry = try await registered(message), entry.holds(message)
        else { return nil }
        return RecordPlace(
            leafIndex: 0, height: entry.height.value, blockTime: UInt64(entry.time.nanosecondsSince1970 ?? 0))
    }

    /// Whether the ledger holds another schema under the version: it will never take this one, which must not keep what
    /// stands behind it waiting.
    private func isRefused(_ row: OutboxRow) async throws -> Bool {
        guard let message = issuer.registration(in: try store.outboxBytes(row.row)),
            let entry = try await registered(message), !entry.holds(message)
        else { return false }
        logger.error(
            "the ledger holds another schema under a version of ours; gateway/ is older than the ledger",
            metadata: ["schema": "\(message.schema.text)", "version": "\(message.version)"])
        return true
    }

    /// What the ledger holds under the version that a message names.
    func registered(_ message: RegisterSchemaMessage) async throws -> RegisteredSchema? {
        let key = RegisteredSchema.key(message.account, message.schema, version: message.version)
        guard let value = try await ledger.value(.schema, key: key) else { return nil }
        return try RegisteredSchema(decoding: value)
    }

    /// What the ledger holds of a record.
    func anchored(_ rid: [UInt8]) async throws -> AnchoredRecord? {
        guard let value = try await ledger.value(.anchor, key: AnchoredRecord.key(rid)) else { return nil }
        return try? AnchoredRecord(decoding: value)
    }

    /// The height at which the ledger marked a record as erased.
    func tombstoneHeight(of rid: [UInt8]) async throws -> UInt64? {
        guard let value = try await ledger.value(.anchor, key: Tombstone.key(rid)) else { return nil }
        return try CBOR.decode(value).array?.first?.unsigned
    }

    /// Submits, in order, what the ledger does not know; bytes that are about to expire are signed again first.
    private func submitUnseen(_ rows: ArraySlice<OutboxRow>) async throws {
        for row in rows {
            let status = try await ledger.transaction(TransactionID(row.id)!)
            if case .pending = status { continue }
            let bytes: [UInt8]
            let time = now()
            var mustSignAgain =
                row.validUntil < time + Issuer.validity / 10 || row.validUntil > time + 2 * Issuer.validity
            // It stands in a block without effect, since an earlier anchor came after it: these bytes are used up.
            if case .included = status { mustSignAgain = true }
            if mustSignAgain {
                let fresh =
                    row.kind == .anchor
                    ? try issuer.anchorAgain(row, from: store, now: time)
                    : try issuer.again(try store.outboxBytes(row.row), now: time)
                guard let fresh else { continue }
                try store.replaceOutbox(row.row, with: fresh)
                bytes = fresh.bytes
            } else {
                bytes = try store.outboxBytes(row.row)
            }
            if let reason = try await refusal(of: bytes) {
                logger.warning("the ledger refused a transaction", metadata: ["reason": "\(reason)"])
                return
            }
        }
    }

    /// Submits; why the ledger will never take these bytes, or nil.
    private func refusal(of bytes: [UInt8]) async throws -> String? {
        do {
            _ = try await ledger.submit(bytes)
            return nil
        } catch {
            guard case .refused(let reason) = error else { throw error }
            return reason
        }
    }
}

extension AnchoredRecord {
    var place: RecordPlace {
        RecordPlace(
            leafIndex: leafIndex, height: height.value, blockTime: UInt64(time.nanosecondsSince1970 ?? 0))
    }
}
