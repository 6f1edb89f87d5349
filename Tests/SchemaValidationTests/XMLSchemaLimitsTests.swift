import Codec
import Foundation
import TestSupport
import Testing

@testable import SchemaValidation

/// What an XML Schema of a stranger may hold.
struct XMLSchemaLimitsTests {
    private static func schema(_ content: String) -> [String: [UInt8]] {
        ["a.xsd": Array(#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\#(content)</xs:schema>"#.utf8)]
    }

    private static func elements(_ count: Int, _ attributes: String = "") -> String {
        (0..<count).map { #"<xs:element name="e\#($0)" \#(attributes)/>"# }.joined()
    }

    private static func isRefused(_ content: String) -> Bool {
        do {
            try XMLSchemaLimits.registered.check(schema(content))
            return false
        } catch { return true }
    }

    private static func type(_ content: String) -> String { #"<xs:complexType name="t">\#(content)</xs:complexType>"# }

    @Test func `what is within the limits passes`() {
        for content in [
            "", "<xs:element name='a'/>",
            Self.type("<xs:sequence>\(Self.elements(400, #"minOccurs="0""#))</xs:sequence>"),
            Self.type(#"<xs:choice maxOccurs="unbounded">\#(Self.elements(400))</xs:choice>"#),
            Self.type(#"<xs:choice maxOccurs="unbounded">\#(Self.elements(60, #"maxOccurs="9""#))</xs:choice>"#),
            Self.type(#"<xs:sequence minOccurs="0">\#(Self.elements(60, #"maxOccurs="9""#))</xs:sequence>"#),
        ] { #expect(!Self.isRefused(content), "\(content.prefix(90))") }
    }

    @Test func `too many particles, also through groups and base types, are refused`() {
        let half = "<xs:sequence>\(Self.elements(300))</xs:sequence>"
        let group = #"<xs:group name="g">\#(half)</xs:group>"#
        let base = #"<xs:complexType name="b">\#(half)</xs:complexType>"#
        let bomb =
            (0..<20).map { number in
                let next = #"<xs:group ref="g\#(number + 1)"/>"#
                return #"<xs:group name="g\#(number)"><xs:sequence>\#(next)\#(next)</xs:sequence></xs:group>"#
            }.joined() + #"<xs:group name="g20"><xs:sequence><xs:element name="e"/></xs:sequence></xs:group>"#
        for content in [
            Self.type("<xs:sequence>\(Self.elements(600))</xs:sequence>"),
            group + Self.type(#"<xs:sequence><xs:group ref="g"/><xs:group ref="x:g"/></xs:sequence>"#),
            base
                + Self.type(
                    #"<xs:complexContent><xs:extension base="x:b">\#(half)</xs:extension></xs:complexContent>"#), bomb,
        ] { #expect(Self.isRefused(content), "\(content.prefix(90))") }
    }

    @Test func `repeated groups with much that repeats or may be absent are refused`() {
        let loop = #"<xs:choice maxOccurs="2"><xs:element name="a" minOccurs="0"/></xs:choice>"#
        let group =
            #"<xs:group name="g"><xs:sequence>\#(Self.elements(65, #"minOccurs="0""#))</xs:sequence></xs:group>"#
        for content in [
            Self.type(#"<xs:sequence maxOccurs="unbounded">\#(Self.elements(65, #"minOccurs="0""#))</xs:sequence>"#),
            Self.type(#"<xs:sequence maxOccurs="2">\#(String(repeating: loop, count: 5))</xs:sequence>"#),
            group + Self.type(#"<xs:sequence><xs:group ref="g" maxOccurs="unbounded"/></xs:sequence>"#),
            Self.type(#"<xs:all maxOccurs="2">\#(Self.elements(65, #"maxOccurs="2""#))</xs:all>"#),
        ] { #expect(Self.isRefused(content), "\(content.prefix(90))") }
    }

    @Test func `long patterns, many documents and many elements are refused`() {
        let long = String(repeating: "a", count: 257)
        let pattern = #"<xs:restriction base="xs:string"><xs:pattern value="\#(long)"/></xs:restriction>"#
        #expect(Self.isRefused(#"<xs:simpleType name="t">\#(pattern)</xs:simpleType>"#))
        #expect(Self.isRefused(Self.elements(50_001)))
        var documents: [String: [UInt8]] = [:]
        for number in 0...256 { documents["\(number).xsd"] = Array("<a/>".utf8) }
        #expect(throws: SchemaFailure.self) { try XMLSchemaLimits.registered.check(documents) }
    }

    @Test func `groups that hold themselves end`() {
        let circle = #"<xs:group name="g"><xs:sequence><xs:group ref="g"/></xs:sequence></xs:group>"#
        #expect(!Self.isRefused(circle))
    }

    @Test func `published schemas stay below the limits`() throws {
        for (set, folder) in [("epcis", "/XSD/"), ("epcis", "/XSL/1.2/XSD/"), ("ubl", "/")]
        where VectorFolder.shouldRun(set) {
            var documents: [String: [UInt8]] = [:]
            for file in VectorFolder.files(set, endingWith: ".xsd") where file.path.contains("/\(set)\(folder)") {
                documents[file.lastPathComponent] = try VectorFolder.bytes(of: file)
            }
            #expect(!documents.isEmpty)
            #expect(throws: Never.self) { try XMLSchemaLimits.registered.check(documents) }
        }
    }
}

/// References that lead nowhere yet, and patterns that together are too many.
struct SchemaReferenceTests {
    private static func registry(_ text: String) throws -> SchemaRegistry {
        var registry = SchemaRegistry()
        try registry.register(try JSONDocument(parsing: Array(text.utf8)), at: "urn:vivian:schema:a:1")
        return registry
    }

    @Test func `what is missing is named once, as it resolves, and only where a schema stands`() throws {
        let text = ##"""
            {"$id":"https://example.com/a/b","$ref":"c","allOf":[{"$ref":"c#/x"},{"$dynamicRef":"urn:d#y"},{"$ref":"#/$defs/e"}],
            "$defs":{"e":{"$id":"https://example.com/e","$ref":"https://example.com/a/b"}},
            "enum":[{"$ref":"not-a-schema"}],"const":{"$ref":"nor-this"}}
            """##
        #expect(try Self.registry(text).missingReferences == ["https://example.com/a/c", "urn:d"])
        #expect(try Self.registry("true").missingReferences == [])
        #expect(try Self.registry(#"{"$ref":1}"#).missingReferences == [])
    }

    @Test func `patterns are bounded together`() throws {
        let few = (0..<40).map { #"{"pattern":"x\#($0)(a{100}){190}"}"# }.joined(separator: ",")
        let many = (0..<60).map { #"{"pattern":"x\#($0)(a{100}){190}"}"# }.joined(separator: ",")
        _ = try JSONSchema(compiling: JSONDocument(parsing: Array(#"{"allOf":[\#(few)]}"#.utf8)))
        #expect(throws: SchemaFailure.self) {
            try JSONSchema(compiling: JSONDocument(parsing: Array(#"{"allOf":[\#(many)]}"#.utf8)))
        }
    }

    @Test func `a document whose patterns take too many steps together counts as invalid`() throws {
        let pattern = #"{"items":{"pattern":"^(a|aa)+\\1$"}}"#
        let schema = try JSONSchema(compiling: JSONDocument(parsing: Array(pattern.utf8)))
        let text = #""\#(String(repeating: "a", count: 21))b""#
        let one = try JSONDocument(parsing: Array("[\(text)]".utf8))
        #expect(schema.validate(one).map(\.rule) == ["pattern"])
        let many = "[" + Array(repeating: text, count: 20_000).joined(separator: ",") + "]"
        #expect(!schema.accepts(try JSONDocument(parsing: Array(many.utf8))))
    }
}
