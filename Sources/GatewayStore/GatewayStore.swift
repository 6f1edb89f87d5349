package import Foundation
import GRDB
import Synchronization

// GatewayStore holds all SQL of the gateway: payloads, the outbox, jobs, events, webhooks. It must never see services or
// `NodeEngine`.
//
// The one rule: whatever the gateway acknowledges stands in one committed SQL transaction first (D17). Payloads are
// stored encrypted, under keys that are stored wrapped; this module never sees a plaintext or a key.

/// Everything the gateway remembers, in one SQLite file with `synchronous = FULL` and `secure_delete`.
///
/// One process owns the file. Writes are serialised by SQLite; reads run beside them (WAL).
package final class GatewayStore: Sendable {
    /// Pages that the writer keeps.
    ///
    /// The index over record ids, in which each new one is looked up, takes 48 MB at a million records.
    static let writerCacheKibibytes = 64 << 10
    /// Pages that each reader keeps: it follows one record through a few of them.
    static let readerCacheKibibytes = 2 << 10

    let pool: DatabasePool
    let recordIDs: RecordIDIndex
    /// Rings when a transaction that wrote to the event feed is on the disk.
    package let bell = EventBell()
    private let folder: URL
    let shortage = Mutex(Shortage())

    /// Opens or makes `gateway.sqlite` in a folder, bringing its tables up to date.
    /// - Throws: ``GatewayStoreFailure``
    package convenience init(folder: URL) throws {
        try self.init(folder: folder, idsOfRun: RecordIDIndex.runCount)
    }

    /// `idsOfRun`: how many record ids settle together.
    init(folder: URL, idsOfRun: Int) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            let cache = database.configuration.readonly ? Self.readerCacheKibibytes : Self.writerCacheKibibytes
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA cache_size = -\(cache)")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        self.folder = folder
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            pool = try DatabasePool(path: folder.appending(path: "gateway.sqlite").path, configuration: configuration)
            try GatewaySchema.migrator.migrate(pool)
            recordIDs = try pool.read { try RecordIDIndex($0, runCount: idsOfRun) }
        } catch let failure as GatewayStoreFailure {
            throw failure
        } catch {
            throw GatewayStoreFailure(error)
        }
    }

    /// Runs one SQL transaction: all of it or nothing.
    ///
    /// `committed`: called with what it gave, before the next transaction begins.
    func write<Value>(
        _ body: (Database) throws -> Value, committed: (Value) -> Void = { _ in }
    ) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { database in
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                committed(value!)
                return value!
            }
        } catch let failure as GatewayStoreFailure {
            throw failure
        } catch let error as DatabaseError {
            noteFailedWrite(error)
            throw GatewayStoreFailure(error)
        }
    }

    /// Bytes that the disk still takes; nil where it does not say.
    var freeBytes: Int? {
        (try? FileManager.default.attributesOfFileSystem(forPath: folder.path)[.systemFreeSize] as? NSNumber)?.intValue
    }

    /// Runs a read on one consistent state of the file.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.read(body)
        } catch let error as DatabaseError {
            throw GatewayStoreFailure(error)
        }
    }

    /// Writes the write-ahead log back into the file and overwrites what was deleted: after an erasure nothing of the
    /// record may stay in either.
    package func scrub() throws {
        do {
            try pool.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        } catch {
            throw GatewayStoreFailure(error)
        }
    }
}

/// Why the gateway's store did not do what it was asked to.
package struct GatewayStoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    package enum Code: String, Sendable {
        case diskFull, damaged, locked, conflict, unavailable, backlog
    }

    package var code: Code
    /// What happened and what to do.
    ///
    /// Never holds a value from the tables.
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "the gateway's store cannot be opened; check the folder's owner and free space")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .diskFull,
                "the disk that holds the gateway's store is full; free space, the gateway goes on by itself")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.damaged, "the gateway's store is damaged; restore gateway/ from a backup")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.locked, "another process uses the gateway's store; stop it first")
        case .SQLITE_CONSTRAINT:
            self.init(.conflict, "a row of the gateway's store exists already")
        default:
            self.init(.unavailable, "the gateway's store failed with SQLite result \(error.resultCode.rawValue)")
        }
    }
}
