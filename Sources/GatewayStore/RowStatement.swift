import GRDB
import GRDBSQLite

/// A cached statement that runs once for each record of a capture, its arguments bound straight to SQLite.
///
/// GRDB boxes every argument, copies bytes into `Data` and looks for observers at each run: of what accepting a record
/// took, that was more than SQLite's own share. The statement is still GRDB's, on its connection and inside its
/// transaction. What is bound stays bound until it is bound anew, so arguments that are the same for a whole capture
/// are bound once. Errors are GRDB's `DatabaseError`.
struct RowStatement {
    private let database: Database
    private let statement: Statement

    init(_ database: Database, sql: String) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
    }

    /// Binds an argument by its place, from 1.
    func bind(_ value: Int64, at place: Int32) { sqlite3_bind_int64(statement.sqliteStatement, place, value) }

    func bindNull(at place: Int32) { sqlite3_bind_null(statement.sqliteStatement, place) }

    /// Binds 64 bits as SQLite's signed integer of the same bits.
    func bind(_ value: UInt64, at place: Int32) { bind(Int64(bitPattern: value), at: place) }

    func bind(_ text: String, at place: Int32) {
        var text = text
        text.withUTF8 { utf8 in
            _ = sqlite3_bind_text64(
                statement.sqliteStatement, place, utf8.baseAddress, UInt64(utf8.count), Self.copied, UInt8(SQLITE_UTF8))
        }
    }

    /// Binds bytes as a BLOB; none at all are an empty one, not NULL.
    func bind(_ bytes: [UInt8], at place: Int32) {
        bytes.withUnsafeBytes { buffer in
            if let base = buffer.baseAddress {
                _ = sqlite3_bind_blob64(statement.sqliteStatement, place, base, UInt64(buffer.count), Self.copied)
            } else {
                _ = sqlite3_bind_zeroblob(statement.sqliteStatement, place, 0)
            }
        }
    }

    /// Runs it.
    /// - Returns: the first column of the first row as an integer; nil where there is no row.
    @discardableResult
    func run() throws -> Int64? {
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        switch sqlite3_step(handle) {
        case SQLITE_DONE: return nil
        case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
        case let code:
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
        }
    }

    /// SQLITE_TRANSIENT: the bytes are SQLite's own copy before the call returns, so no pointer outlives it.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
