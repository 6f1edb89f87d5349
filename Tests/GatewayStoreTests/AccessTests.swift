import Dispatch
import Foundation
import GRDB
import Synchronization
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
            let other = try store.changeAPIKey("a", tenant: "mill", audit: Self.entry("a", tenant: "mill")) { $0 }
            #expect(other == nil)
            #expect(try store.apiKey("a")?.revokedAt == nil)
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).isEmpty)
        }
    }

    @Test func `a change stands with its line, and keeps id, tenant, secret and maker`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            let change = try store.changeAPIKey("a", tenant: "orchard", audit: Self.entry("b")) { before in
                var key = Self.key("z", tenant: "mill")
                key.secretHash = [1]
                key.createdBy = "nobody"
                (key.label, key.scopes, key.expiresAt, key.revokedAt) = ("new", ["a", "b"], nil, 8)
                #expect(before == Self.key("a"))
                return key
            }
            #expect(change?.before == Self.key("a"))
            var expected = Self.key("a")
            (expected.label, expected.scopes, expected.expiresAt, expected.revokedAt) = ("new", ["a", "b"], nil, 8)
            #expect(try store.apiKey("a") == expected)
            #expect(try store.apiKey("z") == nil)
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 9).map(\.entry.target) == ["a", "b"])
        }
    }

    @Test func `a change that is refused leaves neither itself nor a line`() throws {
        struct Refusal: Error {}
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            #expect(throws: Refusal.self) {
                try store.changeAPIKey("a", tenant: "orchard", audit: Self.entry("b")) { _ in throw Refusal() }
            }
            #expect(try store.apiKey("a") == Self.key("a"))
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 9).count == 1)
        }
    }

    @Test func `of many who change what they saw, one does`() throws {
        struct Refusal: Error {}
        try GatewayStoreTests.withStore { store, _ in
            try store.addAPIKey(Self.key("a"), audit: Self.entry("a"))
            let seen = try #require(try store.apiKey("a"))
            let done = Mutex(0)
            DispatchQueue.concurrentPerform(iterations: 32) { number in
                let change = try? store.changeAPIKey("a", tenant: "orchard", audit: Self.entry("a")) { key in
                    guard key == seen else { throw Refusal() }
                    var key = key
                    key.label = "by \(number)"
                    return key
                }
                if change != nil { done.withLock { $0 += 1 } }
            }
            #expect(done.withLock { $0 } == 1)
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 99).count == 2)
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
