import Foundation
import GatewayStore
import Testing

/// Schemas in the gateway's store: numbers, limits, tenants, and what records say of them.
struct SchemaStoreTests {
    private static func withStore(_ body: (GatewayStore) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-schemas-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(try GatewayStore(folder: folder))
    }

    private static func new(
        _ name: String, _ content: String, tenant: String = "default", uri: String? = nil, after row: Int64? = nil
    ) -> NewSchema {
        NewSchema(
            tenant: tenant, name: name, mediaType: "application/schema+json", uri: uri,
            digest: [UInt8](repeating: 1, count: 32), document: Array(content.utf8), mode: "backward",
            createdBy: "test",
            predecessor: row)
    }

    @discardableResult
    private static func register(_ store: GatewayStore, _ schema: NewSchema, space: String? = nil) throws -> SchemaRow {
        try store.registerSchema(schema, space: space, now: 5, audit: { _ in nil }) { name, version in
            NewOutboxTransaction(
                id: Array("\(name):\(version)".utf8), validUntil: 9, bytes: [1, 2, 3], firstNumber: 0, count: 0)
        }
    }

    @Test func `versions count from one, and stand in the outbox with their schema`() throws {
        try Self.withStore { store in
            let first = try Self.register(store, Self.new("orders", "{}"))
            let second = try Self.register(store, Self.new("orders", "true", after: first.row))
            #expect([first.version, second.version] == [1, 2])
            #expect(try store.pendingOutbox(limit: 9).map(\.kind) == [.schema, .schema])
            #expect(first.transactionID == Array("orders:1".utf8))
            #expect(try store.schema("orders", version: nil, tenant: "default")?.version == 2)
            #expect(try store.schemaDocument(second.row, tenant: "default") == Array("true".utf8))
            #expect(first.state == .pending && first.height == nil)
        }
    }

    @Test func `a version that was checked against an older one is refused`() throws {
        try Self.withStore { store in
            let first = try Self.register(store, Self.new("orders", "{}"))
            try Self.register(store, Self.new("orders", "true", after: first.row))
            for stale in [nil, first.row, first.row + 100] {
                let failure = #expect(throws: GatewayStoreFailure.self) {
                    try Self.register(store, Self.new("orders", "false", after: stale))
                }
                #expect(failure?.code == .conflict)
            }
            #expect(try store.pendingOutboxCount() == 2)
        }
    }

    @Test func `nothing is stored where signing fails`() throws {
        struct Failure: Error {}
        try Self.withStore { (store: GatewayStore) throws in
            #expect(throws: Failure.self) {
                try store.registerSchema(Self.new("orders", "{}"), space: "t-1", now: 5, audit: { _ in nil }) { _, _ in
                    throw Failure()
                }
            }
            #expect(try store.schemas(tenant: "default").isEmpty)
            #expect(try store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a tenant keeps the name that was drawn first, and sees its own schemas alone`() throws {
        try Self.withStore { store in
            let first = try Self.register(store, Self.new("orders", "{}", tenant: "mill"), space: "t-1")
            let other = try Self.register(store, Self.new("orders", "{}", tenant: "farm"), space: "t-2")
            let second = try Self.register(
                store, Self.new("orders", "true", tenant: "mill", after: first.row), space: "t-3")
            #expect([first, other, second].map(\.ledgerName) == ["t-1/orders", "t-2/orders", "t-1/orders"])
            #expect(try store.schemas(tenant: "farm").map(\.row) == [other.row])
            #expect(try store.schema("orders", version: 2, tenant: "farm") == nil)
            #expect(try store.schemaDocument(first.row, tenant: "farm").isEmpty)
            #expect(try store.schemas(tenant: "default").isEmpty)
        }
    }

    @Test func `an id of a document leads to the newest before a row, and to no other tenant's`() throws {
        try Self.withStore { store in
            let uri = "https://example.com/part"
            let first = try Self.register(store, Self.new("part", "{}", uri: uri))
            let second = try Self.register(store, Self.new("part", "true", uri: uri, after: first.row))
            #expect(try store.schema(uri: uri, before: .max, tenant: "default")?.row == second.row)
            #expect(try store.schema(uri: uri, before: second.row, tenant: "default")?.row == first.row)
            #expect(try store.schema(uri: uri, before: first.row, tenant: "default") == nil)
            #expect(try store.schema(uri: uri, before: .max, tenant: "mill") == nil)
            #expect(try store.schema(uri: uri + "/", before: .max, tenant: "default") == nil)
        }
    }

    @Test func `a tenant may hold so many bytes, and no more`() throws {
        try Self.withStore { store in
            let half = String(repeating: " ", count: GatewayStore.schemaBytesPerTenantMax / 2)
            try Self.register(store, Self.new("one", half))
            try Self.register(store, Self.new("two", half))
            let failure = #expect(throws: GatewayStoreFailure.self) {
                try Self.register(store, Self.new("three", "{}"))
            }
            #expect(failure?.code == .backlog)
            try Self.register(store, Self.new("three", "{}", tenant: "mill"), space: "t-1")
        }
    }

    @Test func `what was refused by the ledger is handed in no more`() throws {
        try Self.withStore { store in
            try Self.register(store, Self.new("orders", "{}"))
            let row = try #require(try store.pendingOutbox(limit: 1).first)
            try store.markRefused(row.row)
            #expect(try store.pendingOutboxCount() == 0)
            #expect(try store.schema("orders", version: 1, tenant: "default")?.state == .kept)
        }
    }

    @Test func `an included registration keeps its bytes and can be put back`() throws {
        try Self.withStore { store in
            try Self.register(store, Self.new("orders", "{}"))
            let row = try #require(try store.pendingOutbox(limit: 1).first)
            try store.markIncluded([(row.row, RecordPlace(leafIndex: 0, height: 7, blockTime: 8))], now: 9)
            #expect(try store.schema("orders", version: 1, tenant: "default")?.height == 7)
            let included = try store.included(.schema, below: .max, limit: 9)
            #expect(included.map(\.bytes) == [[1, 2, 3]])
            #expect(try store.included(.tombstone, below: .max, limit: 9).isEmpty)
            try store.putBack(included.map(\.row))
            #expect(try store.schema("orders", version: 1, tenant: "default")?.height == nil)
            #expect(try store.pendingOutbox(limit: 9).map(\.validUntil) == [0])
        }
    }

    @Test func `records name what they were checked against, and nothing where that is not known`() throws {
        try Self.withStore { store in
            let schema = try Self.register(store, Self.new("orders", "{}"))
            func capture(_ number: UInt8, _ use: NewSchemaUse?) throws -> SchemaUseRow? {
                let rid = [UInt8](repeating: number, count: 32)
                var capture = NewCapture(
                    jobID: [UInt8](repeating: number, count: 16), tenant: "default",
                    original: NewOriginal(mediaType: "text/xml", payload: [1], keyGroup: 1, wrap: [9]),
                    records: [
                        NewRecord(
                            rid: rid, mediaType: "text/xml", payload: [1], keyGroup: 1, wrap: [1], commitment: rid)
                    ])
                capture.schemas = use
                _ = try store.accept([capture], issuer: rid, now: 5) { first, records in
                    SignedBatch(
                        statements: records.map { _ in [1] },
                        anchors: [
                            NewOutboxTransaction(
                                id: [number], validUntil: 9, bytes: [1], firstNumber: first, count: records.count)
                        ])
                }
                let row = try #require(try store.record(rid, tenant: "default"))
                return row.schemas
            }
            #expect(try capture(1, nil) == nil)
            #expect(
                try capture(2, NewSchemaUse(bundled: "epcis"))
                    == SchemaUseRow(bundled: "epcis", name: nil, version: nil))
            for number: UInt8 in 3...4 {
                #expect(
                    try capture(number, NewSchemaUse(bundled: "epcis", version: schema.row))
                        == SchemaUseRow(bundled: "epcis", name: "orders", version: 1))
            }
        }
    }
}
