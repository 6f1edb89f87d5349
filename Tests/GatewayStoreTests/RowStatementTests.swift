import Foundation
import GRDB
import Testing

@testable import GatewayStore

@Suite struct RowStatementTests {
    static func withTable(_ body: (Database) throws -> Void) throws {
        try DatabaseQueue().write { database in
            try database.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB UNIQUE, s TEXT) STRICT")
            try body(database)
        }
    }

    @Test func `bytes, text and integers arrive as they are`() throws {
        try Self.withTable { database in
            let insert = try RowStatement(database, sql: "INSERT INTO t (id, b, s) VALUES (?, ?, ?)")
            insert.bind(UInt64.max, at: 1)
            insert.bind([0, 255, 0], at: 2)
            insert.bind("ü€\"", at: 3)
            try insert.run()
            let row = try Row.fetchOne(database, sql: "SELECT id, b, s FROM t")
            #expect(row?["id"] == Int64(-1))
            #expect(row?["b"] == Data([0, 255, 0]))
            #expect(row.map { Array(($0["s"] as String).utf8) } == Array("ü€\"".utf8))
        }
    }

    @Test func `no bytes are an empty blob, not NULL`() throws {
        try Self.withTable { database in
            let insert = try RowStatement(database, sql: "INSERT INTO t (b) VALUES (?)")
            insert.bind([UInt8](), at: 1)
            try insert.run()
            #expect(try String.fetchOne(database, sql: "SELECT typeof(b) FROM t") == "blob")
        }
    }

    @Test func `what is bound stays bound for the next run`() throws {
        try Self.withTable { database in
            let insert = try RowStatement(database, sql: "INSERT INTO t (b, s) VALUES (?, ?)")
            insert.bind("same", at: 2)
            for byte: UInt8 in 1...3 {
                insert.bind([byte], at: 1)
                try insert.run()
            }
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t WHERE s = 'same'") == 3)
        }
    }

    @Test func `no row is nil`() throws {
        try Self.withTable { database in
            let find = try RowStatement(database, sql: "SELECT id FROM t WHERE b = ?")
            find.bind([1], at: 1)
            #expect(try find.run() == nil)
        }
    }

    @Test func `a refused row is an error, and the statement runs again afterwards`() throws {
        try Self.withTable { database in
            let insert = try RowStatement(database, sql: "INSERT INTO t (b) VALUES (?)")
            insert.bind([1], at: 1)
            try insert.run()
            let failure = #expect(throws: DatabaseError.self) { try insert.run() }
            #expect(failure?.resultCode == .SQLITE_CONSTRAINT)
            insert.bind([2], at: 1)
            try insert.run()
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t") == 2)
        }
    }
}
