import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
import Testing

/// Who registered which version of a schema when, and what the ledger refuses.
struct SchemaLedgerTests {
    private static func schema(
        _ fixture: LedgerFixture, _ id: String = "orders", version: UInt64 = 1, content: String = "first",
        type: String = "application/schema+json", account: AccountID? = nil
    ) throws -> Message {
        .registerSchema(
            RegisterSchemaMessage(
                account: account ?? fixture.account, schema: try #require(SchemaName(id)), version: version,
                mediaType: try #require(SchemaMediaType(type)), digest: SHA256.hash(Array(content.utf8))))
    }

    private static func entry(_ fixture: LedgerFixture, _ id: String = "orders", version: UInt64 = 1) throws
        -> RegisteredSchema?
    {
        let key = RegisteredSchema.key(fixture.account, try #require(SchemaName(id)), version: version)
        return try fixture.state.value("schema", key).map { try RegisteredSchema(decoding: $0) }
    }

    @Test func `a version is pinned with its digest, height and time`() throws {
        var fixture = try LedgerFixture()
        let outcome = try fixture.run([fixture.transaction([Self.schema(fixture)])])
        #expect(outcome.results.map(\.code) == [.ok])
        let entry = try #require(try Self.entry(fixture))
        #expect(entry.digest == SHA256.hash(Array("first".utf8)))
        #expect(entry.height == outcome.context.height && entry.time == outcome.context.time)
    }

    @Test func `versions follow each other without a gap, each id by itself`() throws {
        var fixture = try LedgerFixture()
        try fixture.run([
            fixture.transaction([Self.schema(fixture), Self.schema(fixture, version: 2, content: "second")]),
            fixture.transaction([Self.schema(fixture, "invoices")]),
        ])
        let key = NewestSchema.key(fixture.account, try #require(SchemaName("orders")))
        #expect(NewestSchema.version(fixture.state.value("schema", key)) == 2)
        #expect(try Self.entry(fixture, "invoices") != nil)
    }

    @Test(arguments: [UInt64(2), 3, .max]) func `a version that is not the next one is refused`(_ version: UInt64)
        throws
    {
        var fixture = try LedgerFixture()
        let outcome = try fixture.run([fixture.transaction([Self.schema(fixture, version: version)])])
        #expect(outcome.results.map(\.code) == [.schemaNotNext])
        #expect(try Self.entry(fixture, version: version) == nil)
    }

    @Test func `the same registration again is harmless, and the first one's place stays`() throws {
        var fixture = try LedgerFixture()
        try fixture.run([fixture.transaction([Self.schema(fixture)])])
        let first = try Self.entry(fixture)
        let again = try fixture.run([fixture.transaction([Self.schema(fixture)], validUntil: fixture.soon + 1)])
        #expect(again.results.map(\.code) == [.ok])
        #expect(try Self.entry(fixture) == first)
    }

    @Test(arguments: [("other", "application/schema+json"), ("first", "application/xml")])
    func `the same version with another digest or media type is refused`(content: String, type: String) throws {
        var fixture = try LedgerFixture()
        try fixture.run([fixture.transaction([Self.schema(fixture)])])
        let first = try Self.entry(fixture)
        let outcome = try fixture.run([fixture.transaction([Self.schema(fixture, content: content, type: type)])])
        #expect(outcome.results.map(\.code) == [.schemaExists])
        #expect(try Self.entry(fixture) == first)
    }

    @Test func `nobody registers for an account that did not sign`() throws {
        var fixture = try LedgerFixture()
        let stranger = AccountID(SHA256.hash([9]))
        let outcome = try fixture.run([fixture.transaction([Self.schema(fixture, account: stranger)])])
        #expect(outcome.results.map(\.code) == [.notTheSigner])
    }

    @Test func `what a failed transaction registered is taken back`() throws {
        var fixture = try LedgerFixture()
        let outcome = try fixture.run([
            fixture.transaction([Self.schema(fixture), fixture.anchor(first: 9, count: 1)])
        ])
        #expect(outcome.results.map(\.code) == [.anchorNotNext])
        #expect(try Self.entry(fixture) == nil)
    }
}
