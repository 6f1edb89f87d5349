import Cryptography
import LedgerAccess
import LedgerModel
import LedgerStore
import Logging
import Proofs
import StateTree
import Synchronization

/// Proofs of states that memory no longer holds, from the history on disk (D4).
///
/// One look-up at a time, on a queue of its own: neither blocks nor proofs of held states wait for it. A state is served
/// only if what was read hashes to the header after it; otherwise the asker is told the nearest height that is served.
actor StateHistory {
    /// States kept for the next ask, each with what its proofs needed.
    static let keptMax = 4
    /// Keys that one kept state serves before it is read anew.
    ///
    /// Each may hold a shard, 1/256 of a store, so all kept states hold at most a quarter of the tree.
    static let keptKeysMax = 16
    /// Look-ups that may wait; one takes up to seconds, so more would wait in vain.
    static let waitingMax = 16

    private struct Kept {
        var height: UInt64
        var past: PastForest
        var keyCount = 0
    }

    nonisolated let log: HistoryLog
    private nonisolated let executor = QueueExecutor(label: "vivian.history")
    private nonisolated let waiting = Mutex(0)
    private let logger: Logger
    /// Least recently asked first.
    private var kept: [Kept] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(log: HistoryLog, logger: Logger) {
        self.log = log
        self.logger = logger
    }

    /// One key's value and proof in a past state, or nil where the history does not lead to the header's app hash.
    ///
    /// `appHash` is the header's.
    nonisolated func entry(
        _ store: String, key: [UInt8], _ past: LedgerView.Past, appHash: Digest
    ) async throws(LedgerAccessFailure) -> StateEntry? {
        let hasRoom = waiting.withLock { waiting in
            guard waiting < Self.waitingMax else { return false }
            waiting += 1
            return true
        }
        guard hasRoom else { throw .unavailable("too many old states are asked for at once") }
        defer { waiting.withLock { $0 -= 1 } }
        return await lookUp(store, key: key, past, appHash: appHash)
    }

    private func lookUp(_ store: String, key: [UInt8], _ past: LedgerView.Past, appHash: Digest) -> StateEntry? {
        guard let index = past.later.names.firstIndex(of: store) else { return nil }
        do {
            let found = try state(past, appHash: appHash, store: index, key: key)
            guard let proof = found.proof(index, key: key) else { return nil }
            return StateEntry(
                stateHeight: past.height, store: store, key: key, value: found.value(index, key: key),
                merkleProof: proof)
        } catch StoreFailure.notFound {
            // The budget took it since the asker was told that it is there.
            return nil
        } catch {
            logger.error("a part of the history is lost", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func state(
        _ past: LedgerView.Past, appHash: Digest, store: Int, key: [UInt8]
    ) throws(StoreFailure) -> PastForest {
        let height = past.height.value
        if let index = kept.firstIndex(where: { $0.height == height }) {
            var row = kept.remove(at: index)
            row.keyCount += 1
            if row.keyCount < Self.keptKeysMax {
                try log.load(store, key: key, into: &row.past, height: height, from: past.later, at: past.laterHeight)
                kept.append(row)
                return row.past
            }
        }
        let made = try log.past(
            height, appHash: appHash, from: past.later, at: past.laterHeight, store: store, key: key)
        kept.append(Kept(height: height, past: made))
        if kept.count > Self.keptMax { kept.removeFirst() }
        return made
    }
}
