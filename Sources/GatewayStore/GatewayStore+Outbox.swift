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

    /// Notes where transactions arrived.
    ///
    /// Their bytes are no longer needed.
    package func markIncluded(_ arrivals: [(row: Int64, place: RecordPlace)]) throws {
        try write { database in
            let update = try database.cachedStatement(
                sql: """
                    UPDATE outbox SET state = 1, bytes = x'', first_leaf = ?, height = ?, block_time = ? WHERE id = ?
                    """)
            for (row, place) in arrivals {
                try update.execute(arguments: [
                    Int64(bitPattern: place.leafIndex), Int64(bitPattern: place.height),
                    Int64(bitPattern: place.blockTime), row,
                ])
            }
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

    /// The record id of the first record that an anchor takes: row ids rise with the numbers.
    package func firstRecordID(ofOutbox row: Int64) throws -> [UInt8]? {
        try read { database in
            let find = try database.cachedStatement(
                sql: "SELECT rid FROM record WHERE outbox = ? ORDER BY id LIMIT 1")
            return try Data.fetchOne(find, arguments: [row]).map(Array.init)
        }
    }

    /// The issuer's next number, as the gateway has assigned them.
    package func nextNumber(of issuer: [UInt8]) throws -> UInt64 {
        try read {
            try UInt64(
                bitPattern: Int64.fetchOne(
                    $0, sql: "SELECT next FROM issuer WHERE account = ?", arguments: [Data(issuer)]) ?? 0)
        }
    }

    /// Rows of anchors that were included, newest first: to check them against the ledger on start.
    package func newestIncluded() throws -> (place: RecordPlace, firstNumber: UInt64, count: Int)? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT * FROM outbox WHERE state = 1 AND kind = 1 ORDER BY id DESC LIMIT 1"
            ).map { row in
                (
                    place: RecordPlace(
                        leafIndex: UInt64(bitPattern: row["first_leaf"]), height: UInt64(bitPattern: row["height"]),
                        blockTime: UInt64(bitPattern: row["block_time"])),
                    firstNumber: UInt64(bitPattern: row["first_number"]), count: row["count"]
                )
            }
        }
    }
}

/// A BLOB column's bytes.
func bytes(_ data: Data?) -> [UInt8] { data.map(Array.init) ?? [] }
