import Codec
import Foundation
import GRDB

extension GatewayStore {
    /// Appends events to the feeds of their tenants, in order; listeners hear of it once the transaction is on the disk.
    func appendEvents(_ events: [NewEvent], in database: Database) throws {
        guard !events.isEmpty else { return }
        let advance = try database.cachedStatement(
            sql: """
                INSERT INTO event_feed (tenant, newest, floor) VALUES (?1, 1, 0)
                ON CONFLICT (tenant) DO UPDATE SET newest = newest + 1
                RETURNING newest
                """)
        let insert = try database.cachedStatement(
            sql: "INSERT INTO event (tenant, sequence, time, type, subject, data) VALUES (?, ?, ?, ?, ?, ?)")
        for event in events {
            let sequence = try Int64.fetchOne(advance, arguments: [event.tenant]) ?? 0
            try insert.execute(arguments: [
                event.tenant, sequence, Int64(bitPattern: event.time), event.kind.rawValue, event.subject,
                String(decoding: event.data.serialized(), as: UTF8.self),
            ])
        }
        let tenants = Set(events.map(\.tenant))
        database.afterNextTransaction(onCommit: { [bell] _ in bell.ring(tenants) })
    }

    /// What is held of a tenant's feed.
    package func eventBounds(tenant: String) throws -> EventBounds {
        try read { try Self.eventBounds(tenant: tenant, in: $0) }
    }

    static func eventBounds(tenant: String, in database: Database) throws -> EventBounds {
        let find = try database.cachedStatement(sql: "SELECT newest, floor FROM event_feed WHERE tenant = ?")
        return try Row.fetchOne(find, arguments: [tenant]).map {
            EventBounds(floor: UInt64(bitPattern: $0["floor"]), newest: UInt64(bitPattern: $0["newest"]))
        } ?? EventBounds(floor: 0, newest: 0)
    }

    /// A tenant's events behind a number, oldest first, with what is held at that moment.
    package func events(tenant: String, after sequence: UInt64, limit: Int) throws -> (EventBounds, [EventRow]) {
        try read { database in
            (
                try Self.eventBounds(tenant: tenant, in: database),
                try Self.events(tenant: tenant, after: sequence, limit: limit, in: database)
            )
        }
    }

    static func events(tenant: String, after sequence: UInt64, limit: Int, in database: Database) throws -> [EventRow] {
        let find = try database.cachedStatement(
            sql: """
                SELECT sequence, time, type, subject, data FROM event
                WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """)
        return try Row.fetchAll(find, arguments: [tenant, Int64(clamping: sequence), limit]).map { row in
            EventRow(
                sequence: UInt64(bitPattern: row["sequence"]), tenant: tenant, time: UInt64(bitPattern: row["time"]),
                type: row["type"], subject: row["subject"], data: row["data"])
        }
    }

    /// Drops a tenant's oldest events: those from before a time, and all but the newest `countMax`.
    ///
    /// At most `limit` at a time, so that no transaction is long. Returns whether more are left to drop.
    package func dropEvents(tenant: String, before time: UInt64, countMax: Int, limit: Int = 1_000) throws -> Bool {
        try write { database in
            let bounds = try Self.eventBounds(tenant: tenant, in: database)
            let oldest = try Self.events(tenant: tenant, after: bounds.floor, limit: limit, in: database)
            let excess = bounds.newest > UInt64(countMax) ? bounds.newest - UInt64(countMax) : 0
            let dropped = oldest.prefix { $0.time < time || $0.sequence <= excess }
            guard let last = dropped.last else { return false }
            try database.execute(
                sql: "DELETE FROM event WHERE tenant = ? AND sequence <= ?",
                arguments: [tenant, Int64(bitPattern: last.sequence)])
            try database.execute(
                sql: "UPDATE event_feed SET floor = ? WHERE tenant = ?",
                arguments: [Int64(bitPattern: last.sequence), tenant])
            return dropped.count == limit
        }
    }

    /// Tenants that have a feed.
    package func eventTenants() throws -> [String] {
        try read { try String.fetchAll($0, sql: "SELECT tenant FROM event_feed ORDER BY tenant") }
    }
}

// MARK: What captures tell

extension GatewayStore {
    /// What is known of a capture when it is stored.
    struct AcceptedCapture {
        var jobID: [UInt8]
        var tenant: String
        var recordCount: Int
        var newCount: Int
        /// The outbox row with which the last of its records arrives.
        var lastOutbox: Int64?
    }

    /// Tells of captures that were accepted, and of those among them whose records all stand on the ledger already.
    func tellAccepted(_ captures: [AcceptedCapture], now: UInt64, in database: Database) throws {
        let arrived = try database.cachedStatement(
            sql: "SELECT height, block_time FROM outbox WHERE id = ? AND state = 1")
        var events: [NewEvent] = []
        for capture in captures {
            let id = Hex.encode(capture.jobID)
            events.append(
                NewEvent(
                    tenant: capture.tenant, time: now, kind: .captureAccepted, subject: id,
                    data: .object([
                        .init("captureID", .string(id)), .init("recordCount", .integer(capture.recordCount)),
                        .init("newRecords", .integer(capture.newCount)),
                    ])))
            guard let last = capture.lastOutbox, let row = try Row.fetchOne(arrived, arguments: [last]) else {
                continue
            }
            events.append(
                Self.anchored(
                    id, tenant: capture.tenant, recordCount: capture.recordCount,
                    height: UInt64(bitPattern: row["height"] as Int64? ?? 0),
                    blockTime: UInt64(bitPattern: row["block_time"] as Int64? ?? 0), now: now))
        }
        try appendEvents(events, in: database)
    }

    /// Tells of the captures whose last records have arrived with these transactions.
    func tellArrived(_ arrivals: [(row: Int64, place: RecordPlace)], now: UInt64, in database: Database) throws {
        let find = try database.cachedStatement(
            sql: "SELECT id, tenant, length(records) / 8 AS count FROM job WHERE last_outbox = ?")
        var events: [NewEvent] = []
        for (outbox, place) in arrivals {
            for row in try Row.fetchAll(find, arguments: [outbox]) {
                events.append(
                    Self.anchored(
                        Hex.encode(bytes(row["id"])), tenant: row["tenant"], recordCount: row["count"],
                        height: place.height, blockTime: place.blockTime, now: now))
            }
        }
        try appendEvents(events, in: database)
    }

    private static func anchored(
        _ id: String, tenant: String, recordCount: Int, height: UInt64, blockTime: UInt64, now: UInt64
    ) -> NewEvent {
        NewEvent(
            tenant: tenant, time: now, kind: .captureAnchored, subject: id,
            data: .object([
                .init("captureID", .string(id)), .init("recordCount", .integer(recordCount)),
                .init("height", .string(String(height))), .init("blockTime", .string(Self.timeText(blockTime))),
            ]))
    }

    /// RFC 3339 in UTC with nine decimals.
    private static func timeText(_ nanoseconds: UInt64) -> String {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let date = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        let decimals = String(rest)
        return date.dropLast() + "." + String(repeating: "0", count: 9 - decimals.count) + decimals + "Z"
    }
}
