import Cryptography
import GRDB
import Synchronization

/// Which row holds a record id.
///
/// Ids are random: put at once into a B-tree over millions of them, each rewrites a page of its own, 4 KiB in the
/// write-ahead log and again in the file. So new ones wait in memory and settle into table `record_id` a run at a time,
/// in rising order, where neighbours share a page. Nothing rests on that memory: `record` has every id, and
/// `record_id_mark` the last row whose id has settled, from which on it is filled again at a start.
///
/// | ids | where |
/// |---|---|
/// | of rows up to the mark | table `record_id` |
/// | of the run that settles | memory, and some of them in `record_id` already |
/// | of all later rows | memory |
///
/// The writer's connection alone changes it, one transaction after the other; any thread may ask it.
final class RecordIDIndex: Sendable {
    /// Ids of a run, as a rule.
    ///
    /// With those that wait behind it, memory for some 140,000 ids: 15 MB. A start reads as many rows.
    static let runCount = 65_536
    /// How many ids settle for each new one: a run has settled long before the next is full.
    static let settledPerNew = 2

    private struct Waiting: Sendable {
        var new: [Digest: Int64] = [:]
        /// By rising id.
        var run: [(id: Digest, row: Int64)] = []
        /// How many of the run have settled.
        var settledCount = 0
    }

    /// What one transaction settles; it counts once the transaction is committed.
    struct Settlement {
        fileprivate var count = 0
    }

    private let waiting: Mutex<Waiting>
    private let runCount: Int

    /// Reads what has not settled.
    init(_ database: Database, runCount: Int = runCount) throws {
        var waiting = Waiting()
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, rid FROM record WHERE id > (SELECT row FROM record_id_mark)")
        while let row = try rows.next() {
            guard let id = Digest(bytes(row["rid"])) else {
                throw GatewayStoreFailure(.damaged, "a record of the gateway's store has no id of 32 bytes")
            }
            waiting.new[id] = row["id"]
        }
        self.waiting = Mutex(waiting)
        self.runCount = runCount
    }

    /// The row of an id that waits in memory.
    ///
    /// Ask before the transaction that reads the table begins: an id leaves memory once it stands there.
    func waitingRow(of id: Digest) -> Int64? {
        waiting.withLock { waiting in
            if let row = waiting.new[id] { return row }
            var (low, high) = (0, waiting.run.count)
            while low < high {
                let middle = (low + high) / 2
                if waiting.run[middle].id < id { low = middle + 1 } else { high = middle }
            }
            return low < waiting.run.count && waiting.run[low].id == id ? waiting.run[low].row : nil
        }
    }

    /// Finds the row of an id that has settled.
    static func finder(in database: Database) throws -> RowStatement {
        try RowStatement(database, sql: "SELECT record FROM record_id WHERE rid = ?")
    }

    /// Settles the next part of the run, in the transaction that adds so many new ids.
    func settle(newCount: Int, in database: Database) throws -> Settlement {
        let (run, start) = waiting.withLock { ($0.run, $0.settledCount) }
        let end = min(run.count, start + newCount * Self.settledPerNew)
        guard start < end else { return Settlement() }
        // What a run had settled before a crash, a later one settles again.
        let insert = try RowStatement(database, sql: "INSERT OR IGNORE INTO record_id (rid, record) VALUES (?, ?)")
        for (id, row) in run[start..<end] {
            insert.bind(id.bytes, at: 1)
            insert.bind(row, at: 2)
            try insert.run()
        }
        if end == run.count {
            let mark = try RowStatement(database, sql: "UPDATE record_id_mark SET row = ?")
            mark.bind(run.lazy.map(\.row).max() ?? 0, at: 1)
            try mark.run()
        }
        return Settlement(count: end - start)
    }

    /// Takes note of a committed transaction: what it settled, and the ids that it added.
    func committed(_ settlement: Settlement, new ids: [Digest: Int64]) {
        let full = waiting.withLock { waiting -> [Digest: Int64]? in
            waiting.new.merge(ids) { first, _ in first }
            waiting.settledCount += settlement.count
            if waiting.settledCount == waiting.run.count {
                waiting.run = []
                waiting.settledCount = 0
            }
            return waiting.run.isEmpty && waiting.new.count >= runCount ? waiting.new : nil
        }
        guard let full else { return }
        // Sorted outside the lock, so that nobody waits for it.
        let run = full.map { (id: $0.key, row: $0.value) }.sorted { $0.id < $1.id }
        waiting.withLock { waiting in
            waiting.run = run
            waiting.new = [:]
        }
    }
}
