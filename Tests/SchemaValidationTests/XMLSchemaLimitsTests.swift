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

    /// A simple type with so many patterns on a base.
    private static func patterned(_ name: String, _ count: Int, base: String = "xs:string") -> String {
        let patterns = String(repeating: #"<xs:pattern value="a*"/>"#, count: count)
        let named = name.isEmpty ? "" : #" name="\#(name)""#
        return #"<xs:simpleType\#(named)><xs:restriction base="\#(base)">\#(patterns)</xs:restriction></xs:simpleType>"#
    }

    @Test func `many patterns on one value are refused, through base types and unions too, and all on lists`() {
        let chain = (1...5).map { Self.patterned("t\($0)", 1, base: $0 == 1 ? "xs:string" : "x:t\($0 - 1)") }.joined()
        let three = Self.patterned("three", 3)
        let list = #"<xs:simpleType name="l"><xs:list itemType="three"/></xs:simpleType>"#
        for content in [
            Self.patterned("t", 5), chain, three + Self.patterned("t", 2, base: "three"),
            three + #"<xs:simpleType name="u"><xs:union memberTypes="three x:three"/></xs:simpleType>"#,
            three
                + #"<xs:simpleType name="u"><xs:union memberTypes="three">\#(Self.patterned("", 2))</xs:union></xs:simpleType>"#,
            three + list, #"<xs:simpleType name="l"><xs:list>\#(Self.patterned("", 1))</xs:list></xs:simpleType>"#,
            three + #"<xs:simpleType name="u"><xs:union memberTypes="x:three"/></xs:simpleType>"#
                + #"<xs:simpleType name="l"><xs:list itemType="u"/></xs:simpleType>"#,
        ] { #expect(Self.isRefused(content), "\(content.suffix(120))") }
        for content in [
            Self.patterned("t", 4), three + Self.patterned("t", 1, base: "x:three"),
            three + #"<xs:simpleType name="l"><xs:list itemType="xs:token"/></xs:simpleType>"#,
            Self.patterned("a", 1, base: "b") + Self.patterned("b", 1, base: "a"),
        ] { #expect(!Self.isRefused(content), "\(content.suffix(120))") }
    }

    @Test func `many patterns on attributes, and many identity constraints, are refused`() {
        func attributes(_ count: Int) -> String {
            Self.patterned("p", 2)
                + Self.type((0..<count).map { #"<xs:attribute name="a\#($0)" type="x:p"/>"# }.joined())
        }
        func keys(_ count: Int) -> String {
            let keys = (0..<count).map {
                #"<xs:key name="k\#($0)"><xs:selector xpath=".//e"/><xs:field xpath="@k"/></xs:key>"#
            }
            return #"<xs:element name="e">\#(keys.joined())</xs:element>"#
        }
        #expect(!Self.isRefused(attributes(8)) && Self.isRefused(attributes(9)))
        #expect(!Self.isRefused(keys(32)) && Self.isRefused(keys(33)))
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

    @Test func `a reference that leads nowhere is found wherever a schema stands, with its place, and nowhere else`()
        throws
    {
        func dead(_ text: String) throws -> String? {
            let registry = try Self.registry(text)
            do throws(SchemaFailure) { try registry.checkReferences(of: "urn:vivian:schema:a:1") } catch {
                guard case .unresolvedReference(let reference, let place) = error else { throw error }
                return "\(reference) \(place)"
            }
            return nil
        }
        let head = "urn:vivian:schema:a:1#"
        for (text, found) in [
            (##"{"$defs":{"unused":{"$ref":"#/$defs/none"}}}"##, "#/$defs/none \(head)/$defs/unused"),
            (
                ##"{"$defs":{"unused":{"items":{"$ref":"https://a.example/b"}}}}"##,
                "https://a.example/b \(head)/$defs/unused/items"
            ),
            (##"{"$defs":{"a":{"not":{"$dynamicRef":"#nobody"}}}}"##, "#nobody \(head)/$defs/a/not"),
            (
                ##"{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"$ref":"#/definitions/b"}}}"##,
                "#/definitions/b \(head)/definitions/a"
            ),
            (
                ##"{"$defs":{"a":{"$ref":"urn:vivian:schema:a:1#/$defs/b"}}}"##,
                "urn:vivian:schema:a:1#/$defs/b \(head)/$defs/a"
            ),
        ] { #expect(try dead(text) == found) }
        for text in [
            ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$anchor":"c"},"d":{"$ref":"#c"},"e":{"$ref":"#"}}}"##,
            ##"{"$defs":{"a":{"$dynamicAnchor":"n"},"b":{"$dynamicRef":"#n"}}}"##,
            ##"{"const":{"$ref":"#/none"},"enum":[{"$ref":"#/none"}],"default":{"$ref":"#/none"}}"##,
            ##"{"properties":{"$ref":{"type":"string"}}}"##, "true",
            ##"{"$ref":"#/properties/a","properties":{"a":{}}}"##,
        ] { #expect(try dead(text) == nil, "\(text)") }
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
