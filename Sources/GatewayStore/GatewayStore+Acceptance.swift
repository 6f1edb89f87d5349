import Foundation
import GRDB

extension GatewayStore {
    /// Accepts captures: in one transaction the new records get the issuer's next numbers, are signed for, and stand
    /// in the file together with the transactions that will anchor them (D17).
    ///
    /// A record that is there already is not stored again: the job points to the first one.
    ///
    /// `sign`: given the first number and the new records in order of number, makes statements and anchors.
    /// `now`: nanoseconds since 1970.
    /// Returns for each capture, how many of its records were new.
    package func accept(
        _ captures: [NewCapture], issuer: [UInt8], now: UInt64,
        sign: (_ first: UInt64, _ records: [NewRecord]) throws -> SignedBatch
    ) throws -> [Int] {
        try write { database in
            var jobs: [[UInt8]] = captures.map { _ in [] }
            var counts = captures.map { _ in 0 }
            var fresh: [(record: NewRecord, capture: Int, row: Int64)] = []
            var repeats: [(row: Int64, capture: Int)] = []
            var rows: [[UInt8]: Int64] = [:]
            var nextRow = (try Int64.fetchOne(database, sql: "SELECT max(id) FROM record") ?? 0) + 1
            let find = try database.cachedStatement(sql: "SELECT id FROM record WHERE rid = ?")
            for (index, capture) in captures.enumerated() {
                for record in capture.records {
                    let known: Int64?
                    if let row = rows[record.rid] {
                        known = row
                    } else {
                        known = try Int64.fetchOne(find, arguments: [Data(record.rid)])
                    }
                    if let known {
                        repeats.append((known, index))
                    } else {
                        fresh.append((record, index, nextRow))
                        rows[record.rid] = nextRow
                        counts[index] += 1
                        nextRow += 1
                    }
                    jobs[index] += Self.bigEndian(UInt64(known ?? nextRow - 1))
                }
            }
            try insertJobs(captures, records: jobs, now: now, in: database)
            try appendAudit(captures.compactMap(\.audit), in: database)
            guard !fresh.isEmpty else { return counts }

            let first = try UInt64(
                bitPattern: Int64.fetchOne(
                    database, sql: "SELECT next FROM issuer WHERE account = ?", arguments: [Data(issuer)]) ?? 0)
            let batch = try sign(first, fresh.map(\.record))
            precondition(batch.statements.count == fresh.count, "one statement for each new record")
            precondition(batch.anchors.reduce(0) { $0 + $1.count } == fresh.count, "every new record is anchored once")
            let anchorOf = try insertAnchors(batch.anchors, in: database)
            let originals = try insertOriginals(captures, counts: counts, in: database)
            let insert = try database.cachedStatement(
                sql: """
                    INSERT INTO record (id, rid, tenant, issuer, number, statement, media_type, payload, key_group, wrap,
                        original, outbox, accepted_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for (offset, item) in fresh.enumerated() {
                let (record, capture, row) = item
                try insert.execute(arguments: [
                    row, Data(record.rid), captures[capture].tenant, Data(issuer),
                    Int64(bitPattern: first + UInt64(offset)), Data(batch.statements[offset]), record.mediaType,
                    Data(record.payload), record.keyGroup, Data(record.wrap), originals[capture], anchorOf[offset],
                    Int64(bitPattern: now),
                ])
            }
            for (row, capture) in repeats {
                guard let original = originals[capture] else { continue }
                try database.execute(
                    sql: "INSERT OR IGNORE INTO original_repeat (record, original) VALUES (?, ?)",
                    arguments: [row, original])
            }
            try database.execute(
                sql: """
                    INSERT INTO issuer (account, next) VALUES (?1, ?2)
                    ON CONFLICT (account) DO UPDATE SET next = excluded.next
                    """,
                arguments: [Data(issuer), Int64(bitPattern: first + UInt64(fresh.count))])
            return counts
        }
    }

    private func insertJobs(_ captures: [NewCapture], records: [[UInt8]], now: UInt64, in database: Database) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO job (id, tenant, created_at, records) VALUES (?, ?, ?, ?)")
        for (capture, rows) in zip(captures, records) {
            try insert.execute(arguments: [
                Data(capture.jobID), capture.tenant, Int64(bitPattern: now), Data(rows),
            ])
        }
    }

    /// Stores the originals of captures that brought something new; nil for the others.
    private func insertOriginals(_ captures: [NewCapture], counts: [Int], in database: Database) throws -> [Int64?] {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO original (media_type, payload, key_group, wrap) VALUES (?, ?, ?, ?)")
        return try zip(captures, counts).map { capture, count in
            guard count > 0 else { return nil }
            let original = capture.original
            try insert.execute(arguments: [
                original.mediaType, Data(original.payload), original.keyGroup, Data(original.wrap),
            ])
            return database.lastInsertedRowID
        }
    }

    /// Puts anchors into the outbox and tells, record by record, which one takes it.
    private func insertAnchors(_ anchors: [NewOutboxTransaction], in database: Database) throws -> [Int64] {
        try anchors.flatMap { anchor in
            Array(repeating: try insertOutbox(anchor, kind: .anchor, in: database), count: anchor.count)
        }
    }

    func insertOutbox(_ transaction: NewOutboxTransaction, kind: OutboxKind, in database: Database) throws -> Int64 {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO outbox (kind, state, tx_id, valid_until, bytes, first_number, count)
                VALUES (?, 0, ?, ?, ?, ?, ?)
                """)
        try insert.execute(arguments: [
            kind.rawValue, Data(transaction.id), Int64(bitPattern: transaction.validUntil), Data(transaction.bytes),
            Int64(bitPattern: transaction.firstNumber), transaction.count,
        ])
        return database.lastInsertedRowID
    }

    static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }
}
