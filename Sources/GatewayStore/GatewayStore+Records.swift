import Cryptography
import Foundation
import GRDB

extension GatewayStore {
    private static let columns = """
        r.id, r.rid, r.tenant, r.issuer, r.number, r.statement, r.media_type, r.payload, r.key_group, r.wrap,
        r.accepted_at, r.erased_at, \(joinedColumns)
        """

    /// What of a record stands in other tables: its place on the ledger, and what it was checked against.
    static let joinedColumns = """
        o.first_number, o.first_leaf, o.height, o.block_time, u.bundled, v.name AS schema_name,
        v.version AS schema_version
        """

    /// Leads from a record `r` to ``joinedColumns``; the record decides the order.
    static let joins = """
        CROSS JOIN outbox o ON o.id = r.outbox LEFT JOIN schema_use u ON u.id = r.schema
        LEFT JOIN schema_version v ON v.id = u.version
        """

    /// One record of a tenant by its record id.
    package func record(_ rid: [UInt8], tenant: String) throws -> RecordRow? {
        let waiting = Digest(rid).flatMap(recordIDs.waitingRow)
        return try read { database in
            try (waiting ?? Self.settledRow(of: rid, in: database)).flatMap {
                try record(row: $0, tenant: tenant, in: database)
            }
        }
    }

    private func record(row: Int64, tenant: String, in database: Database) throws -> RecordRow? {
        let find = try database.cachedStatement(
            sql: """
                SELECT \(Self.columns) FROM record r \(Self.joins)
                WHERE r.id = ? AND r.tenant = ?
                """)
        return try Row.fetchOne(find, arguments: [row, tenant]).map(Self.recordRow)
    }

    private static func settledRow(of rid: [UInt8], in database: Database) throws -> Int64? {
        let find = try RecordIDIndex.finder(in: database)
        find.bind(rid, at: 1)
        return try find.run()
    }

    /// The wrap of the newest record that is not erased, and its key group; nil where there is none.
    package func newestWrap() throws -> (wrap: [UInt8], keyGroup: Int64)? {
        try read { database in
            try Row.fetchOne(
                database, sql: "SELECT wrap, key_group FROM record WHERE wrap IS NOT NULL ORDER BY id DESC LIMIT 1"
            ).map { (wrap: bytes($0["wrap"]), keyGroup: $0["key_group"]) }
        }
    }

    /// How many records are held, and how many of them are erased.
    package func recordCounts() throws -> (records: Int, erased: Int) {
        try read { database in
            (
                records: try Int.fetchOne(database, sql: "SELECT coalesce(max(id), 0) FROM record") ?? 0,
                erased: try Int.fetchOne(database, sql: "SELECT count(*) FROM record WHERE erased_at IS NOT NULL") ?? 0
            )
        }
    }

    /// Erases one record (D8): its payload, its wrap and every captured original that holds it are gone, the wraps of the
    /// rest of its key group are replaced, and a tombstone waits in the outbox, all in one transaction.
    ///
    /// `rewrap`: given the wraps of the group's other rows, returns them under the new key.
    /// `newGroup`: the group that takes the others.
    /// `tombstoneState`: `kept` where the ledger knows no such record id.
    /// `check`: given the record as it stands in the same transaction; nothing is erased where it throws.
    /// Returns false where the record is erased already.
    package func erase(
        _ rid: [UInt8], tenant: String, now: UInt64, newGroup: Int64, tombstone: NewOutboxTransaction?,
        tombstoneState: OutboxState = .pending, audit: AuditEntry? = nil, event: NewEvent? = nil,
        check: (RecordRow) throws -> Void = { _ in },
        rewrap: ([[UInt8]]) throws -> [[UInt8]]
    ) throws -> Bool {
        let waiting = Digest(rid).flatMap(recordIDs.waitingRow)
        return try write { database in
            guard let id = try waiting ?? Self.settledRow(of: rid, in: database),
                let current = try record(row: id, tenant: tenant, in: database)
            else { return false }
            try check(current)
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT id, key_group, original FROM record WHERE id = ? AND erased_at IS NULL",
                    arguments: [id])
            else { return false }
            let group: Int64 = row["key_group"]
            let originals = try Int64.fetchAll(
                database,
                sql: """
                    SELECT original FROM original_repeat WHERE record = ?1
                    UNION SELECT original FROM record WHERE id = ?1 AND original IS NOT NULL
                    """, arguments: [row["id"] as Int64])
            for original in originals {
                try database.execute(sql: "DELETE FROM original WHERE id = ?", arguments: [original])
                try database.execute(
                    sql: "UPDATE record SET original = NULL WHERE original = ?", arguments: [original])
                try database.execute(sql: "DELETE FROM original_repeat WHERE original = ?", arguments: [original])
            }
            try database.execute(
                sql: "UPDATE record SET payload = NULL, wrap = NULL, erased_at = ? WHERE id = ?",
                arguments: [Int64(bitPattern: now), row["id"] as Int64])
            for table in ["record", "original"] {
                let others = try Row.fetchAll(
                    database, sql: "SELECT id, wrap FROM \(table) WHERE key_group = ? AND wrap IS NOT NULL",
                    arguments: [group])
                let wraps = try rewrap(others.map { bytes($0["wrap"]) })
                for (other, wrap) in zip(others, wraps) {
                    try database.execute(
                        sql: "UPDATE \(table) SET wrap = ?, key_group = ? WHERE id = ?",
                        arguments: [Data(wrap), newGroup, other["id"] as Int64])
                }
            }
            if let tombstone {
                _ = try insertOutbox(tombstone, kind: .tombstone, state: tombstoneState, in: database)
            }
            if let audit { try appendAudit([audit], in: database) }
            if let event { try appendEvents([event], in: database) }
            return true
        }
    }

    static func recordRow(_ row: Row) -> RecordRow {
        let number = UInt64(bitPattern: row["number"])
        var place: RecordPlace?
        if let leaf = row["first_leaf"] as Int64?, let height = row["height"] as Int64?,
            let time = row["block_time"] as Int64?
        {
            let first = UInt64(bitPattern: row["first_number"])
            place = RecordPlace(
                leafIndex: UInt64(bitPattern: leaf) + (number - first), height: UInt64(bitPattern: height),
                blockTime: UInt64(bitPattern: time))
        }
        return RecordRow(
            row: row["id"], rid: bytes(row["rid"]), tenant: row["tenant"], issuer: bytes(row["issuer"]), number: number,
            statement: bytes(row["statement"]), mediaType: row["media_type"],
            payload: (row["payload"] as Data?).map(Array.init), keyGroup: row["key_group"],
            wrap: (row["wrap"] as Data?).map(Array.init), place: place,
            acceptedAt: UInt64(bitPattern: row["accepted_at"]),
            erasedAt: (row["erased_at"] as Int64?).map(UInt64.init(bitPattern:)),
            schemas: (row["bundled"] as String?).map { bundled in
                SchemaUseRow(
                    bundled: bundled, name: row["schema_name"],
                    version: (row["schema_version"] as Int64?).map(UInt64.init(bitPattern:)))
            })
    }
}
