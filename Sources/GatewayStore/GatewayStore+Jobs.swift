import Codec
import Foundation
import GRDB

/// A capture job without its records.
package struct JobHead: Sendable {
    /// 16 bytes.
    package var id: [UInt8]
    /// Nanoseconds since 1970.
    package var createdAt: UInt64
    package var recordCount: Int
    /// How many of them are on the ledger.
    package var anchoredCount: Int
    /// The height of the block that took the last of them; nil before.
    package var lastHeight: UInt64?
}

/// The place of a job in its tenant's list.
package struct JobPlace: Equatable, Sendable {
    package var createdAt: UInt64
    package var id: [UInt8]

    package init(createdAt: UInt64, id: [UInt8]) {
        self.createdAt = createdAt
        self.id = id
    }
}

extension GatewayStore {
    /// One capture job of a tenant.
    package func job(_ id: [UInt8], tenant: String) throws -> JobRow? {
        try read { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM job WHERE id = ? AND tenant = ?", arguments: [Data(id), tenant])
            else { return nil }
            let rows = Self.rows(packed: row["records"])
            let find = try database.cachedStatement(sql: "SELECT rid FROM record WHERE id = ?")
            return JobRow(
                id: id, tenant: tenant, createdAt: UInt64(bitPattern: row["created_at"]),
                records: try rows.compactMap { try Data.fetchOne(find, arguments: [$0]).map(Array.init) },
                anchoredCount: try anchoredCount(rows, in: database),
                lastHeight: try anchorHeight(ofRow: rows.max() ?? 0, in: database))
        }
    }

    /// One page of a tenant's jobs, the newest first, and where the next one begins.
    package func jobs(
        tenant: String, after place: JobPlace?, limit: Int
    ) throws -> (jobs: [JobHead], next: JobPlace?) {
        try read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: Self.jobPageSQL),
                arguments: [
                    tenant, Int64(clamping: place?.createdAt ?? UInt64(Int64.max)), Data(place?.id ?? []), limit + 1,
                ])
            let jobs = try rows.prefix(limit).map { row in
                let records = Self.rows(packed: row["records"])
                return JobHead(
                    id: bytes(row["id"]), createdAt: UInt64(bitPattern: row["created_at"]),
                    recordCount: records.count, anchoredCount: try anchoredCount(records, in: database),
                    lastHeight: try anchorHeight(ofRow: records.max() ?? 0, in: database))
            }
            let next = rows.count > limit ? jobs.last.map { JobPlace(createdAt: $0.createdAt, id: $0.id) } : nil
            return (jobs, next)
        }
    }

    /// Walks along `job_tenant`, whose entries end with the id.
    static let jobPageSQL = """
        SELECT id, created_at, records FROM job INDEXED BY job_tenant
        WHERE tenant = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
        """

    /// The last of a job's records by row, the one that reaches the ledger last; nil where the tenant has no such job, and
    /// 0 where the job has none.
    package func lastRow(ofJob id: [UInt8], tenant: String) throws -> Int64? {
        try read { try jobRows(id, tenant: tenant, in: $0).map { $0.max() ?? 0 } }
    }

    /// The height of the block that took a record, or nil.
    package func anchorHeight(ofRow row: Int64) throws -> UInt64? {
        try read { try anchorHeight(ofRow: row, in: $0) }
    }

    private func anchorHeight(ofRow row: Int64, in database: Database) throws -> UInt64? {
        let find = try database.cachedStatement(
            sql: "SELECT o.height FROM record r CROSS JOIN outbox o ON o.id = r.outbox WHERE r.id = ?")
        return try Row.fetchOne(find, arguments: [row]).flatMap { ($0[0] as Int64?).map(UInt64.init(bitPattern:)) }
    }

    func jobRows(_ id: [UInt8], tenant: String, in database: Database) throws -> [Int64]? {
        try Row.fetchOne(
            database, sql: "SELECT records FROM job WHERE id = ? AND tenant = ?", arguments: [Data(id), tenant]
        ).map { Self.rows(packed: $0[0]) }
    }

    /// How many of these records are on the ledger: only those from the first that waits on are looked up.
    private func anchoredCount(_ rows: [Int64], in database: Database) throws -> Int {
        guard let first = try firstWaitingRecord(in: database) else { return rows.count }
        let find = try database.cachedStatement(
            sql: """
                SELECT o.state FROM record r CROSS JOIN outbox o ON o.id = r.outbox WHERE r.id = ?
                """)
        return try rows.count { row in
            try row < first || Int64.fetchOne(find, arguments: [row]) == OutboxState.included.rawValue
        }
    }

    /// Row ids as `job.records` holds them, in document order.
    private static func rows(packed: Data) -> [Int64] {
        let packed = Array(packed)
        return stride(from: 0, to: packed.count / 8 * 8, by: 8).map { start in
            Int64(bitPattern: UInt64(bigEndianBytes: packed[start..<start + 8]))
        }
    }
}
