import Foundation
import GRDB

/// A request under an idempotency key, and its answer where there is one.
package struct AnswerRow: Sendable {
    /// What makes the request the same, 32 bytes.
    package var fingerprint: [UInt8]
    /// Nil while the request is carried out.
    package var status: Int?
    /// `Name: value` lines.
    package var headers: String
    package var body: [UInt8]
}

extension GatewayStore {
    /// Claims a key for a request, or tells who has it.
    ///
    /// Times are nanoseconds since 1970; claims that began before `expiredBefore` are forgotten. Nil means that it is
    /// claimed now.
    package func claimAnswer(
        tenant: String, key: String, fingerprint: [UInt8], now: UInt64, expiredBefore: UInt64
    ) throws -> AnswerRow? {
        try write { database in
            try database.execute(
                sql: "DELETE FROM answer WHERE began_at < ?", arguments: [Int64(bitPattern: expiredBefore)])
            if let row = try Row.fetchOne(
                database, sql: "SELECT fingerprint, status, headers, body FROM answer WHERE tenant = ? AND key = ?",
                arguments: [tenant, key])
            {
                return AnswerRow(
                    fingerprint: bytes(row["fingerprint"]), status: row["status"], headers: row["headers"] ?? "",
                    body: (row["body"] as Data?).map(Array.init) ?? [])
            }
            try database.execute(
                sql: "INSERT INTO answer (tenant, key, fingerprint, began_at) VALUES (?, ?, ?, ?)",
                arguments: [tenant, key, Data(fingerprint), Int64(bitPattern: now)])
            return nil
        }
    }

    /// Keeps the answer to what was claimed.
    package func keepAnswer(tenant: String, key: String, status: Int, headers: String, body: [UInt8]) throws {
        try write { database in
            try database.execute(
                sql: "UPDATE answer SET status = ?, headers = ?, body = ? WHERE tenant = ? AND key = ?",
                arguments: [status, headers, Data(body), tenant, key])
        }
    }

    /// Gives a claim up: the next request under the key is carried out.
    package func abandonAnswer(tenant: String, key: String) throws {
        try write { database in
            try database.execute(
                sql: "DELETE FROM answer WHERE tenant = ? AND key = ? AND status IS NULL", arguments: [tenant, key])
        }
    }

    /// Gives up what a process that is gone had claimed.
    package func abandonAllAnswers() throws {
        try write { database in try database.execute(sql: "DELETE FROM answer WHERE status IS NULL") }
    }
}
