import Cryptography
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

    private let store: GatewayStore
    private let ledger: any LedgerAccess
    private let issuer: Issuer
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private let wakeUp = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let progress = ProgressBoard()

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

    /// Waits until no transaction is pending, at most that long.
    /// - Returns: whether it came to that.
    func settled(within limit: Duration) async -> Bool { await progress.settled(within: limit) }

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
                for await _ in wakeUp.stream { await turn() }
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.wakeUp.continuation.finish()
        }
    }

    /// Compares what the store believes with the ledger, and says what it found (D17).
    func reconcile() async throws {
        let pending = try store.pendingOutboxCount()
        let assigned = try store.nextNumber(of: issuer.account.bytes)
        let onLedger = try await ledgerNextNumber()
        logger.info(
            "outbox compared with the ledger",
            metadata: [
                "pending": "\(pending)", "assigned": "\(assigned)", "onLedger": "\(onLedger)",
            ])
        guard onLedger <= assigned else {
            throw OutboxFailure.storeIsOlder(assigned: assigned, onLedger: onLedger)
        }
        if let newest = try store.newestIncluded() {
            let status: LedgerStatus
            do { status = try await ledger.status() } catch { throw RecordsFailure.ledger(error) }
            guard newest.place.leafIndex + UInt64(newest.count) <= status.logSize else {
                throw OutboxFailure.ledgerIsOlder(leaf: newest.place.leafIndex, logSize: status.logSize)
            }
        }
        wake()
    }

    private func ledgerNextNumber() async throws -> UInt64 {
        do {
            return try await IssuerState.nextNumber(of: issuer.account, on: ledger)
        } catch {
            throw RecordsFailure.ledger(error)
        }
    }

    /// One look at everything that waits: note what arrived, submit what did not.
    private func turn() async {
        do {
            while true {
                let rows = try store.pendingOutbox(limit: Self.inFlightMax)
                var arrivals: [(row: Int64, place: RecordPlace)] = []
                for row in rows {
                    guard let place = try await settle(row) else { break }
                    arrivals.append((row.row, place))
                }
                if !arrivals.isEmpty { try store.markIncluded(arrivals) }
                guard !rows.isEmpty else {
                    progress.noteSettled()
                    return
                }
                progress.notePending()
                try await submitUnseen(rows.dropFirst(arrivals.count))
                if arrivals.count < rows.count { return }
            }
        } catch {
            logger.warning("outbox paused", metadata: ["reason": "\(error)"])
        }
    }

    /// Where a transaction arrived, or nil while it is on its way.
    private func settle(_ row: OutboxRow) async throws -> RecordPlace? {
        let status = try await ledger.transaction(TransactionID(row.id)!)
        if case .included(let height, _, let code, _) = status, code == 0 {
            if row.kind == .tombstone { return RecordPlace(leafIndex: 0, height: height.value, blockTime: 0) }
        }
        guard row.kind == .anchor else {
            // A tombstone that was refused is there already, or its record never was: nothing more to say.
            if case .included(let height, _, _, _) = status {
                return RecordPlace(leafIndex: 0, height: height.value, blockTime: 0)
            }
            return nil
        }
        if case .pending = status { return nil }
        // Included, or unknown since the node forgot it: the record id itself tells (idempotence by rid).
        guard let rid = try store.firstRecordID(ofOutbox: row.row),
            let value = try await ledger.value(.anchor, key: AnchoredRecord.key(rid)),
            let anchored = try? AnchoredRecord(decoding: value)
        else { return nil }
        return RecordPlace(
            leafIndex: anchored.leafIndex, height: anchored.height.value,
            blockTime: UInt64(anchored.time.nanosecondsSince1970 ?? 0))
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
                guard row.kind == .anchor else { continue }
                let fresh = try issuer.anchor(
                    try store.records(ofOutbox: row.row), first: row.firstNumber, now: time)
                try store.replaceOutbox(row.row, with: fresh)
                bytes = fresh.bytes
            } else {
                bytes = try store.outboxBytes(row.row)
            }
            if let reason = try await refusal(of: bytes) {
                logger.warning("the ledger refused an anchor", metadata: ["reason": "\(reason)"])
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

/// Why the gateway will not go on with this store and this ledger.
package enum OutboxFailure: Error, Equatable, CustomStringConvertible {
    case storeIsOlder(assigned: UInt64, onLedger: UInt64)
    case ledgerIsOlder(leaf: UInt64, logSize: UInt64)

    package var description: String {
        switch self {
        case .storeIsOlder(let assigned, let onLedger):
            "gateway/ is older than the ledger: it assigned \(assigned) numbers, the ledger has \(onLedger); "
                + "restore the newest backup of gateway/"
        case .ledgerIsOlder(let leaf, let logSize):
            "the ledger is older than gateway/: leaf \(leaf) was anchored, the log has \(logSize); "
                + "restore ledger/ or import a newer snapshot"
        }
    }
}

/// Lets callers wait until the outbox is empty.
final class ProgressBoard: Sendable {
    private struct State {
        var isSettled = false
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    func noteSettled() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            state.isSettled = true
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    func notePending() { state.withLock { $0.isSettled = false } }

    func settled(within limit: Duration) async -> Bool {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: false)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if !state.isSettled { state.waiting[id] = continuation }
                return state.isSettled
            }
            if isSettled { continuation.resume(returning: true) }
        }
    }
}
