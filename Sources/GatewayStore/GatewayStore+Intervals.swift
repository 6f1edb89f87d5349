import Foundation
import GRDB

// Anchoring by intervals (`anchor.mode = batch`): records gather in a forming interval, whose one anchor is signed when
// it is due. Its row in the outbox stands from the first record on, so numbers and order follow from the row.

/// An interval to be: drawn by the caller, since this module has no randomness.
package struct NewInterval: Sendable {
    /// Under which the ledger will keep it: 32 random bytes.
    package var rid: [UInt8]
    /// From which padding and places follow, so that they are the same whenever they are asked for: 32 random bytes.
    package var secret: [UInt8]
    /// Entries of its tree.
    package var size: Int

    package init(rid: [UInt8], secret: [UInt8], size: Int) {
        self.rid = rid
        self.secret = secret
        self.size = size
    }
}

/// An interval and the statements in it, in the order of their acceptance.
package struct IntervalRow: Sendable {
    package var outbox: Int64
    /// The issuer's number that all its statements carry.
    package var number: UInt64
    package var rid: [UInt8]
    package var secret: [UInt8]
    package var size: Int
    package var statements: [[UInt8]]
}

/// What a new record gets: its number, its statement, and the transaction that will anchor it.
struct RecordSlot {
    var number: UInt64
    var statement: [UInt8]
    var outbox: Int64
}

extension GatewayStore {
    /// Intervals that may wait for their turn: a day of them at a minute's length.
    ///
    /// What would need another one is refused with ``GatewayStoreFailure/Code/backlog``.
    package static let formingIntervalsMax = 1_440

    /// Gives each new record its slot: one by one with anchors of their own, or in intervals that `draw` makes.
    func slots(
        for records: [NewRecord], issuer: [UInt8], first: UInt64, draw: (() -> NewInterval)?,
        sign: (_ first: UInt64, _ records: [NewRecord]) throws -> SignedBatch, in database: Database
    ) throws -> [RecordSlot] {
        if let draw {
            return try intervalSlots(
                for: records, issuer: issuer, first: first, draw: draw, sign: sign, in: database)
        }
        guard try formingCount(in: database) == 0 else {
            // Its number comes before these, and nothing would ever anchor it.
            throw GatewayStoreFailure(.conflict, "an interval is still forming; seal it before records go one by one")
        }
        let batch = try sign(first, records)
        precondition(batch.statements.count == records.count, "one statement for each new record")
        precondition(batch.anchors.reduce(0) { $0 + $1.count } == records.count, "every new record is anchored once")
        let anchorOf = try batch.anchors.flatMap { anchor in
            Array(repeating: try insertOutbox(anchor, kind: .anchor, in: database), count: anchor.count)
        }
        return records.indices.map {
            RecordSlot(number: first + UInt64($0), statement: batch.statements[$0], outbox: anchorOf[$0])
        }
    }

    private func intervalSlots(
        for records: [NewRecord], issuer: [UInt8], first: UInt64, draw: () -> NewInterval,
        sign: (_ first: UInt64, _ records: [NewRecord]) throws -> SignedBatch, in database: Database
    ) throws -> [RecordSlot] {
        var slots: [RecordSlot] = []
        var next = first
        var open = try Row.fetchOne(
            database,
            sql: """
                SELECT o.id, o.first_number, i.size - i.filled AS free FROM outbox o JOIN interval i ON i.outbox = o.id
                WHERE o.state = 2 ORDER BY o.id DESC LIMIT 1
                """
        ).map { (outbox: $0["id"] as Int64, number: UInt64(bitPattern: $0["first_number"]), free: $0["free"] as Int) }
        while slots.count < records.count {
            if open.map({ $0.free == 0 }) ?? true {
                let drawn = draw()
                open = (try insertInterval(drawn, issuer: issuer, number: next, in: database), next, drawn.size)
                next += 1
            }
            guard let (outbox, number, free) = open else { preconditionFailure("an interval was opened") }
            let share = Array(records[slots.count..<min(slots.count + free, records.count)])
            let batch = try sign(number, share)
            precondition(
                batch.statements.count == share.count && batch.anchors.isEmpty,
                "an interval's records are signed for, and anchored later")
            slots += batch.statements.map { RecordSlot(number: number, statement: $0, outbox: outbox) }
            try database.execute(
                sql: "UPDATE interval SET filled = filled + ? WHERE outbox = ?", arguments: [share.count, outbox])
            open = (outbox, number, free - share.count)
        }
        guard try formingCount(in: database) <= Self.formingIntervalsMax else {
            throw GatewayStoreFailure(.backlog, "more records wait for an interval than the gateway may hold")
        }
        return slots
    }

    /// Signs the anchor of the oldest interval that is forming; from then on the outbox carries it (D17).
    ///
    /// `padding`: makes an interval where none is forming, so that one is anchored also when nothing came.
    /// Returns how many records it holds and how many intervals still wait, or nil where there was none.
    package func sealInterval(
        padding draw: (() -> NewInterval)? = nil, issuer: [UInt8],
        sign: (IntervalRow) throws -> NewOutboxTransaction
    ) throws -> (records: Int, waiting: Int)? {
        try write { database in
            var oldest = try Int64.fetchOne(
                database, sql: "SELECT id FROM outbox WHERE state = 2 ORDER BY id LIMIT 1")
            if oldest == nil, let draw {
                let next = try nextNumber(of: issuer, in: database)
                oldest = try insertInterval(draw(), issuer: issuer, number: next, in: database)
                try setNextNumber(next + 1, of: issuer, in: database)
            }
            guard let oldest, let interval = try interval(ofOutbox: oldest, in: database) else { return nil }
            let anchor = try sign(interval)
            try database.execute(
                sql: "UPDATE outbox SET state = 0, tx_id = ?, valid_until = ?, bytes = ? WHERE id = ? AND state = 2",
                arguments: [
                    Data(anchor.id), Int64(bitPattern: anchor.validUntil), Data(anchor.bytes), oldest,
                ])
            return (interval.statements.count, try formingCount(in: database))
        }
    }

    /// The interval that a transaction in the outbox anchors, or nil where it anchors records one by one.
    package func interval(ofOutbox row: Int64) throws -> IntervalRow? {
        try read { try interval(ofOutbox: row, in: $0) }
    }

    /// The outbox row of the interval that holds a record, and the record's place in the order of acceptance; nil for a
    /// record with a leaf of its own.
    package func intervalPlace(of record: Int64) throws -> (outbox: Int64, ordinal: Int)? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT r.outbox, (SELECT count(*) FROM record e WHERE e.outbox = r.outbox AND e.id < r.id) AS ordinal
                    FROM record r JOIN interval i ON i.outbox = r.outbox WHERE r.id = ?
                    """, arguments: [record]
            ).map { (outbox: $0["outbox"], ordinal: $0["ordinal"]) }
        }
    }

    private func interval(ofOutbox row: Int64, in database: Database) throws -> IntervalRow? {
        guard
            let found = try Row.fetchOne(
                database,
                sql: """
                    SELECT o.first_number, i.rid, i.secret, i.size FROM interval i JOIN outbox o ON o.id = i.outbox
                    WHERE i.outbox = ?
                    """, arguments: [row])
        else { return nil }
        let statements = try Data.fetchAll(
            database, sql: "SELECT statement FROM record WHERE outbox = ? ORDER BY id", arguments: [row])
        return IntervalRow(
            outbox: row, number: UInt64(bitPattern: found["first_number"]), rid: bytes(found["rid"]),
            secret: bytes(found["secret"]), size: found["size"], statements: statements.map(Array.init))
    }

    private func insertInterval(
        _ interval: NewInterval, issuer: [UInt8], number: UInt64, in database: Database
    ) throws -> Int64 {
        let unsigned = NewOutboxTransaction(id: [], validUntil: 0, bytes: [], firstNumber: number, count: 1)
        let outbox = try insertOutbox(unsigned, kind: .anchor, state: .forming, in: database)
        try database.execute(
            sql: "INSERT INTO interval (outbox, issuer, rid, secret, size, filled) VALUES (?, ?, ?, ?, ?, 0)",
            arguments: [outbox, Data(issuer), Data(interval.rid), Data(interval.secret), interval.size])
        return outbox
    }

    private func formingCount(in database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM outbox WHERE state = 2") ?? 0
    }
}
