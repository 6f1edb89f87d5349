import Foundation
import GRDB

extension GatewayStore {
    /// Versions of schemas that a tenant may register, all ids together.
    package static let schemasPerTenantMax = 1_000
    /// Bytes of all their documents.
    package static let schemaBytesPerTenantMax = 64 << 20

    private static let schemaColumns = """
        v.id, v.name, v.version, v.ledger_name, v.media_type, v.digest, length(v.document) AS byte_count, v.mode,
        v.created_by, v.created_at, o.state, o.tx_id, o.height, o.block_time
        """
    private static let schemaTables = "schema_version v JOIN outbox o ON o.id = v.outbox"

    /// Registers a version: the next number, the document, the signed transaction that pins it and the line of the audit
    /// log stand in the file together (D17).
    ///
    /// `space`: a random name for the tenant's ids on the ledger, used where it has none yet; nil puts them there as they
    ///   are.
    /// `sign`: given the id on the ledger and the version, makes the transaction.
    /// - Throws: `conflict` where another version came meanwhile, `backlog` where the tenant holds as much as it may.
    package func registerSchema(
        _ schema: NewSchema, space: String?, now: UInt64, audit: (_ version: UInt64) -> AuditEntry?,
        sign: (_ ledgerName: String, _ version: UInt64) throws -> NewOutboxTransaction
    ) throws -> SchemaRow {
        try write { database in
            let newest = try Row.fetchOne(
                database,
                sql: """
                    SELECT id, version FROM schema_version WHERE tenant = ? AND name = ? ORDER BY version DESC LIMIT 1
                    """,
                arguments: [schema.tenant, schema.name])
            let known: Int64? = newest.map { $0["id"] }
            guard known == schema.predecessor else {
                throw GatewayStoreFailure(.conflict, "another version of the schema was registered meanwhile")
            }
            let held = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*) AS count, coalesce(sum(length(document)), 0) AS bytes FROM schema_version
                    WHERE tenant = ?
                    """, arguments: [schema.tenant])
            let (count, byteCount): (Int, Int) = (held?["count"] ?? 0, held?["bytes"] ?? 0)
            guard count < Self.schemasPerTenantMax,
                byteCount + schema.document.count <= Self.schemaBytesPerTenantMax
            else {
                throw GatewayStoreFailure(.backlog, "the tenant holds as many schemas as it may")
            }
            let version = UInt64(bitPattern: newest.map { $0["version"] } ?? 0) + 1
            let ledgerName = try Self.ledgerName(schema, space: space, in: database)
            let outbox = try insertOutbox(try sign(ledgerName, version), kind: .schema, in: database)
            try database.execute(
                sql: """
                    INSERT INTO schema_version (tenant, name, version, ledger_name, media_type, uri, digest, document, mode,
                        created_by, created_at, outbox)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    schema.tenant, schema.name, Int64(bitPattern: version), ledgerName, schema.mediaType, schema.uri,
                    Data(schema.digest), Data(schema.document), schema.mode, schema.createdBy,
                    Int64(bitPattern: now), outbox,
                ])
            let row = database.lastInsertedRowID
            if let entry = audit(version) { try appendAudit([entry], in: database) }
            guard let stored = try Self.schema(row: row, in: database) else {
                throw GatewayStoreFailure(.damaged, "a schema that was just written is not there")
            }
            return stored
        }
    }

    private static func ledgerName(_ schema: NewSchema, space: String?, in database: Database) throws -> String {
        guard let space else { return schema.name }
        try database.execute(
            sql: "INSERT OR IGNORE INTO schema_space (tenant, space) VALUES (?, ?)", arguments: [schema.tenant, space])
        let kept = try String.fetchOne(
            database, sql: "SELECT space FROM schema_space WHERE tenant = ?", arguments: [schema.tenant])
        return "\(kept ?? space)/\(schema.name)"
    }

    /// A tenant's versions, by name and version.
    ///
    /// `name`: only those of this id.
    package func schemas(tenant: String, name: String? = nil) throws -> [SchemaRow] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.schemaColumns) FROM \(Self.schemaTables)
                    WHERE v.tenant = ?1 AND (?2 IS NULL OR v.name = ?2) ORDER BY v.name, v.version
                    """, arguments: [tenant, name]
            ).map(Self.schemaRow)
        }
    }

    /// One version of a tenant's schema; the newest if none is named.
    package func schema(_ name: String, version: UInt64?, tenant: String) throws -> SchemaRow? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.schemaColumns) FROM \(Self.schemaTables)
                    WHERE v.tenant = ?1 AND v.name = ?2 AND (?3 IS NULL OR v.version = ?3)
                    ORDER BY v.version DESC LIMIT 1
                    """, arguments: [tenant, name, version.map { Int64(clamping: $0) }]
            ).map(Self.schemaRow)
        }
    }

    /// The tenant's newest schema with this absolute `$id` among those that were registered before a row.
    package func schema(uri: String, before row: Int64, tenant: String) throws -> SchemaRow? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.schemaColumns) FROM \(Self.schemaTables)
                    WHERE v.tenant = ? AND v.uri = ? AND v.id < ? ORDER BY v.id DESC LIMIT 1
                    """, arguments: [tenant, uri, row]
            ).map(Self.schemaRow)
        }
    }

    /// A version's bytes.
    package func schemaDocument(_ row: Int64, tenant: String) throws -> [UInt8] {
        try read { database in
            bytes(
                try Data.fetchOne(
                    database, sql: "SELECT document FROM schema_version WHERE id = ? AND tenant = ?",
                    arguments: [row, tenant]))
        }
    }

    /// Notes that the ledger holds something else where a transaction would put a schema: it is not handed in again.
    package func markRefused(_ row: Int64) throws {
        try write { database in
            try database.execute(sql: "UPDATE outbox SET state = 3 WHERE id = ? AND state = 0", arguments: [row])
        }
    }

    private static func schema(row: Int64, in database: Database) throws -> SchemaRow? {
        try Row.fetchOne(
            database, sql: "SELECT \(schemaColumns) FROM \(schemaTables) WHERE v.id = ?", arguments: [row]
        ).map(schemaRow)
    }

    private static func schemaRow(_ row: Row) -> SchemaRow {
        SchemaRow(
            row: row["id"], name: row["name"], version: UInt64(bitPattern: row["version"]),
            ledgerName: row["ledger_name"], mediaType: row["media_type"], digest: bytes(row["digest"]),
            byteCount: row["byte_count"], mode: row["mode"], createdBy: row["created_by"],
            createdAt: UInt64(bitPattern: row["created_at"]),
            state: OutboxState(rawValue: row["state"]) ?? .pending, transactionID: bytes(row["tx_id"]),
            height: (row["height"] as Int64?).map(UInt64.init(bitPattern:)),
            blockTime: (row["block_time"] as Int64?).map(UInt64.init(bitPattern:)))
    }

    // MARK: Uses

    /// The row that says how a document was checked, made where it is new.
    func schemaUse(_ use: NewSchemaUse, in database: Database) throws -> Int64 {
        let find = try database.cachedStatement(sql: "SELECT id FROM schema_use WHERE bundled = ? AND version = ?")
        if let row = try Int64.fetchOne(find, arguments: [use.bundled, use.version]) { return row }
        try database.execute(
            sql: "INSERT INTO schema_use (bundled, version) VALUES (?, ?)", arguments: [use.bundled, use.version])
        return database.lastInsertedRowID
    }
}
