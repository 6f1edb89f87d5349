import Foundation
import GRDB

extension GatewayStore {
    /// Most subscriptions that a tenant may hold.
    package static let webhooksPerTenantMax = 16

    /// Adds a subscription, which begins behind the newest event, and its entry of the audit log in the same transaction.
    /// - Throws: `conflict` where the tenant holds as many as it may.
    package func addWebhook(_ webhook: WebhookRow, audit: AuditEntry) throws -> WebhookRow {
        try write { database in
            let held =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM webhook WHERE tenant = ?", arguments: [webhook.tenant]) ?? 0
            guard held < Self.webhooksPerTenantMax else {
                throw GatewayStoreFailure(.conflict, "the tenant holds \(held) webhooks, as many as it may")
            }
            var made = webhook
            made.cursor = try Self.eventBounds(tenant: webhook.tenant, in: database).newest
            try database.execute(
                sql: """
                    INSERT INTO webhook (id, tenant, url, types, label, signing, secret, created_by, created_at,
                        is_enabled, note, cursor, failures)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '', ?, 0)
                    """,
                arguments: [
                    made.id, made.tenant, made.url, made.types.joined(separator: " "), made.label, made.signing,
                    Data(made.secret), made.createdBy, Int64(bitPattern: made.createdAt),
                    Int64(bitPattern: made.cursor),
                ])
            try appendAudit([audit], in: database)
            return made
        }
    }

    /// A tenant's subscriptions by time of creation.
    package func webhooks(tenant: String) throws -> [WebhookRow] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM webhook WHERE tenant = ? ORDER BY created_at, id", arguments: [tenant]
            ).map(Self.webhookRow)
        }
    }

    /// One of a tenant's subscriptions.
    package func webhook(_ id: String, tenant: String) throws -> WebhookRow? {
        try read { try Self.webhook(id, tenant: tenant, in: $0) }
    }

    /// Every subscription that is enabled.
    package func enabledWebhooks() throws -> [WebhookRow] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM webhook WHERE is_enabled = 1 ORDER BY id").map(
                Self.webhookRow)
        }
    }

    /// Changes a subscription, with its entry of the audit log in the same transaction.
    /// - Returns: what it is then; nil where the tenant has none of that id.
    package func changeWebhook(
        _ id: String, tenant: String, _ change: WebhookChange, audit: AuditEntry,
        check: (WebhookRow) throws -> Void = { _ in }
    ) throws -> WebhookRow? {
        try write { database in
            guard var row = try Self.webhook(id, tenant: tenant, in: database) else { return WebhookRow?.none }
            try check(row)
            row.url = change.url ?? row.url
            row.types = change.types ?? row.types
            row.label = change.label ?? row.label
            if let isEnabled = change.isEnabled {
                row.isEnabled = isEnabled
                row.note = ""
                if isEnabled { row.failures = 0 }
            }
            if let (new, old, until) = change.secret {
                row.secret = new
                row.oldSecret = old
                row.oldUntil = until
            }
            try database.execute(
                sql: """
                    UPDATE webhook SET url = ?, types = ?, label = ?, is_enabled = ?, note = ?, failures = ?, secret = ?,
                        old_secret = ?, old_until = ? WHERE id = ?
                    """,
                arguments: [
                    row.url, row.types.joined(separator: " "), row.label, row.isEnabled, row.note, row.failures,
                    Data(row.secret), row.oldSecret.map { Data($0) }, row.oldUntil.map { Int64(bitPattern: $0) }, id,
                ])
            try appendAudit([audit], in: database)
            return row
        }
    }

    /// Removes a subscription and all its deliveries.
    /// - Returns: whether the tenant had one of that id.
    package func removeWebhook(
        _ id: String, tenant: String, audit: AuditEntry, check: (WebhookRow) throws -> Void = { _ in }
    ) throws -> Bool {
        try write { database in
            guard let row = try Self.webhook(id, tenant: tenant, in: database) else { return false }
            try check(row)
            try database.execute(sql: "DELETE FROM delivery WHERE webhook = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [id])
            try appendAudit([audit], in: database)
            return true
        }
    }

    static func webhook(_ id: String, tenant: String?, in database: Database) throws -> WebhookRow? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM webhook WHERE id = ?1 AND (?2 IS NULL OR tenant = ?2)",
            arguments: [id, tenant]
        ).map(webhookRow)
    }

    private static func webhookRow(_ row: Row) -> WebhookRow {
        var made = WebhookRow(
            id: row["id"], tenant: row["tenant"], url: row["url"],
            types: (row["types"] as String).split(separator: " ").map(String.init), label: row["label"],
            signing: row["signing"], secret: bytes(row["secret"]), createdBy: row["created_by"],
            createdAt: UInt64(bitPattern: row["created_at"]), cursor: UInt64(bitPattern: row["cursor"]))
        made.oldSecret = (row["old_secret"] as Data?).map(Array.init)
        made.oldUntil = (row["old_until"] as Int64?).map(UInt64.init(bitPattern:))
        made.isEnabled = row["is_enabled"]
        made.note = row["note"]
        made.failures = row["failures"]
        return made
    }
}
