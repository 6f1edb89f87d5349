import Codec
import Cryptography
import Foundation
import GRDB

extension GatewayStore {
    /// Accepts captures: in one transaction the new records get the issuer's next numbers, are signed for, and stand
    /// in the file together with the transactions that will anchor them (D17).
    ///
    /// A record that is there already is not stored again: the job points to the first one. The original of a document
    /// that holds an erased record is not kept, else erased content would come back with it.
    ///
    /// `sign`: given the first number and the new records in order of number, makes statements and anchors.
    /// `now`: nanoseconds since 1970.
    /// `draw`: makes intervals, into which the records go then: `sign` makes statements alone, all with that number.
    /// Returns for each capture, how many of its records were new.
    package func accept(
        _ captures: [NewCapture], issuer: [UInt8], now: UInt64, draw: (() -> NewInterval)? = nil,
        sign: (_ first: UInt64, _ records: [NewRecord]) throws -> SignedBatch
    ) throws -> [Int] {
        typealias Accepted = (counts: [Int], new: [Digest: Int64], settlement: RecordIDIndex.Settlement)
        return try write { database -> Accepted in
            var jobs: [[UInt8]] = captures.map { _ in [] }
            var counts = captures.map { _ in 0 }
            var fresh: [(record: NewRecord, capture: Int, row: Int64)] = []
            var repeats: [(row: Int64, capture: Int)] = []
            var rows: [Digest: Int64] = [:]
            let firstRow = (try RowStatement(database, sql: "SELECT max(id) FROM record").run() ?? 0) + 1
            var nextRow = firstRow
            let find = try RecordIDIndex.finder(in: database)
            for (index, capture) in captures.enumerated() {
                for record in capture.records {
                    let rid = try Self.digest(record.rid)
                    let known = try rows[rid] ?? row(of: record, with: find)
                    if let known {
                        repeats.append((known, index))
                    } else {
                        fresh.append((record, index, nextRow))
                        rows[rid] = nextRow
                        counts[index] += 1
                        nextRow += 1
                    }
                    jobs[index] += UInt64(known ?? nextRow - 1).bigEndianBytes
                }
            }
            try appendAudit(captures.compactMap(\.audit), in: database)
            let slots = try insertRecords(
                fresh, of: captures, counts: counts, repeats: repeats, issuer: issuer, now: now, draw: draw, sign: sign,
                in: database)
            // The record with which a capture is complete on the ledger: anchors arrive in the order of their rows.
            var last: [Int64?] = captures.map { _ in nil }
            for (offset, item) in fresh.enumerated() {
                last[item.capture] = max(last[item.capture] ?? 0, slots[offset].outbox)
            }
            let findOutbox = try RowStatement(database, sql: "SELECT outbox FROM record WHERE id = ?")
            for (row, capture) in repeats {
                findOutbox.bind(row, at: 1)
                let outbox = row < firstRow ? try findOutbox.run() ?? 0 : slots[Int(row - firstRow)].outbox
                last[capture] = max(last[capture] ?? 0, outbox)
            }
            try insertJobs(captures, records: jobs, lastOutbox: last, now: now, in: database)
            try tellAccepted(
                captures.indices.map {
                    AcceptedCapture(
                        jobID: captures[$0].jobID, tenant: captures[$0].tenant, recordCount: captures[$0].records.count,
                        newCount: counts[$0], lastOutbox: last[$0])
                }, now: now, in: database)
            return (counts, rows, try recordIDs.settle(newCount: rows.count, in: database))
        } committed: { accepted in
            recordIDs.committed(accepted.settlement, new: accepted.new)
        }.counts
    }

    /// Inserts the records that are new, with their statements and the transactions that will anchor them.
    private func insertRecords(
        _ fresh: [(record: NewRecord, capture: Int, row: Int64)], of captures: [NewCapture], counts: [Int],
        repeats: [(row: Int64, capture: Int)], issuer: [UInt8], now: UInt64, draw: (() -> NewInterval)?,
        sign: (_ first: UInt64, _ records: [NewRecord]) throws -> SignedBatch, in database: Database
    ) throws -> [RecordSlot] {
        guard !fresh.isEmpty else { return [] }
        let first = try nextNumber(of: issuer, in: database)
        let slots = try slots(
            for: fresh.map(\.record), issuer: issuer, first: first, draw: draw, sign: sign, in: database)
        let erased = try Self.capturesOfErased(repeats, in: database)
        let uses = try captures.map { try $0.schemas.map { try schemaUse($0, in: database) } }
        let originals = try insertOriginals(captures, counts: counts, without: erased, in: database)
        let insert = try RowStatement(
            database,
            sql: """
                INSERT INTO record (id, rid, tenant, issuer, number, statement, media_type, payload, key_group, wrap,
                    original, outbox, accepted_at, schema)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        insert.bind(issuer, at: 4)
        insert.bind(now, at: 13)
        for (offset, item) in fresh.enumerated() {
            let (record, capture, row) = item
            let slot = slots[offset]
            insert.bind(row, at: 1)
            insert.bind(record.rid, at: 2)
            insert.bind(captures[capture].tenant, at: 3)
            insert.bind(slot.number, at: 5)
            insert.bind(slot.statement, at: 6)
            insert.bind(record.mediaType, at: 7)
            insert.bind(record.payload, at: 8)
            insert.bind(record.keyGroup, at: 9)
            insert.bind(record.wrap, at: 10)
            if let original = originals[capture] { insert.bind(original, at: 11) } else { insert.bindNull(at: 11) }
            insert.bind(slot.outbox, at: 12)
            if let use = uses[capture] { insert.bind(use, at: 14) } else { insert.bindNull(at: 14) }
            try insert.run()
        }
        for (row, capture) in repeats {
            guard let original = originals[capture] else { continue }
            try database.execute(
                sql: "INSERT OR IGNORE INTO original_repeat (record, original) VALUES (?, ?)",
                arguments: [row, original])
        }
        try setNextNumber(slots[slots.count - 1].number + 1, of: issuer, in: database)
        return slots
    }

    /// The row that holds a record under any of its ids.
    private func row(of record: NewRecord, with find: RowStatement) throws -> Int64? {
        for rid in [record.rid] + record.earlierIDs {
            if let row = recordIDs.waitingRow(of: try Self.digest(rid)) { return row }
            find.bind(rid, at: 1)
            if let row = try find.run() { return row }
        }
        return nil
    }

    private static func digest(_ rid: [UInt8]) throws -> Digest {
        guard let digest = Digest(rid) else { throw GatewayStoreFailure(.conflict, "a record id has 32 bytes") }
        return digest
    }

    func nextNumber(of issuer: [UInt8], in database: Database) throws -> UInt64 {
        let find = try RowStatement(database, sql: "SELECT next FROM issuer WHERE account = ?")
        find.bind(issuer, at: 1)
        return UInt64(bitPattern: try find.run() ?? 0)
    }

    func setNextNumber(_ next: UInt64, of issuer: [UInt8], in database: Database) throws {
        let advance = try RowStatement(
            database,
            sql: """
                INSERT INTO issuer (account, next) VALUES (?1, ?2)
                ON CONFLICT (account) DO UPDATE SET next = excluded.next
                """)
        advance.bind(issuer, at: 1)
        advance.bind(next, at: 2)
        try advance.run()
    }

    /// The captures that hold a record which was erased.
    private static func capturesOfErased(
        _ repeats: [(row: Int64, capture: Int)], in database: Database
    ) throws -> Set<Int> {
        let find = try RowStatement(database, sql: "SELECT 1 FROM record WHERE id = ? AND erased_at IS NOT NULL")
        var captures: Set<Int> = []
        for (row, capture) in repeats where !captures.contains(capture) {
            find.bind(row, at: 1)
            if try find.run() != nil { captures.insert(capture) }
        }
        return captures
    }

    private func insertJobs(
        _ captures: [NewCapture], records: [[UInt8]], lastOutbox: [Int64?], now: UInt64, in database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO job (id, tenant, created_at, records, last_outbox) VALUES (?, ?, ?, ?, ?)")
        for (index, capture) in captures.enumerated() {
            try insert.execute(arguments: [
                Data(capture.jobID), capture.tenant, Int64(bitPattern: now), Data(records[index]), lastOutbox[index],
            ])
        }
    }

    /// Stores the originals of captures that brought something new and nothing erased; nil for the others.
    private func insertOriginals(
        _ captures: [NewCapture], counts: [Int], without erased: Set<Int>, in database: Database
    ) throws -> [Int64?] {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO original (media_type, payload, key_group, wrap) VALUES (?, ?, ?, ?)")
        return try captures.indices.map { index in
            guard counts[index] > 0, !erased.contains(index) else { return nil }
            let original = captures[index].original
            try insert.execute(arguments: [
                original.mediaType, Data(original.payload), original.keyGroup, Data(original.wrap),
            ])
            return database.lastInsertedRowID
        }
    }

    func insertOutbox(
        _ transaction: NewOutboxTransaction, kind: OutboxKind, state: OutboxState = .pending, in database: Database
    ) throws -> Int64 {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO outbox (kind, state, tx_id, valid_until, bytes, first_number, count)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try insert.execute(arguments: [
            kind.rawValue, state.rawValue, Data(transaction.id), Int64(bitPattern: transaction.validUntil),
            Data(transaction.bytes), Int64(bitPattern: transaction.firstNumber), transaction.count,
        ])
        return database.lastInsertedRowID
    }
}
