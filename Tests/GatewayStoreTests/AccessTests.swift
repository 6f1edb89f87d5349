import Foundation
import GRDB
import Testing

@testable import GatewayStore

struct AccessTests {
    static func key(_ id: String, tenant: String = "orchard") -> APIKeyRow {
        APIKeyRow(
            id: id, tenant: tenant, secretHash: [UInt8](repeating: 7, count: 32), scopes: ["ledger:read"],
            label: "label", createdBy: "operator", createdAt: 5, expiresAt: 9)
    }

    static func entry(_ target: String, tenant: String = "orchard") -> AuditEntry {
        AuditEntry(
            tenant: tenant, time: 17, who: "api-key:1", method: "POST", route: "/api-keys", target: target, status: 201,
            request: "r1")
    }

    @Test func `a key comes back as it was put, with its line in the audit log`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            #expect(try store.apiKey("a") == Self.key("a"))
            #expect(try store.apiKey("b") == nil)
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 9).map(\.entry) == [Self.entry("a")])
        }
    }

    @Test func `an id cannot be taken twice, and a refused key leaves no line`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            #expect(throws: GatewayStoreFailure.self) {
                try store.addAPIKey(Self.key("a", tenant: "mill"), audit: Self.entry("a", tenant: "mill"))
            }
            #expect(try store.apiKey("a")?.tenant == "orchard")
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).isEmpty)
        }
    }

    @Test func `another tenant neither lists nor revokes a key`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            #expect(try store.apiKeys(tenant: "mill").isEmpty)
            #expect(try store.revokeAPIKey("a", tenant: "mill", now: 8, audit: Self.entry("a", tenant: "mill")) == nil)
            #expect(try store.apiKey("a")?.revokedAt == nil)
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).isEmpty)
        }
    }

    @Test func `a key is revoked once, and stays revoked at its first time`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            #expect(try store.revokeAPIKey("a", tenant: "orchard", now: 8, audit: Self.entry("a")) == true)
            #expect(try store.revokeAPIKey("a", tenant: "orchard", now: 9, audit: Self.entry("a")) == false)
            #expect(try store.apiKey("a")?.revokedAt == 8)
        }
    }

    @Test func `chains are numbered and hashed within their tenant`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.appendAudit([Self.entry("1"), Self.entry("x", tenant: "mill"), Self.entry("2")])
            try store.appendAudit([Self.entry("3")])
            let rows = try store.audit(tenant: "orchard", after: 0, limit: 9)
            #expect(rows.map(\.sequence) == [1, 2, 3])
            var previous = AuditRow.start
            for row in rows {
                #expect(row.hash == row.entry.hash(sequence: row.sequence, after: previous))
                previous = row.hash
            }
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).map(\.sequence) == [1])
            #expect(try store.audit(tenant: "orchard", after: 1, limit: 1).map(\.sequence) == [2])
        }
    }

    @Test(arguments: ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "INSERT INTO audit SELECT * FROM audit"])
    func `the audit log cannot be changed through SQL`(_ sql: String) throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.appendAudit([Self.entry("1")])
            let before = try store.audit(tenant: "orchard", after: 0, limit: 9)
            #expect(throws: (any Error).self) {
                try store.write { try $0.execute(sql: sql) }
            }
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 9) == before)
        }
    }

    /// Each field is in the hash, and none can be moved into another.
    @Test func `every field counts in an entry's hash`() {
        let entry = Self.entry("1")
        let hash = entry.hash(sequence: 1, after: AuditRow.start)
        var changed: [AuditEntry] = []
        for path in [
            \AuditEntry.tenant, \AuditEntry.who, \AuditEntry.method, \AuditEntry.route, \AuditEntry.target,
            \AuditEntry.request,
        ] {
            var other = entry
            other[keyPath: path] += "x"
            changed.append(other)
        }
        var later = entry
        later.time += 1
        var failed = entry
        failed.status = 500
        var moved = entry
        moved.route += entry.target
        moved.target = ""
        for other in changed + [later, failed, moved] {
            #expect(other.hash(sequence: 1, after: AuditRow.start) != hash)
        }
        #expect(entry.hash(sequence: 2, after: AuditRow.start) != hash)
        #expect(entry.hash(sequence: 1, after: [UInt8](repeating: 1, count: 32)) != hash)
    }
}
