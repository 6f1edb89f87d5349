import Codec
import Foundation
import GRDB

extension GatewayStore {
    /// Most keys that a tenant may hold, revoked ones among them.
    package static let apiKeysPerTenantMax = 1_000

    /// Adds a key, its entry of the audit log and its event in the same transaction.
    /// - Throws: `conflict` where the id exists or the tenant holds as many keys as it may.
    package func addAPIKey(_ key: APIKeyRow, audit: AuditEntry) throws {
        try write { database in
            let held =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM api_key WHERE tenant = ?", arguments: [key.tenant]) ?? 0
            guard held < Self.apiKeysPerTenantMax else {
                throw GatewayStoreFailure(.conflict, "the tenant holds \(held) API keys, as many as it may")
            }
            try database.execute(
                sql: """
                    INSERT INTO api_key (id, tenant, secret_hash, scopes, label, created_by, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.id, key.tenant, Data(key.secretHash), key.scopes.joined(separator: " "), key.label,
                    key.createdBy, Int64(bitPattern: key.createdAt), key.expiresAt.map { Int64(bitPattern: $0) },
                ])
            try appendAudit([audit], in: database)
            let data: JSON = .object([
                .init("apiKey", .string(key.id)), .init("scopes", .array(key.scopes.map { .string($0) })),
            ])
            try appendEvents(
                [
                    NewEvent(
                        tenant: key.tenant, time: key.createdAt, kind: .apiKeyCreated, subject: key.id, data: data)
                ], in: database)
        }
    }

    /// The key of an id, whichever tenant's: who presents it is not known before.
    package func apiKey(_ id: String) throws -> APIKeyRow? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM api_key WHERE id = ?", arguments: [id]).map(Self.keyRow)
        }
    }

    /// A tenant's keys by time of creation.
    package func apiKeys(tenant: String) throws -> [APIKeyRow] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM api_key WHERE tenant = ? ORDER BY created_at, id", arguments: [tenant]
            ).map(Self.keyRow)
        }
    }

    /// The same behind a time and id, at most so many.
    package func apiKeys(tenant: String, after place: (time: UInt64, id: String), limit: Int) throws -> [APIKeyRow] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM api_key WHERE tenant = ? AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?
                    """,
                arguments: [tenant, Int64(bitPattern: place.time), place.id, limit]
            ).map(Self.keyRow)
        }
    }

    /// Changes a tenant's key, and notes it in the audit log and tells of a revocation in the same
    /// transaction.
    ///
    /// `change`: given the key as it stands there now, what shall stand there; nothing is changed or noted where it
    /// throws. Id, tenant, secret and maker stay as they are.
    /// - Returns: the key before and after; nil where the tenant has no such key.
    package func changeAPIKey(
        _ id: String, tenant: String, audit: AuditEntry, change: (APIKeyRow) throws -> APIKeyRow
    ) throws -> (before: APIKeyRow, after: APIKeyRow)? {
        try write { database in
            guard
                let before = try Row.fetchOne(
                    database, sql: "SELECT * FROM api_key WHERE id = ? AND tenant = ?", arguments: [id, tenant]
                ).map(Self.keyRow)
            else { return nil }
            let after = try change(before)
            try database.execute(
                sql: """
                    UPDATE api_key SET scopes = ?, label = ?, expires_at = ?, revoked_at = ? WHERE id = ? AND tenant = ?
                    """,
                arguments: [
                    after.scopes.joined(separator: " "), after.label, after.expiresAt.map { Int64(bitPattern: $0) },
                    after.revokedAt.map { Int64(bitPattern: $0) }, id, tenant,
                ])
            if before.revokedAt == nil, let time = after.revokedAt {
                let event = NewEvent(
                    tenant: tenant, time: time, kind: .apiKeyRevoked, subject: id,
                    data: .object([.init("apiKey", .string(id))]))
                try appendEvents([event], in: database)
            }
            try appendAudit([audit], in: database)
            return (before, after)
        }
    }

    private static func keyRow(_ row: Row) -> APIKeyRow {
        APIKeyRow(
            id: row["id"], tenant: row["tenant"], secretHash: bytes(row["secret_hash"]),
            scopes: (row["scopes"] as String).split(separator: " ").map(String.init), label: row["label"],
            createdBy: row["created_by"], createdAt: UInt64(bitPattern: row["created_at"]),
            expiresAt: (row["expires_at"] as Int64?).map(UInt64.init(bitPattern:)),
            revokedAt: (row["revoked_at"] as Int64?).map(UInt64.init(bitPattern:)))
    }
}
