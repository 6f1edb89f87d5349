import Codec
import Testing

@testable import SchemaValidation

@Suite("JSON Schema")
struct JSONSchemaTests {
    private func schema(_ text: String) throws -> JSONSchema {
        try JSONSchema(compiling: JSONDocument(parsing: Array(text.utf8)), registry: .standard)
    }

    private func violations(_ schema: String, _ text: String, limit: Int = 32) throws -> [SchemaViolation] {
        try self.schema(schema).validate(JSONDocument(parsing: Array(text.utf8)), limit: limit)
    }

    @Test("tells pointer, rule, line and column")
    func tells() throws {
        let found = try violations(
            #"{"properties": {"a/b": {"items": {"type": "integer", "minimum": 3}}}, "required": ["c", "d"]}"#,
            "{\n  \"a/b\": [5,\n    1, \"é\", \"x\"], \"c\": 1\n}")
        #expect(found.map(\.instancePointer) == ["", "/a~1b/1", "/a~1b/2", "/a~1b/3"])
        #expect(found.map(\.rule) == ["required", "minimum", "type", "type"])
        #expect(found.map(\.line) == [1, 3, 3, 3])
        #expect(found.map(\.column) == [1, 5, 8, 13])
        #expect(found[0].message.contains("\"d\""))
        #expect(found[1].schemaPointer == "urn:vivian:schema#/properties/a~1b/items/minimum")
    }

    @Test("tells no more than asked for")
    func limit() throws {
        let many = "[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]"
        #expect(try violations(#"{"items": {"type": "string"}}"#, many, limit: 7).count == 7)
    }

    @Test("tells what is wrong with the branch that was meant")
    func branch() throws {
        let found = try violations(
            #"{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "null"}}}]}"#, #"{"a": 1}"#
        )
        #expect(found.map(\.instancePointer) == ["/a"])
    }

    @Test(
        "says what is wanted, in the schema's words",
        arguments: [
            (#"{"enum": ["a", 1, null]}"#, #"must be one of "a", 1, null"#),
            (#"{"const": true}"#, "must be true"),
            (#"{"type": "number", "minimum": 10.50}"#, "must be of type number"),
            (#"{"pattern": "^\\d$"}"#, #"must match the pattern "^\d$""#),
            (#"{"enum": [["a"], "b"]}"#, "must be one of the listed values"),
            (#"{"const": {"a": 1}}"#, "must be the given value"),
            (#"{"enum": ["\#(String(repeating: "a", count: 200))", "b"]}"#, "must be one of the listed values"),
        ])
    func wanted(_ schema: String, _ message: String) throws {
        #expect(try violations(schema, #""x""#).map(\.message) == [message])
    }

    @Test(
        "says which bound is meant",
        arguments: [
            (#"{"minimum": 10.50}"#, "must not be below 10.50"), (#"{"maximum": 1}"#, "must not be above 1"),
            (#"{"exclusiveMinimum": 9}"#, "must be above 9"), (#"{"exclusiveMaximum": 9}"#, "must be below 9"),
            (#"{"multipleOf": 2}"#, "must be a multiple of 2"),
        ])
    func bound(_ schema: String, _ message: String) throws {
        #expect(try violations(schema, "9").map(\.message) == [message])
    }

    @Test("never quotes the document's values")
    func secrets() throws {
        let found = try violations(
            #"{"properties": {"a": {"enum": [1]}, "b": {"format": "uri"}, "c": {"pattern": "^x"}}}"#,
            #"{"a": "secret", "b": "secret", "c": "secret"}"#)
        #expect(found.count == 3)
        #expect(!found.contains { $0.message.contains("secret") })
    }

    @Test(
        "refuses schemas that are none",
        arguments: [
            "1", #"{"type": "text"}"#, #"{"minLength": -1}"#, #"{"minLength": "1"}"#, #"{"required": "a"}"#,
            #"{"pattern": "("}"#, #"{"$ref": "http://example.com/x"}"#, ##"{"$ref": "#/$defs/none"}"##,
            #"{"$schema": "http://example.com/dialect"}"#, #"{"anyOf": []}"#, #"{"multipleOf": 0}"#,
            #"{"properties": []}"#, #"{"items": 3}"#, #"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#,
            #"{"$defs": {"a": {"$id": "urn:a"}, "b": {"$id": "urn:a"}}}"#,
        ])
    func refuses(text: String) {
        #expect(throws: SchemaFailure.self) { try schema(text) }
    }

    @Test("ends on schemas that go in circles or multiply")
    func hostile() throws {
        #expect(try violations(##"{"$ref": "#"}"##, "1").count == 1)
        var defs = (0..<40).map {
            ##""d\##($0)": {"allOf": [{"$ref": "#/$defs/d\##($0 + 1)"}, {"$ref": "#/$defs/d\##($0 + 1)"}]}"##
        }
        defs.append(#""d40": {"type": "integer"}"#)
        let bomb = ##"{"$ref": "#/$defs/d0", "$defs": {"## + defs.joined(separator: ",") + "}}"
        #expect(try !schema(bomb).accepts(JSONDocument(parsing: [0x31])))
    }

    @Test("keeps numbers exact")
    func numbers() throws {
        #expect(try violations(#"{"maximum": 9007199254740993}"#, "9007199254740993.0").isEmpty)
        #expect(try violations(#"{"maximum": 9007199254740992}"#, "9007199254740993").count == 1)
        #expect(try violations(#"{"multipleOf": 0.01}"#, "19.99").isEmpty)
        #expect(try violations(#"{"const": 100}"#, "1e2").isEmpty)
        #expect(try violations(#"{"uniqueItems": true}"#, "[1, 1.0]").count == 1)
        #expect(try violations(#"{"type": "integer"}"#, "1e999999999999").isEmpty)
    }

    @Test("the built-in meta-schemas accept every built-in schema")
    func metaSchemas() throws {
        let meta = try schema(#"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"#)
        for path in BuiltInSchemas.paths where path.hasPrefix("json-schema/") && !path.contains("draft-07") {
            let document = try JSONDocument(parsing: try #require(BuiltInSchemas.bytes(path)))
            #expect(meta.validate(document) == [], "\(path)")
        }
    }
}
