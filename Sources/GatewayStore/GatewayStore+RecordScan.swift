import Foundation
import GRDB

/// A record's document as it is stored: what the private index reads.
package struct SealedRecordRow: Sendable {
    package var row: Int64
    package var mediaType: String
    package var payload: [UInt8]
    package var keyGroup: Int64
    package var wrap: [UInt8]
}

extension GatewayStore {
    /// The rows of a tenant's newest records by rising number, at most so many, and the newest row of all tenants.
    ///
    /// - Complexity: linear in what it returns.
    package func newestRecords(tenant: String, limit: Int) throws -> (rows: [Int64], newest: Int64) {
        try read { database in
            let rows = try Int64.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id FROM record INDEXED BY record_tenant WHERE tenant = ?
                        ORDER BY accepted_at DESC, id DESC LIMIT ?
                        """), arguments: [tenant, limit])
            return (rows.sorted(), try newestRow(in: database))
        }
    }

    /// The rows of a tenant's records above one, by rising number, and up to which row of all tenants it has looked.
    ///
    /// Rows say the order of acceptance whatever the clock said.
    /// - Complexity: at most `examinedMax` rows are looked at.
    package func records(
        tenant: String, above row: Int64, examinedMax: Int
    ) throws -> (rows: [Int64], examined: Int64, newest: Int64) {
        try read { database in
            let newest = try newestRow(in: database)
            let end = min(newest, row + Int64(examinedMax))
            guard row < end else { return ([], newest, newest) }
            let rows = try Int64.fetchAll(
                database.cachedStatement(
                    sql: "SELECT id FROM record NOT INDEXED WHERE id > ? AND id <= ? AND tenant = ? ORDER BY id"),
                arguments: [row, end, tenant])
            return (rows, end, newest)
        }
    }

    /// The documents of rows, those that are not erased.
    package func sealedRecords(_ rows: some Collection<Int64>) throws -> [SealedRecordRow] {
        try read { database in
            let find = try database.cachedStatement(
                sql: "SELECT id, media_type, payload, key_group, wrap FROM record WHERE id = ? AND erased_at IS NULL")
            return try rows.compactMap { row in
                try Row.fetchOne(find, arguments: [row]).flatMap { found in
                    guard let payload = found["payload"] as Data?, let wrap = found["wrap"] as Data? else { return nil }
                    return SealedRecordRow(
                        row: row, mediaType: found["media_type"], payload: Array(payload),
                        keyGroup: found["key_group"], wrap: Array(wrap))
                }
            }
        }
    }

    /// Records of a tenant by their rows, in that order, without what is long; rows that are erased or another's are left out.
    package func records(rows: [Int64], tenant: String) throws -> [RecordRow] {
        try read { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT \(Self.headColumns) FROM record r \(Self.joins)
                    WHERE r.id = ? AND r.tenant = ? AND r.erased_at IS NULL
                    """)
            return try rows.compactMap { row in
                try Row.fetchOne(find, arguments: [row, tenant]).map(Self.recordRow)
            }
        }
    }

    /// The record ids of rows, in their order; nil for an erased record.
    package func recordIDs(of rows: some Collection<Int64>) throws -> [[UInt8]?] {
        try read { database in
            let find = try database.cachedStatement(sql: "SELECT rid FROM record WHERE id = ? AND erased_at IS NULL")
            return try rows.map { row in try Data.fetchOne(find, arguments: [row]).map { Array($0) } }
        }
    }

    private func newestRow(in database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT coalesce(max(id), 0) FROM record") ?? 0
    }
}
