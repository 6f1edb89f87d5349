import Foundation
import GRDB

extension GatewayStore {
    /// Transactions that the ledger has not answered for good, in the order in which they were made.
    package func pendingOutbox(limit: Int) throws -> [OutboxRow] {
        try read { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT id, kind, tx_id, valid_until, first_number, count FROM outbox
                    WHERE state = 0 ORDER BY id LIMIT ?
                    """)
            return try Row.fetchAll(find, arguments: [limit]).map { row in
                OutboxRow(
                    row: row["id"], kind: OutboxKind(rawValue: row["kind"]) ?? .anchor, id: bytes(row["tx_id"]),
                    validUntil: UInt64(bitPattern: row["valid_until"]),
                    firstNumber: UInt64(bitPattern: row["first_number"]), count: row["count"])
            }
        }
    }

    /// The signed bytes of a transaction that waits.
    package func outboxBytes(_ row: Int64) throws -> [UInt8] {
        try read { database in
            let find = try database.cachedStatement(sql: "SELECT bytes FROM outbox WHERE id = ?")
            return bytes(try Data.fetchOne(find, arguments: [row]))
        }
    }

    /// How many transactions wait.
    package func pendingOutboxCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox WHERE state = 0") ?? 0 }
    }

    /// Notes where transactions arrived, and tells of the captures that are complete with it.
    ///
    /// An anchor's bytes are no longer needed: it can be signed again from its records. The others' are all that is known
    /// of them.
    package func markIncluded(_ arrivals: [(row: Int64, place: RecordPlace)], now: UInt64) throws {
        try write { database in
            let update = try database.cachedStatement(
                sql: """
                    UPDATE outbox SET state = 1, bytes = CASE kind WHEN 1 THEN x'' ELSE bytes END,
                        first_leaf = ?, height = ?, block_time = ? WHERE id = ?
                    """)
            for (row, place) in arrivals {
                try update.execute(arguments: [
                    Int64(bitPattern: place.leafIndex), Int64(bitPattern: place.height),
                    Int64(bitPattern: place.blockTime), row,
                ])
            }
            try tellArrived(arrivals, now: now, in: database)
        }
    }

    /// Replaces the signed bytes of a transaction that expired on its way: same content, later validUntil.
    package func replaceOutbox(_ row: Int64, with transaction: NewOutboxTransaction) throws {
        try write { database in
            try database.execute(
                sql: "UPDATE outbox SET tx_id = ?, valid_until = ?, bytes = ? WHERE id = ? AND state = 0",
                arguments: [
                    Data(transaction.id), Int64(bitPattern: transaction.validUntil), Data(transaction.bytes), row,
                ])
        }
    }

    /// Record ids and statements that an anchor takes, by number: what is needed to sign it again.
    package func records(ofOutbox row: Int64) throws -> [(rid: [UInt8], statement: [UInt8])] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT rid, statement FROM record WHERE outbox = ? ORDER BY number", arguments: [row]
            ).map { (rid: bytes($0["rid"]), statement: bytes($0["statement"])) }
        }
    }

    /// Statements of an issuer whose anchors wait with a number from `number` on, or are not made yet, in the order of their
    /// records, from after a record's row on.
    package func waitingStatements(
        of issuer: [UInt8], from number: UInt64, after row: Int64, limit: Int
    ) throws -> [(row: Int64, statement: [UInt8])] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT record.id, record.statement FROM outbox JOIN record ON record.outbox = outbox.id
                    WHERE (outbox.state = 0 AND outbox.kind = 1 AND outbox.first_number >= ?1 OR outbox.state = 2)
                        AND record.issuer = ?2 AND record.id > ?3
                    ORDER BY record.id LIMIT ?4
                    """, arguments: [Int64(clamping: number), Data(issuer), row, limit]
            ).map { (row: $0["id"], statement: bytes($0["statement"])) }
        }
    }

    /// Puts statements in the place of those that no anchor has taken to the ledger; anchors that wait with them are to be
    /// signed again.
    package func replaceStatements(_ renewed: [(row: Int64, statement: [UInt8])]) throws {
        guard !renewed.isEmpty else { return }
        try write { database in
            let update = try database.cachedStatement(sql: "UPDATE record SET statement = ? WHERE id = ?")
            let expire = try database.cachedStatement(
                sql: """
                    UPDATE outbox SET valid_until = 0
                    WHERE state = 0 AND id = (SELECT outbox FROM record WHERE id = ?)
                    """)
            for (row, statement) in renewed {
                try update.execute(arguments: [Data(statement), row])
                try expire.execute(arguments: [row])
            }
        }
    }

    /// The id under which the ledger keeps an anchor's first leaf: the interval's, else that of the first record.
    package func firstRecordID(ofOutbox row: Int64) throws -> [UInt8]? {
        try read { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT coalesce(
                        (SELECT rid FROM interval WHERE outbox = ?1),
                        (SELECT rid FROM record WHERE outbox = ?1 ORDER BY id LIMIT 1))
                    """)
            return try Data.fetchOne(find, arguments: [row]).map(Array.init)
        }
    }

    /// The issuer's next number, as the gateway has assigned them.
    package func nextNumber(of issuer: [UInt8]) throws -> UInt64 {
        try read { try nextNumber(of: issuer, in: $0) }
    }

    /// The newest anchor of an issuer that begins below a number and is noted as arrived.
    package func includedAnchor(below number: UInt64, of issuer: [UInt8]) throws -> IncludedAnchor? {
        try anchor(state: 1, newestFirst: true, below: number, of: issuer)
    }

    /// The oldest anchor of an issuer that waits.
    ///
    /// Its place says nothing.
    package func oldestPendingAnchor(of issuer: [UInt8]) throws -> IncludedAnchor? {
        try anchor(state: 0, newestFirst: false, below: .max, of: issuer)
    }

    private func anchor(state: Int, newestFirst: Bool, below number: UInt64, of issuer: [UInt8]) throws
        -> IncludedAnchor?
    {
        try read { database in
            // Numbers rise with the rows of the outbox, so this walks along its primary key.
            try Row.fetchOne(
                database,
                sql: """
                    SELECT o.*, coalesce(i.rid, r.rid) AS anchor_rid, r.statement FROM outbox o
                    LEFT JOIN interval i ON i.outbox = o.id
                    LEFT JOIN record r ON r.id = (SELECT min(id) FROM record WHERE outbox = o.id)
                    WHERE o.state = ?1 AND o.kind = 1 AND o.first_number < ?2 AND coalesce(i.issuer, r.issuer) = ?3
                    ORDER BY o.id \(newestFirst ? "DESC" : "ASC") LIMIT 1
                    """, arguments: [state, Int64(clamping: number), Data(issuer)]
            ).map { row in
                IncludedAnchor(
                    rid: bytes(row["anchor_rid"]), statement: (row["statement"] as Data?).map(Array.init),
                    firstNumber: UInt64(bitPattern: row["first_number"]), count: row["count"],
                    place: RecordPlace(
                        leafIndex: UInt64(bitPattern: row["first_leaf"] as Int64? ?? 0),
                        height: UInt64(bitPattern: row["height"] as Int64? ?? 0),
                        blockTime: UInt64(bitPattern: row["block_time"] as Int64? ?? 0)))
            }
        }
    }

    /// Takes back that an issuer's anchors from a number on have arrived: they wait again, with the same records,
    /// statements and numbers, and are to be signed again.
    ///
    /// Returns how many anchors and how many records they take.
    package func putBackAnchors(from number: UInt64, of issuer: [UInt8]) throws -> (anchors: Int, records: Int) {
        let chosen = """
            state = 1 AND kind = 1 AND first_number >= ?1
                AND (EXISTS (SELECT 1 FROM record WHERE record.outbox = outbox.id AND record.issuer = ?2)
                    OR EXISTS (SELECT 1 FROM interval WHERE interval.outbox = outbox.id AND interval.issuer = ?2))
            """
        return try write { database in
            let arguments: StatementArguments = [Int64(clamping: number), Data(issuer)]
            let found = try Row.fetchOne(
                database,
                sql: "SELECT count(*) AS anchors, coalesce(sum(count), 0) AS records FROM outbox WHERE \(chosen)",
                arguments: arguments)
            try database.execute(sql: "UPDATE outbox SET \(Self.waitingAgain) WHERE \(chosen)", arguments: arguments)
            return (anchors: found?["anchors"] ?? 0, records: found?["records"] ?? 0)
        }
    }

    /// Transactions of a kind, not anchors, that are noted as arrived, newest first, from below a row of the outbox on.
    package func included(_ kind: OutboxKind, below row: Int64, limit: Int) throws -> [(row: Int64, bytes: [UInt8])] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, bytes FROM outbox WHERE state = 1 AND kind = ? AND id < ? ORDER BY id DESC LIMIT ?
                    """, arguments: [kind.rawValue, row, limit]
            ).map { (row: $0["id"], bytes: bytes($0["bytes"])) }
        }
    }

    /// Takes back that transactions other than anchors have arrived: they wait again.
    package func putBack(_ rows: [Int64]) throws {
        try write { database in
            for row in rows {
                try database.execute(
                    sql: "UPDATE outbox SET \(Self.waitingAgain) WHERE id = ? AND kind <> 1", arguments: [row])
            }
        }
    }

    /// Valid until 0: the bytes are signed again before they are handed in.
    private static let waitingAgain =
        "state = 0, valid_until = 0, first_leaf = NULL, height = NULL, block_time = NULL"
}

/// A BLOB column's bytes.
func bytes(_ data: Data?) -> [UInt8] { data.map(Array.init) ?? [] }
