import Codec
import Testing

@testable import SchemaValidation

@Suite("Standard output")
struct SchemaOutputTests {
    private func output(
        _ schema: String, _ text: String, _ format: SchemaOutput.Format = .basic, limit: Int = 256
    ) throws -> SchemaOutput {
        try JSONSchema(compiling: JSONDocument(parsing: Array(schema.utf8)))
            .output(JSONDocument(parsing: Array(text.utf8)), format: format, limit: limit)
    }

    private func text(_ output: SchemaOutput) -> String { String(decoding: output.json.serialized(), as: UTF8.self) }

    /// The example of JSON Schema 2020-12 §12.4.2.
    private static let polygon = """
        {"$id": "https://example.com/polygon", "$schema": "https://json-schema.org/draft/2020-12/schema",
         "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
           "additionalProperties": false, "required": ["x", "y"]}},
         "type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 3}
        """

    @Test("says valid or not and no more in the format flag")
    func flag() throws {
        #expect(try text(output(Self.polygon, "[]", .flag)) == #"{"valid":false}"#)
        #expect(try text(output("true", "1", .flag)) == #"{"valid":true}"#)
        #expect(try output(#"{"title": "a"}"#, "1", .flag).units.isEmpty)
    }

    @Test("gives the errors of the specification's example, by the way through $ref and by their own place")
    func polygon() throws {
        let found = try output(Self.polygon, #"[{"x": 2.5, "y": 1.3}, {"x": 1, "z": 6.7}]"#)
        #expect(!found.isValid)
        #expect(
            found.units.map(\.keywordLocation) == [
                "/minItems", "/items/$ref/additionalProperties", "/items/$ref/required",
            ])
        #expect(
            found.units.map(\.absoluteKeywordLocation) == [
                "https://example.com/polygon#/minItems",
                "https://example.com/polygon#/$defs/point/additionalProperties",
                "https://example.com/polygon#/$defs/point/required",
            ])
        #expect(found.units.map(\.instanceLocation) == ["", "/1/z", "/1"])
        #expect(found.units.allSatisfy { $0.error != nil && $0.annotation == nil })
    }

    @Test("gives no annotation with errors, and no error with annotations")
    func exclusive() throws {
        let schema = #"{"title": "t", "properties": {"a": {"title": "u", "type": "string"}}}"#
        let good = try output(schema, #"{"a": "x"}"#)
        #expect(good.isValid && good.units.allSatisfy { $0.error == nil })
        let bad = try output(schema, #"{"a": 1}"#)
        #expect(!bad.isValid && bad.units.allSatisfy { $0.annotation == nil })
    }

    private func annotations(_ schema: String, _ instance: String) throws -> [String] {
        try output(schema, instance).units.map { unit in
            let value = String(decoding: unit.annotation?.serialized() ?? [], as: UTF8.self)
            return "\(unit.keywordLocation) \(unit.instanceLocation) \(value)"
        }.sorted()
    }

    @Test("collects what keywords say of members and elements")
    func applicators() throws {
        let members = #"{"properties": {"a": true}, "patternProperties": {"^b": true}, "additionalProperties": true}"#
        #expect(
            try annotations(members, #"{"a": 1, "b1": 2, "c": 3}"#) == [
                #"/additionalProperties  ["c"]"#, #"/patternProperties  ["b1"]"#, #"/properties  ["a"]"#,
            ])
        #expect(
            try annotations(#"{"prefixItems": [true, true], "items": true, "contains": {"const": 2}}"#, "[1, 2, 3]")
                == [
                    "/contains  [1]", "/items  true", "/prefixItems  1",
                ])
        #expect(
            try annotations(#"{"properties": {"a": true}, "unevaluatedProperties": true}"#, #"{"a": 1, "b": 1}"#) == [
                #"/properties  ["a"]"#, #"/unevaluatedProperties  ["b"]"#,
            ])
    }

    @Test("collects words of schemas that hold, and of those alone")
    func words() throws {
        let schema = """
            {"anyOf": [{"title": "no", "type": "string"}, {"title": "yes", "$ref": "#/$defs/n"}],
             "not": {"title": "never", "type": "null"}, "if": {"title": "if", "const": 2}, "then": {"title": "then"},
             "$defs": {"n": {"description": "d", "type": "integer"}}}
            """
        #expect(
            try annotations(schema, "1") == [#"/anyOf/1/$ref/description  "d""#, #"/anyOf/1/title  "yes""#])
        #expect(
            try annotations(schema, "2") == [
                #"/anyOf/1/$ref/description  "d""#, #"/anyOf/1/title  "yes""#, #"/if/title  "if""#,
                #"/then/title  "then""#,
            ])
    }

    @Test("tells the errors of every branch of an anyOf that fails")
    func branches() throws {
        let found = try output(#"{"anyOf": [{"type": "string"}, {"minimum": 3}]}"#, "1")
        #expect(found.units.map(\.keywordLocation).sorted() == ["/anyOf/0/type", "/anyOf/1/minimum"])
    }

    @Test("tells no more errors than asked for, and that there were more")
    func limit() throws {
        let found = try output(#"{"items": {"type": "string"}}"#, "[1, 2, 3]", limit: 2)
        #expect(found.units.count == 2 && found.isTruncated)
        #expect(try !output(#"{"items": {"type": "string"}}"#, "[1, 2]", limit: 2).isTruncated)
    }

    @Test("follows $dynamicRef by the way that was taken")
    func dynamic() throws {
        let schema = """
            {"$id": "urn:tree", "$dynamicAnchor": "node", "properties": {"child": {"$dynamicRef": "#node"}},
             "required": ["v"]}
            """
        let found = try output(schema, #"{"v": 1, "child": {}}"#)
        #expect(found.units.map(\.keywordLocation) == ["/properties/child/$dynamicRef/required"])
        #expect(found.units.map(\.instanceLocation) == ["/child"])
    }
}
