import Foundation
import GRDB

extension GatewayStore {
    /// Appends entries to the chains of their tenants, in order.
    package func appendAudit(_ entries: [AuditEntry]) throws { try write { try appendAudit(entries, in: $0) } }

    func appendAudit(_ entries: [AuditEntry], in database: Database) throws {
        guard !entries.isEmpty else { return }
        let last = try database.cachedStatement(
            sql: "SELECT sequence, hash FROM audit WHERE tenant = ? ORDER BY sequence DESC LIMIT 1")
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO audit (tenant, sequence, time, who, method, route, target, status, request, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for entry in entries {
            let before = try Row.fetchOne(last, arguments: [entry.tenant])
            let sequence = (before.map { UInt64(bitPattern: $0["sequence"]) } ?? 0) + 1
            let hash = entry.hash(sequence: sequence, after: before.map { bytes($0["hash"]) } ?? AuditRow.start)
            try insert.execute(arguments: [
                entry.tenant, Int64(bitPattern: sequence), Int64(bitPattern: entry.time), entry.who, entry.method,
                entry.route, entry.target, entry.status, entry.request, Data(hash),
            ])
        }
    }

    /// A tenant's entries after one number, oldest first.
    package func audit(tenant: String, after sequence: UInt64, limit: Int) throws -> [AuditRow] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM audit WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [tenant, Int64(bitPattern: sequence), limit]
            ).map { row in
                AuditRow(
                    sequence: UInt64(bitPattern: row["sequence"]),
                    entry: AuditEntry(
                        tenant: row["tenant"], time: UInt64(bitPattern: row["time"]), who: row["who"],
                        method: row["method"], route: row["route"], target: row["target"], status: row["status"],
                        request: row["request"]), hash: bytes(row["hash"]))
            }
        }
    }
}

extension GatewayStore {
    /// The last entry of every tenant's chain.
    package func auditHeads() throws -> [AuditRow] {
        let tenants = try read { try String.fetchAll($0, sql: "SELECT DISTINCT tenant FROM audit ORDER BY tenant") }
        return try tenants.compactMap { tenant in
            let last = try read { database in
                try Int64.fetchOne(
                    database, sql: "SELECT max(sequence) FROM audit WHERE tenant = ?", arguments: [tenant])
            }
            return try audit(tenant: tenant, after: UInt64(bitPattern: (last ?? 1) - 1), limit: 1).first
        }
    }
}
