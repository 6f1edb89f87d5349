import Foundation
import GRDB

extension GatewayStore {
    /// Deliveries of one webhook that may wait: what comes beyond stays in the feed until there is room.
    package static let pendingPerWebhookMax = 1_000

    /// Turns what stands behind a webhook's cursor into deliveries, as far as there is room.
    ///
    /// `body`: what is sent for an event. Returns whether more stands behind the new cursor, and how many events were
    /// dropped from the feed before they became deliveries.
    package func fanOut(_ id: String, now: UInt64, body: (EventRow) -> [UInt8]) throws -> (isMore: Bool, missed: UInt64)
    {
        try write { database in
            guard let webhook = try Self.webhook(id, tenant: nil, in: database), webhook.isEnabled else {
                return (false, 0)
            }
            let bounds = try Self.eventBounds(tenant: webhook.tenant, in: database)
            let pending =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM delivery WHERE webhook = ? AND state = 0", arguments: [id])
                ?? 0
            let room = min(Self.pendingPerWebhookMax - pending, 100)
            guard room > 0, webhook.cursor < bounds.newest else { return (false, 0) }
            let start = max(webhook.cursor, bounds.floor)
            let events = try Self.events(tenant: webhook.tenant, after: start, limit: room, in: database)
            let types = Set(webhook.types)
            for event in events where types.isEmpty || types.contains(event.type) {
                try Self.insertDelivery(event, body: body(event), webhook: id, now: now, in: database)
            }
            let end = events.last?.sequence ?? start
            try database.execute(
                sql: "UPDATE webhook SET cursor = ? WHERE id = ?", arguments: [Int64(bitPattern: end), id])
            return (end < bounds.newest, start - webhook.cursor)
        }
    }

    /// Adds a delivery of something that is no part of the feed; nil where the tenant has no such webhook.
    package func addPing(_ event: EventRow, body: [UInt8], webhook id: String, now: UInt64, audit: AuditEntry) throws
        -> Int64?
    {
        try write { database in
            guard try Self.webhook(id, tenant: event.tenant, in: database) != nil else { return nil }
            try appendAudit([audit], in: database)
            return try Self.insertDelivery(event, body: body, webhook: id, now: now, in: database)
        }
    }

    /// An event that became a delivery before, and was sought again, is delivered again.
    @discardableResult
    private static func insertDelivery(
        _ event: EventRow, body: [UInt8], webhook: String, now: UInt64, in database: Database
    ) throws -> Int64 {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO delivery (webhook, sequence, message, type, body, state, attempts, next_at, reason, created_at)
                VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, '', ?6)
                ON CONFLICT (webhook, sequence) DO UPDATE SET state = 0, attempts = 0, next_at = ?6, reason = '',
                    status = NULL, ended_at = NULL, message = ?3, type = ?4, body = ?5
                RETURNING id
                """)
        return try Int64.fetchOne(
            insert,
            arguments: [
                webhook, event.sequence == 0 ? nil : Int64(bitPattern: event.sequence), event.id, event.type,
                Data(body), Int64(bitPattern: now),
            ]) ?? 0
    }

    /// Deliveries of a webhook whose time has come, in the order of their events.
    package func dueDeliveries(_ webhook: String, now: UInt64, limit: Int) throws -> [DeliveryRow] {
        try read { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT * FROM delivery WHERE webhook = ? AND state = 0 AND next_at <= ? ORDER BY id LIMIT ?
                    """)
            return try Row.fetchAll(find, arguments: [webhook, Int64(bitPattern: now), limit]).map(Self.deliveryRow)
        }
    }

    /// Notes how attempts ended, in one transaction; a delivery that was removed or asked for anew meanwhile keeps its state.
    package func finishAttempts(_ ended: [(delivery: DeliveryRow, result: DeliveryResult)], now: UInt64) throws {
        guard !ended.isEmpty else { return }
        try write { database in
            for (delivery, result) in ended { try Self.finish(delivery, result, now: now, in: database) }
        }
    }

    private static func finish(
        _ delivery: DeliveryRow, _ result: DeliveryResult, now: UInt64, in database: Database
    ) throws {
        let state: DeliveryState
        var nextAt = delivery.nextAt
        switch result.next {
        case .delivered: state = .delivered
        case .retry(let time): (state, nextAt) = (.pending, time)
        case .dead, .gone: state = .dead
        }
        try database.execute(
            sql: """
                UPDATE delivery SET state = ?, attempts = attempts + 1, next_at = ?, status = ?, reason = ?,
                    ended_at = ? WHERE id = ? AND state = 0 AND attempts = ?
                """,
            arguments: [
                state.rawValue, Int64(bitPattern: nextAt), result.status, result.reason,
                state == .pending ? nil : Int64(bitPattern: now), delivery.id, delivery.attempts,
            ])
        try database.execute(
            sql: result.next == .delivered
                ? "UPDATE webhook SET failures = 0 WHERE id = ? AND failures > 0"
                : "UPDATE webhook SET failures = failures + 1 WHERE id = ?", arguments: [delivery.webhook])
        guard result.next == .gone else { return }
        try database.execute(
            sql: "UPDATE webhook SET is_enabled = 0, note = ? WHERE id = ?",
            arguments: [result.reason, delivery.webhook])
    }

    /// A webhook's deliveries after one id, oldest first, of one state or all.
    package func deliveries(_ webhook: String, state: DeliveryState?, after id: Int64, limit: Int) throws
        -> [DeliveryRow]
    {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM delivery WHERE webhook = ?1 AND id > ?2
                    \(state.map { "AND state = \($0.rawValue)" } ?? "") ORDER BY id LIMIT ?3
                    """, arguments: [webhook, id, limit]
            ).map(Self.deliveryRow)
        }
    }

    /// Has ended deliveries of a webhook sent again: one of them, or all that are dead.
    /// - Returns: how many; nil where the tenant has no such webhook.
    package func replayDeliveries(
        _ webhook: String, tenant: String, delivery: Int64?, now: UInt64, audit: AuditEntry
    ) throws -> Int? {
        try write { database in
            guard try Self.webhook(webhook, tenant: tenant, in: database) != nil else { return nil }
            try database.execute(
                sql: """
                    UPDATE delivery SET state = 0, attempts = 0, next_at = ?1, reason = '', status = NULL, ended_at = NULL
                    WHERE webhook = ?2 AND state != 0 AND (id = ?3 OR (?3 IS NULL AND state = 2))
                    """, arguments: [Int64(bitPattern: now), webhook, delivery])
            let count = database.changesCount
            try appendAudit([audit], in: database)
            return count
        }
    }

    /// Has every event behind a number delivered again.
    /// - Returns: how many stand there; nil where the tenant has no such webhook.
    package func replayEvents(_ webhook: String, tenant: String, after sequence: UInt64, audit: AuditEntry) throws
        -> Int?
    {
        try write { database in
            guard try Self.webhook(webhook, tenant: tenant, in: database) != nil else { return nil }
            let bounds = try Self.eventBounds(tenant: tenant, in: database)
            let start = min(max(sequence, bounds.floor), bounds.newest)
            try database.execute(
                sql: "UPDATE webhook SET cursor = ? WHERE id = ?", arguments: [Int64(bitPattern: start), webhook])
            try appendAudit([audit], in: database)
            return Int(bounds.newest - start)
        }
    }

    /// Forgets deliveries that arrived, or died, before a time, at most so many.
    /// - Returns: how many.
    package func dropDeliveries(deliveredBefore: UInt64, deadBefore: UInt64, limit: Int = 1_000) throws -> Int {
        try write { database in
            try database.execute(
                sql: """
                    DELETE FROM delivery WHERE id IN (
                        SELECT id FROM delivery WHERE ended_at IS NOT NULL AND ended_at < max(?1, ?2)
                            AND ended_at < CASE state WHEN 1 THEN ?1 ELSE ?2 END LIMIT ?3)
                    """, arguments: [Int64(bitPattern: deliveredBefore), Int64(bitPattern: deadBefore), limit])
            return database.changesCount
        }
    }

    /// How many deliveries wait, and how many are dead.
    package func deliveryTotals() throws -> DeliveryTotals {
        try read { database in
            var totals = DeliveryTotals()
            for row in try Row.fetchAll(
                database, sql: "SELECT state, count(*) AS count FROM delivery WHERE state != 1 GROUP BY state")
            {
                let count: Int = row["count"]
                if row["state"] as Int64 == 0 { totals.pending = count } else { totals.dead = count }
            }
            return totals
        }
    }

    private static func deliveryRow(_ row: Row) -> DeliveryRow {
        DeliveryRow(
            id: row["id"], webhook: row["webhook"],
            sequence: (row["sequence"] as Int64?).map(UInt64.init(bitPattern:)), message: row["message"],
            type: row["type"], body: bytes(row["body"]), state: DeliveryState(rawValue: row["state"]) ?? .dead,
            attempts: row["attempts"], nextAt: UInt64(bitPattern: row["next_at"]), status: row["status"],
            reason: row["reason"], createdAt: UInt64(bitPattern: row["created_at"]),
            endedAt: (row["ended_at"] as Int64?).map(UInt64.init(bitPattern:)))
    }
}
