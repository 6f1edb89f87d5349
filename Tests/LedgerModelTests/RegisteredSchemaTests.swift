import Codec
import Cryptography
import LedgerModel
import Testing

/// What may stand on the ledger of a schema, and what not.
struct RegisteredSchemaTests {
    static let digest = SHA256.hash(Array("schema".utf8))

    private static func message(_ change: (inout [CBOR]) -> Void = { _ in }) throws -> Message? {
        var items: [CBOR] = [
            5, .bytes(digest.bytes), .text("orders"), 1, .text("application/schema+json"), .bytes(digest.bytes),
        ]
        change(&items)
        let body = CBOR.map([
            .init(1, .array([.bytes(digest.bytes)])), .init(2, .bytes(digest.bytes)), .init(3, 9),
            .init(5, .array([.array(items)])),
        ])
        return try? TransactionBody(decoding: body.encoded()).messages.first
    }

    @Test(arguments: [
        "a", "0", "orders", "orders.v2_x-y", "t-0123456789abcdef/orders", "a/b/c", String(repeating: "a", count: 128),
    ])
    func `ids are segments of plain characters`(_ text: String) {
        #expect(SchemaName(text)?.text == text)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", "A", "a b", "-a", ".a", "a/.b", "a/..", "ä", "a:1", "a\u{0}", "a\n", "a%2f",
        String(repeating: "a", count: 129),
    ])
    func `other ids are refused`(_ text: String) throws {
        #expect(SchemaName(text) == nil)
        #expect(try Self.message { $0[2] = .text(text) } == nil)
    }

    @Test(arguments: ["application/schema+json", "application/xml", "application/vnd.vivian.xsd+json", "a/b"])
    func `media types are type and subtype`(_ text: String) { #expect(SchemaMediaType(text)?.text == text) }

    @Test(arguments: [
        "", "/", "a", "a/", "/b", "a/b/c", "A/b", "a/b;c=d", "a /b", "a/ b", "a/b\n", "*/*",
        "a/" + String(repeating: "b", count: 126),
    ])
    func `other media types are refused`(_ text: String) throws {
        #expect(SchemaMediaType(text) == nil)
        #expect(try Self.message { $0[4] = .text(text) } == nil)
    }

    @Test func `a message with a member too few, too many or of another kind is refused`() throws {
        #expect(try Self.message() != nil)
        #expect(try Self.message { $0.removeLast() } == nil)
        #expect(try Self.message { $0.append(1) } == nil)
        #expect(try Self.message { $0[1] = .bytes([1]) } == nil)
        #expect(try Self.message { $0[2] = .bytes(Array("orders".utf8)) } == nil)
        #expect(try Self.message { $0[3] = 0 } == nil)
        #expect(try Self.message { $0[3] = .text("1") } == nil)
        #expect(try Self.message { $0[4] = 1 } == nil)
        #expect(try Self.message { $0[5] = .bytes([UInt8](repeating: 0, count: 31)) } == nil)
        #expect(try Self.message { $0[5] = .text("x") } == nil)
    }

    @Test func `an entry is read as it was written, and nothing else is`() throws {
        let entry = RegisteredSchema(
            digest: Self.digest, mediaType: try #require(SchemaMediaType("application/xml")), height: Height(7),
            time: Timestamp(nanosecondsSince1970: .max))
        let bytes = entry.encoded()
        #expect(try RegisteredSchema(decoding: bytes) == entry)
        #expect(throws: LedgerModelFailure.self) { try RegisteredSchema(decoding: bytes + [0]) }
        for count in bytes.indices {
            #expect(throws: LedgerModelFailure.self) { try RegisteredSchema(decoding: Array(bytes[..<count])) }
        }
        let five = CBOR.array([.bytes(Self.digest.bytes), .text("a/b"), 1, 2, 3]).encoded()
        let type = CBOR.array([.bytes(Self.digest.bytes), .text("A/b"), 1, 2]).encoded()
        for other in [five, type, CBOR.map([]).encoded()] {
            #expect(throws: LedgerModelFailure.self) { try RegisteredSchema(decoding: other) }
        }
    }

    @Test func `keys are paths that a person can type`() throws {
        let account = try #require(AccountID([UInt8](repeating: 0xab, count: 32)))
        let name = try #require(SchemaName("t-1/orders"))
        let hex = String(repeating: "ab", count: 32)
        #expect(
            RegisteredSchema.key(account, name, version: 12) == Array("registered/\(hex)/t-1/orders/12".utf8))
        #expect(NewestSchema.key(account, name) == Array("newest/\(hex)/t-1/orders".utf8))
        #expect(NewestSchema.version(nil) == 0)
        #expect(NewestSchema.version([0x18]) == 0)
        #expect(NewestSchema.version(CBOR.unsigned(3).encoded()) == 3)
    }
}
