import Codec
import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Logging
import SchemaValidation
import TestSupport
import Testing

@testable import Records

/// The registry: what is registered, what follows what, what refers to what, and what is refused.
@Suite struct SchemaBookTests {
    struct Fixture {
        let store: GatewayStore
        let ledger: ReplaceableLedger
        let issuer: Issuer
        let outbox: Outbox
        let book: SchemaBook

        init(_ folder: URL, issuer: Issuer, ledger: ReplaceableLedger) throws {
            store = try GatewayStore(folder: folder)
            self.ledger = ledger
            self.issuer = issuer
            outbox = Outbox(
                store: store, ledger: ledger, issuer: issuer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { SchemaBookTests.now })
            book = SchemaBook(
                store: store, issuer: issuer, ledger: ledger, outbox: outbox, now: { SchemaBookTests.now })
        }

        @discardableResult
        func register(
            _ id: String, _ schema: [UInt8], type: String = "application/schema+json", rule: CompatibilityRule? = nil,
            tenant: String = "default"
        ) async throws -> (view: SchemaVersionView, isNew: Bool) {
            try await book.register(schema, id: id, mediaType: type, rule: rule, tenant: tenant, by: "test") { _ in
                AuditLine(
                    tenant: tenant, time: 1, who: "test", method: "POST", route: "/schemas", target: id, status: 201,
                    request: "")
            }
        }

        @discardableResult
        func register(
            _ id: String, _ schema: String, rule: CompatibilityRule? = nil, tenant: String = "default"
        ) async throws -> (view: SchemaVersionView, isNew: Bool) {
            try await register(id, Array(schema.utf8), rule: rule, tenant: tenant)
        }

        /// Why a schema is refused.
        func refusal(_ id: String, _ schema: String, rule: CompatibilityRule? = nil, tenant: String = "default")
            async throws -> SchemaRefusal
        {
            try await refusal(id, Array(schema.utf8), rule: rule, tenant: tenant)
        }

        func refusal(
            _ id: String, _ schema: [UInt8], type: String = "application/schema+json", rule: CompatibilityRule? = nil,
            tenant: String = "default"
        ) async throws -> SchemaRefusal {
            let failure = await #expect(throws: RecordsFailure.self) {
                try await register(id, schema, type: type, rule: rule, tenant: tenant)
            }
            guard case .schema(let refusal)? = failure else {
                throw UnexpectedFailure(text: "\(String(describing: failure))")
            }
            return refusal
        }

        func settle() async { for _ in 0..<4 { await outbox.turn() } }

        func valid(_ id: String, _ document: String, version: UInt64? = nil, tenant: String = "default") throws -> Bool
        {
            let answer = try book.validate(
                Array(document.utf8), mediaType: "application/json", by: SchemaReference(id: id, version: version),
                isBasic: false, tenant: tenant)
            return answer["valid"] == .boolean(true)
        }
    }

    struct UnexpectedFailure: Error { let text: String }

    static let now: UInt64 = 1_780_000_000_000_000_000

    static func withFixture(_ body: (Fixture, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-book-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = try SigningKey.generate(.edDSA)
        let identity = LedgerIdentity(
            chainID: try ChainID("test-1"), genesisHash: Digest([UInt8](repeating: 1, count: 32))!)
        let issuer = Issuer(ledger: identity, account: AccountID(key.publicKey.thumbprint), key: key)
        try await body(try Fixture(folder, issuer: issuer, ledger: ReplaceableLedger(identity)), folder)
    }

    static let order = #"{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}"#

    // MARK: Registering

    @Test func `a schema is registered, pinned on the ledger and read back`() async throws {
        try await Self.withFixture { fixture, _ in
            let (view, isNew) = try await fixture.register("orders", Self.order)
            #expect(isNew && view.version == 1 && view.state == .pending && view.rule == .backward)
            #expect(view.digest == SHA256.hash(Array(Self.order.utf8)).bytes)
            await fixture.settle()
            let after = try fixture.book.version(SchemaReference(id: "orders", version: 1), tenant: "default")
            #expect(after.state == .anchored && after.place?.height == 2)
            let value = try #require(fixture.ledger.copy.values[after.place?.key ?? []])
            let entry = try RegisteredSchema(decoding: value)
            #expect(entry.digest.bytes == view.digest && entry.mediaType.text == "application/schema+json")
            #expect(
                try fixture.book.document(SchemaReference(id: "orders", version: nil), tenant: "default").bytes
                    == Array(Self.order.utf8))
        }
    }

    @Test func `the newest document again is the same version; an older one is a new version`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", Self.order, rule: CompatibilityRule.none)
            let again = try await fixture.register("orders", Self.order)
            #expect(!again.isNew && again.view.version == 1)
            #expect(try await fixture.register("orders", "true").view.version == 2)
            #expect(try await fixture.register("orders", Self.order).view.version == 3)
            #expect(try fixture.store.pendingOutboxCount() == 3)
        }
    }

    @Test(arguments: [
        ("{", "json"), ("[]", "schema"), ("1", "schema"), (#"{"type":1}"#, "type"), (#"{"minimum":"1"}"#, "minimum"),
        (#"{"pattern":"("}"#, "pattern"), (#"{"pattern":"a{1001}"}"#, "pattern"),
        (##"{"$ref":"#/nowhere"}"##, "$ref"), (#"{"$ref":"https://example.com/other"}"#, "$ref"),
        (#"{"$ref":"urn:vivian:schema:other:1"}"#, "$ref"), (#"{"$ref":"file:///etc/passwd"}"#, "$ref"),
        (#"{"$schema":"https://example.com/dialect"}"#, "$schema"),
        (#"{"$defs":{"a":{"$id":"urn:a"},"b":{"$id":"urn:a"}}}"#, "$id"), (#"{"a":1,"a":2}"#, "json"),
    ])
    func `what is no schema is refused with its place, and nothing is stored`(text: String, rule: String) async throws {
        try await Self.withFixture { fixture, _ in
            guard case .unusable(let violations) = try await fixture.refusal("orders", text) else {
                throw UnexpectedFailure(text: text)
            }
            #expect(violations.first?.rule == rule)
            #expect(violations.first?.message.isEmpty == false)
            #expect(try fixture.book.list(tenant: "default").allSatisfy { $0.state == .bundled })
            #expect(try fixture.store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a refusal names line and column in the schema`() async throws {
        try await Self.withFixture { fixture, _ in
            let text = "{\n  \"properties\": {\n    \"id\": {\"type\": \"strin\"}}}"
            guard case .unusable(let found) = try await fixture.refusal("orders", text) else { return }
            #expect(found.first?.instancePointer == "/properties/id")
            #expect(found.first?.line == 3)
        }
    }

    @Test(arguments: ["", "A", "a b", "a/b", "-a", "a:1", "ä", String(repeating: "a", count: 65)])
    func `an id that is none is refused`(_ id: String) async throws {
        try await Self.withFixture { fixture, _ in
            guard case .unknown = try await fixture.refusal(id, "{}") else { throw UnexpectedFailure(text: id) }
        }
    }

    @Test func `bundled ids belong to nobody, and are listed for everybody`() async throws {
        try await Self.withFixture { fixture, _ in
            for id in ["vivian-epcis-json-2.0", "vivian-mine"] {
                guard case .reserved = try await fixture.refusal(id, "{}") else { throw UnexpectedFailure(text: id) }
            }
            let ids = try fixture.book.list(tenant: "mill").map(\.id)
            #expect(
                ids == [
                    "vivian-api", "vivian-configuration", "vivian-epcis-json-2.0", "vivian-epcis-masterdata-xml-1.2",
                    "vivian-epcis-masterdata-xml-2.0", "vivian-epcis-xml-1.2", "vivian-epcis-xml-2.0",
                ])
            for id in ids {
                let reference = SchemaReference(id: id, version: nil)
                let (bytes, _) = try fixture.book.document(reference, tenant: "mill")
                let view = try fixture.book.version(reference, tenant: "mill")
                #expect(!bytes.isEmpty && view.digest == SHA256.hash(bytes).bytes)
                if id != "vivian-api" { _ = try fixture.book.applied(reference, tenant: "mill") }
            }
            #expect(throws: RecordsFailure.self) {
                try fixture.book.applied(SchemaReference(id: "vivian-api", version: nil), tenant: "mill")
            }
            #expect(throws: RecordsFailure.self) {
                try fixture.book.version(SchemaReference(id: "vivian-api", version: 2), tenant: "mill")
            }
        }
    }

    @Test func `types of our own API can be referred to`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register(
                "record", ##"{"$ref":"urn:vivian:schema:vivian-api:1#/components/schemas/Violation"}"##)
            #expect(
                try fixture.valid("record", #"{"pointer":"","line":1,"column":1,"rule":"a","message":"b"}"#))
            #expect(try !fixture.valid("record", #"{"pointer":""}"#))
        }
    }

    // MARK: Compatibility

    @Test func `a version that does not fit is refused, and says why`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", Self.order)
            let narrower = Self.order.replacing(#"["id"]"#, with: #"["id","date"]"#)
            guard
                case .incompatible(let rule, let version, let findings) = try await fixture.refusal("orders", narrower)
            else { throw UnexpectedFailure(text: "") }
            #expect(rule == .backward && version == 1)
            #expect(findings.first?.rule == "required" && findings.first?.line == 1)
            let check = try fixture.book.check(
                Array(narrower.utf8), id: "orders", mediaType: "application/json", rule: nil, tenant: "default")
            #expect(!check.isCompatible && check.findings == findings)
            #expect(try fixture.book.versions("orders", tenant: "default").count == 1)
        }
    }

    @Test(arguments: [
        (CompatibilityRule.backward, "true", true), (.backward, "false", false), (.forward, "true", false),
        (.forward, "false", true), (.full, "true", false), (.full, "false", false), (.none, "false", true),
    ])
    func `each rule asks for its own direction`(rule: CompatibilityRule, next: String, isTaken: Bool) async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", Self.order, rule: rule)
            let comparison = try fixture.book.check(
                Array(next.utf8), id: "orders", mediaType: "application/json", rule: nil, tenant: "default")
            #expect(comparison.isCompatible == isTaken && comparison.rule == rule)
            if isTaken {
                #expect(try await fixture.register("orders", next).view.version == 2)
            } else {
                guard case .incompatible = try await fixture.refusal("orders", next) else {
                    throw UnexpectedFailure(text: next)
                }
            }
        }
    }

    @Test func `a rule that is given becomes the schema's`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", Self.order)
            try await fixture.register("orders", "false", rule: CompatibilityRule.none)
            try await fixture.register("orders", Self.order)
            let rules = try fixture.book.versions("orders", tenant: "default").compactMap { $0.rule?.rawValue }
            #expect(rules == ["backward", "none", "none"])
        }
    }

    @Test func `nothing can be compared with a schema that is not there`() async throws {
        try await Self.withFixture { fixture, _ in
            for id in ["orders", "vivian-epcis-json-2.0"] {
                #expect(throws: RecordsFailure.self) {
                    try fixture.book.check(
                        [0x7b, 0x7d], id: id, mediaType: "application/json", rule: nil, tenant: "default")
                }
            }
        }
    }

    // MARK: References

    @Test func `a schema refers to registered ones by URN and by id, and never to a later one`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("part", #"{"$id":"https://example.com/part","type":"string"}"#)
            try await fixture.register("byid", #"{"$ref":"https://example.com/part"}"#)
            try await fixture.register("byurn", #"{"$ref":"urn:vivian:schema:part:1"}"#)
            try await fixture.register(
                "part", #"{"$id":"https://example.com/part","type":"integer"}"#, rule: CompatibilityRule.none)
            for id in ["byid", "byurn"] {
                #expect(try fixture.valid(id, #""text""#), "\(id)")
                #expect(try !fixture.valid(id, "1"), "\(id)")
            }
            try await fixture.register("later", #"{"$ref":"https://example.com/part"}"#)
            #expect(try fixture.valid("later", "1"))
        }
    }

    @Test func `references lead through several schemas, and no further than the limit`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("s0", #"{"type":"string"}"#)
            for number in 1...SchemaShelf.referenceDepthMax {
                try await fixture.register("s\(number)", #"{"$ref":"urn:vivian:schema:s\#(number - 1):1"}"#)
            }
            #expect(try fixture.valid("s\(SchemaShelf.referenceDepthMax)", #""a""#))
            #expect(try !fixture.valid("s\(SchemaShelf.referenceDepthMax)", "1"))
            let last = SchemaShelf.referenceDepthMax
            guard
                case .unusable = try await fixture.refusal(
                    "deep",
                    #"{"$ref":"urn:vivian:schema:s\#(last):1","$defs":{"a":{"$ref":"urn:vivian:schema:s0:2"}}}"#)
            else { throw UnexpectedFailure(text: "") }
        }
    }

    @Test func `two versions of one id in one schema are refused`() async throws {
        try await Self.withFixture { fixture, _ in
            let part = #"{"$id":"https://example.com/part","type":"string"}"#
            try await fixture.register("part", part)
            try await fixture.register("part", part.replacing("string", with: "integer"), rule: CompatibilityRule.none)
            let both = #"{"anyOf":[{"$ref":"urn:vivian:schema:part:1"},{"$ref":"urn:vivian:schema:part:2"}]}"#
            guard case .unusable(let found) = try await fixture.refusal("both", both) else {
                throw UnexpectedFailure(text: both)
            }
            #expect(found.first?.rule == "$id")
        }
    }

    // MARK: Tenants

    @Test func `tenants do not see, follow or refer to each other's schemas`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", #"{"$id":"https://example.com/orders"}"#, tenant: "mill")
            let other = try await fixture.register("orders", Self.order, tenant: "farm")
            #expect(other.view.version == 1)
            await fixture.settle()
            let names = try ["mill", "farm"].map {
                try fixture.book.version(SchemaReference(id: "orders", version: nil), tenant: $0).place?.name ?? ""
            }
            #expect(Set(names).count == 2 && names.allSatisfy { $0.hasPrefix("t-") && !$0.contains("mill") })
            for tenant in ["default", "third"] {
                #expect(throws: RecordsFailure.self) { try fixture.book.versions("orders", tenant: tenant) }
                #expect(throws: RecordsFailure.self) {
                    try fixture.book.applied(SchemaReference(id: "orders", version: 1), tenant: tenant)
                }
                for target in ["urn:vivian:schema:orders:1", "https://example.com/orders"] {
                    guard case .unusable = try await fixture.refusal("mine", #"{"$ref":"\#(target)"}"#, tenant: tenant)
                    else { throw UnexpectedFailure(text: target) }
                }
            }
        }
    }

    // MARK: The way to the ledger

    @Test func `versions arrive in their order, and a ledger that was cut back gets them again`() async throws {
        try await Self.withFixture { fixture, _ in
            let before = fixture.ledger.copy
            try await fixture.register("orders", Self.order)
            try await fixture.register("orders", "true")
            await fixture.settle()
            #expect(try fixture.book.versions("orders", tenant: "default").map(\.state) == [.anchored, .anchored])
            fixture.ledger.copy = before
            try await fixture.outbox.reconcile()
            #expect(try fixture.book.versions("orders", tenant: "default").map(\.state) == [.pending, .pending])
            await fixture.settle()
            #expect(try fixture.book.versions("orders", tenant: "default").map(\.state) == [.anchored, .anchored])
        }
    }

    @Test func `a version that the ledger holds otherwise does not keep others waiting`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("orders", Self.order)
            try await fixture.register("invoices", Self.order)
            let other = try fixture.issuer.registration(
                try #require(SchemaName("orders")), version: 1,
                mediaType: try #require(SchemaMediaType("application/xml")), digest: SHA256.hash([1]), now: Self.now)
            _ = try await fixture.ledger.submit(other.bytes)
            await fixture.settle()
            #expect(try fixture.book.versions("orders", tenant: "default").map(\.state) == [.refused])
            #expect(try fixture.book.versions("invoices", tenant: "default").map(\.state) == [.anchored])
            #expect(try fixture.store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a store that is older than the ledger gives no version away twice`() async throws {
        try await Self.withFixture { fixture, folder in
            try await fixture.register("orders", Self.order)
            await fixture.settle()
            let older = try Fixture(
                folder.appending(path: "older"), issuer: fixture.issuer, ledger: fixture.ledger)
            guard case .ledgerAhead(_, let version) = try await older.refusal("orders", "true") else {
                throw UnexpectedFailure(text: "")
            }
            #expect(version == 1)
        }
    }

    // MARK: XML

    @Test func `the official EPCIS files can be registered, and check the official documents`() async throws {
        guard VectorFolder.shouldRun("epcis") else { return }
        try await Self.withFixture { fixture, _ in
            let json = try VectorFolder.bytes("epcis", "EPCIS-JSON-Schema.json")
            try await fixture.register("epcis-official", json)
            #expect(throws: Never.self) {
                _ = try fixture.book.applied(SchemaReference(id: "epcis-official", version: 1), tenant: "default")
            }
            for (folder, main) in [("XSD", "EPCglobal-epcis-2_0.xsd"), ("XSL/1.2/XSD", "EPCglobal-epcis-1_2.xsd")] {
                var files: [String: [UInt8]] = [:]
                for file in VectorFolder.files("epcis", endingWith: ".xsd")
                where file.path.contains("/epcis/\(folder)/") {
                    files[file.lastPathComponent] = try VectorFolder.bytes(of: file)
                }
                let set = XMLSchemaSet.encode(files: files, main: main)
                let id = main.lowercased().replacing(".xsd", with: "")
                try await fixture.register(id, set, type: XMLSchemaSet.mediaType)
                guard
                    case .unusable = try await fixture.refusal(
                        "lone", files[main] ?? [], type: "application/xml")
                else { throw UnexpectedFailure(text: main) }
            }
            let file = try #require(
                VectorFolder.files("epcis", endingWith: ".xml").first {
                    $0.path.contains("/epcis/XML/") && $0.lastPathComponent.contains("ObjectEvent")
                })
            let bytes = try VectorFolder.bytes(of: file)
            let text = String(decoding: bytes, as: UTF8.self).replacing("<!DOCTYPE project>", with: "")
            func answer(_ text: String) throws -> JSON {
                try fixture.book.validate(
                    Array(text.utf8), mediaType: "application/xml",
                    by: SchemaReference(id: "epcglobal-epcis-2_0", version: 1), isBasic: true, tenant: "default")
            }
            #expect(try answer(text) == ["valid": true], "\(file.lastPathComponent)")
            let broken = try answer(
                text.replacing("<action>", with: "<axtion>").replacing("</action>", with: "</axtion>"))
            #expect(broken["valid"] == .boolean(false) && broken["errors"]?.array?.isEmpty == false)
        }
    }

    @Test func `an XML Schema that leads elsewhere is refused`() async throws {
        try await Self.withFixture { fixture, _ in
            let head = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">"#
            for text in [
                head + #"<xs:include schemaLocation="https://example.com/a.xsd"/></xs:schema>"#,
                head + #"<xs:include schemaLocation="file:///etc/passwd"/></xs:schema>"#,
                head + #"<xs:include schemaLocation="other.xsd"/></xs:schema>"#,
                head + #"<xs:element name="a" type="nowhere"/></xs:schema>"#,
                "<!DOCTYPE a SYSTEM 'https://example.com/a.dtd'>" + head + "</xs:schema>", "<a/>", "", head,
            ] {
                guard
                    case .unusable(let found) = try await fixture.refusal(
                        "x", Array(text.utf8), type: "application/xml")
                else { throw UnexpectedFailure(text: text) }
                #expect(!found.isEmpty, "\(text)")
            }
        }
    }

    @Test(arguments: [
        "{}", "[]", #"{"main":"a"}"#, #"{"main":"a","files":{}}"#, #"{"main":"a","files":{"a":1}}"#,
        #"{"main":"a","files":{"a":"!"}}"#, #"{"main":"b","files":{"a":""}}"#, #"{"main":"a","files":{"a":""},"x":1}"#,
    ])
    func `a set of XML documents that is none is refused`(_ text: String) async throws {
        try await Self.withFixture { fixture, _ in
            guard case .unusable = try await fixture.refusal("x", Array(text.utf8), type: XMLSchemaSet.mediaType) else {
                throw UnexpectedFailure(text: text)
            }
        }
    }

    @Test func `two different XML Schemas are not compared, and say so`() async throws {
        try await Self.withFixture { fixture, _ in
            let head = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"/>"#
            try await fixture.register("x", Array((head + "</xs:schema>").utf8), type: "application/xml")
            let next = Array((head + #"<xs:element name="b"/></xs:schema>"#).utf8)
            guard case .incompatible(_, _, let found) = try await fixture.refusal("x", next, type: "text/xml") else {
                throw UnexpectedFailure(text: "")
            }
            #expect(found.map(\.rule) == ["notCompared"])
            #expect(
                try await fixture.register("x", next, type: "text/xml", rule: CompatibilityRule.none).view.version == 2)
        }
    }

    // MARK: Hostile schemas

    @Test func `references that go in circles are taken, and no document is decided by them`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("circle", ##"{"$ref":"#"}"##)
            #expect(try !fixture.valid("circle", "1"))
            let doubling = (0..<40).map { number in
                let next = ##"{"$ref":"#/$defs/d\##(number + 1)"}"##
                return ##""d\##(number)":{"allOf":[\##(next),\##(next)]}"##
            }
            try await fixture.register(
                "doubling",
                ##"{"$ref":"#/$defs/d0","$defs":{\##(doubling.joined(separator: ",")),"d40":{"type":"string"}}}"##)
            #expect(try !fixture.valid("doubling", #""a""#))
        }
    }

    @Test func `what is too large, too deep or too much is refused`() async throws {
        try await Self.withFixture { fixture, _ in
            guard
                case .tooLarge = try await fixture.refusal(
                    "x", [UInt8](repeating: 0x20, count: SchemaSource.byteCountMax + 1))
            else { throw UnexpectedFailure(text: "bytes") }
            let long = #"{"description":""# + String(repeating: "a", count: 600 << 10) + #""}"#
            let deep = String(repeating: #"{"not":"#, count: 70) + "{}" + String(repeating: "}", count: 70)
            let many = "{\"enum\":[" + (0..<60_000).map { String($0) }.joined(separator: ",") + "]}"
            let patterns =
                "{\"allOf\":[" + (0..<60).map { #"{"pattern":"x\#($0)(a{100}){190}"}"# }.joined(separator: ",") + "]}"
            for text in [long, deep, many, patterns] {
                guard case .unusable = try await fixture.refusal("x", text) else {
                    throw UnexpectedFailure(text: String(text.prefix(40)))
                }
            }
        }
    }

    @Test func `patterns that try everything end at a limit, and the document counts as invalid`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register("slow", #"{"items":{"pattern":"^(a|aa)+\\1$"}}"#)
            let text = #""\#(String(repeating: "a", count: 60))b""#
            let document = "[" + Array(repeating: text, count: 2_000).joined(separator: ",") + "]"
            #expect(try !fixture.valid("slow", document))
        }
    }

    @Test func `an XML Schema whose automata would grow without end is refused before it is compiled`() async throws {
        try await Self.withFixture { fixture, _ in
            func schema(_ content: String) -> [UInt8] {
                Array(
                    (#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType>"#
                        + content + "</xs:complexType></xs:element></xs:schema>").utf8)
            }
            let optional = (0..<100).map { #"<xs:element name="e\#($0)" minOccurs="0" maxOccurs="unbounded"/>"# }
                .joined()
            let nested = (0..<16).map {
                #"<xs:choice maxOccurs="9"><xs:element name="e\#($0)" minOccurs="0"/></xs:choice>"#
            }.joined()
            let wide = (0..<600).map { #"<xs:element name="e\#($0)"/>"# }.joined()
            for content in [
                #"<xs:choice maxOccurs="unbounded">\#(optional)</xs:choice>"#,
                #"<xs:sequence maxOccurs="2">\#(nested)</xs:sequence>"#, "<xs:sequence>\(wide)</xs:sequence>",
            ] {
                guard case .unusable(let found) = try await fixture.refusal("x", schema(content), type: "text/xml")
                else {
                    throw UnexpectedFailure(text: content)
                }
                #expect(found.first?.rule == "limits" && found.first?.line == 1)
            }
        }
    }

    @Test func `a reference that leads nowhere is refused, also where no document could meet it`() async throws {
        try await Self.withFixture { fixture, _ in
            guard
                case .unusable(let found) = try await fixture.refusal(
                    "x", ##"{"type":"object","$defs":{"unused":{"items":{"$ref":"#/$defs/none"}}}}"##)
            else { throw UnexpectedFailure(text: "unused") }
            #expect(found.map(\.rule) == ["$ref"] && found.map(\.instancePointer) == ["/$defs/unused/items"])
            try await fixture.register("x", ##"{"$defs":{"unused":{"$ref":"#/$defs/used"},"used":{}}}"##)
        }
    }

    @Test func `an XML document that takes its schema too long is refused as undecided, and soon`() async throws {
        try await Self.withFixture { fixture, _ in
            let keys = (0..<32).map {
                #"<xs:key name="k\#($0)"><xs:selector xpath=".//e"/><xs:field xpath="@k"/></xs:key>"#
            }
            let head = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">"#
            let deep =
                #"<xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="e" minOccurs="0" maxOccurs="unbounded"/>"#
                + #"</xs:sequence><xs:attribute name="k" type="xs:string"/></xs:complexType>\#(keys.joined())</xs:element>"#
            let slow =
                #"<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="v" maxOccurs="unbounded">"#
                + #"<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="((a|aa)*b)|(a|aa)*"/></xs:restriction>"#
                + "</xs:simpleType></xs:element></xs:sequence></xs:complexType></xs:element>"
            try await fixture.register("deep", Array((head + deep + "</xs:schema>").utf8), type: "text/xml")
            try await fixture.register("slow", Array((head + slow + "</xs:schema>").utf8), type: "text/xml")
            var number = 0
            func chain(_ levels: Int) -> String {
                number += 1
                return #"<e k="\#(number)">"# + (levels > 0 ? chain(levels - 1) : "") + "</e>"
            }
            let tree = #"<e k="0">"# + (0..<400).map { _ in chain(40) }.joined() + "</e>"
            let values =
                "<r>" + String(repeating: "<v>\(String(repeating: "a", count: 60))c</v>", count: 1_000) + "</r>"
            let long = "<r><v>\(String(repeating: "a", count: 20_000))</v></r>"
            for (id, document) in [("deep", tree), ("slow", values), ("slow", long)] {
                let schema = try fixture.book.applied(SchemaReference(id: id, version: nil), tenant: "default")
                do throws(RecordsFailure) {
                    try schema.check(xml: Array(document.utf8))
                    Issue.record("\(id) was decided")
                } catch {
                    guard case .invalid(let found) = error else { throw error }
                    #expect(found.map(\.rule) == ["limits"] && found[0].line == 1, "\(id) \(found)")
                }
            }
        }
    }

    // MARK: Applying

    @Test func `a capture must satisfy the registered schema too`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.register(
                "mine", #"{"properties":{"epcisBody":{"properties":{"eventList":{"maxItems":1}}}}}"#)
            let reader = try CaptureReader()
            let applied = try fixture.book.applied(SchemaReference(id: "mine", version: nil), tenant: "default")
            func document(_ count: Int) -> [UInt8] {
                let events = (0..<count).map {
                    #"{"type":"ObjectEvent","action":"OBSERVE","eventTime":"2026-05-01T08:00:00.000Z","#
                        + #""eventTimeZoneOffset":"+00:00","epcList":["urn:epc:id:sgtin:4012345.022222.\#($0)"]}"#
                }
                return Array(
                    (#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"#
                        + #""type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00.000Z","#
                        + #""epcisBody":{"eventList":[\#(events.joined(separator: ","))]}}"#).utf8)
            }
            let taken = try reader.read(document(1), mediaType: "application/ld+json", schema: applied)
            #expect(taken.bundled == "vivian-epcis-json-2.0" && taken.schema == applied.row)
            #expect(try reader.read(document(2), mediaType: "application/ld+json").schema == 0)
            let failure = #expect(throws: RecordsFailure.self) {
                try reader.read(document(2), mediaType: "application/ld+json", schema: applied)
            }
            guard case .invalid(let violations)? = failure else { throw UnexpectedFailure(text: "") }
            #expect(violations.map(\.rule) == ["maxItems"])
            #expect(violations.first?.instancePointer == "/epcisBody/eventList")
            let xml = try fixture.book.applied(
                SchemaReference(id: "vivian-epcis-xml-2.0", version: nil), tenant: "default")
            #expect(throws: RecordsFailure.self) {
                try reader.read(document(1), mediaType: "application/ld+json", schema: xml)
            }
        }
    }

    @Test func `compiled schemas are kept within bounds, the last used ones`() throws {
        let cache = SchemaCache()
        let schema = CompiledSchema.json(try JSONSchema(compiling: try JSONDocument(parsing: Array("{}".utf8))))
        for row in 1...100 as ClosedRange<Int64> {
            cache.keep(schema, row: row, byteCount: 10)
            #expect(cache.schema(1) != nil)
        }
        #expect(cache.count == SchemaCache.countMax)
        #expect(cache.schema(2) == nil && cache.schema(100) != nil)
        cache.keep(schema, row: 200, byteCount: SchemaCache.byteCountMax)
        #expect(cache.count == 1 && cache.schema(200) != nil)
        cache.keep(schema, row: 201, byteCount: SchemaCache.byteCountMax + 1)
        #expect(cache.schema(201) == nil && cache.count == 1)
    }
}
