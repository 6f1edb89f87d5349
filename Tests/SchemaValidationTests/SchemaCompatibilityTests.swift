import Codec
import TestSupport
import Testing

@testable import SchemaValidation

@Suite("Compatibility of schemas")
struct SchemaCompatibilityTests {
    private static func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

    private func findings(
        _ old: String, _ new: String, _ mode: SchemaCompatibility.Mode = .backward
    ) throws -> [SchemaCompatibility.Finding] {
        try SchemaCompatibility.compare(old: Self.document(old), new: Self.document(new), mode: mode)
    }

    private func told(_ old: String, _ new: String) throws -> [String] {
        try findings(old, new).map { "\($0.rule) \($0.pointer)" }
    }

    @Test(
        "changes that widen are compatible backward, and not forward",
        arguments: [
            (#"{"type": "integer"}"#, #"{"type": "number"}"#),
            (#"{"type": "string"}"#, #"{"type": ["string", "null"]}"#),
            (#"{"minimum": 3}"#, #"{"exclusiveMinimum": 2}"#), (#"{"maximum": 3}"#, "{}"),
            (#"{"type": "object", "required": ["a", "b"]}"#, #"{"type": "object", "required": ["a"]}"#),
            (#"{"enum": [1, 2]}"#, #"{"enum": [1, 2, 3]}"#), (#"{"const": "a"}"#, #"{"enum": ["a", "b"]}"#),
            (#"{"const": "a"}"#, #"{"type": "string"}"#), (#"{"multipleOf": 6}"#, #"{"multipleOf": 3}"#),
            (#"{"type": "integer"}"#, #"{"multipleOf": 1}"#),
            (
                #"{"properties": {"a": {"type": "string"}}, "additionalProperties": false}"#,
                #"{"properties": {"a": {"type": "string"}, "b": {"type": "null"}}, "additionalProperties": false}"#
            ),
            (#"{"items": {"type": "integer"}, "maxItems": 3}"#, #"{"items": {"type": "number"}, "maxItems": 4}"#),
            (#"{"prefixItems": [{"const": 1}], "items": false}"#, #"{"items": {"type": "integer"}}"#),
            (#"{"anyOf": [{"type": "string"}]}"#, #"{"anyOf": [{"type": "null"}, {"type": "string"}]}"#),
            (#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, #"{"type": ["null", "string"]}"#),
            (#"{"oneOf": [{"const": 1}, {"const": "x"}]}"#, #"{"enum": [1, "x", 2]}"#),
            (#"{"not": {"type": ["string", "null"]}}"#, #"{"not": {"type": "null"}}"#),
            (#"{"allOf": [{"minLength": 3}, {"type": "string"}]}"#, #"{"type": "string"}"#),
            (##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}"##, #"{"type": "number"}"#),
            (#"{"patternProperties": {"^a": {"const": 1}}}"#, #"{"patternProperties": {"^a": {"type": "integer"}}}"#),
            (#"{"uniqueItems": true}"#, "true"), ("false", "true"),
        ])
    func widening(old: String, new: String) throws {
        #expect(try findings(old, new) == [])
        #expect(try !findings(new, old).isEmpty)
        #expect(try !findings(old, new, .forward).isEmpty)
        #expect(try findings(new, old, .forward) == [])
        #expect(try !findings(old, new, .full).isEmpty)
    }

    @Test(
        "each refusal has its rule and its place",
        arguments: [
            (#"{}"#, #"{"type": "string"}"#, ["type /type"]),
            (#"{"type": "object"}"#, #"{"type": "object", "required": ["a/b"]}"#, ["required /required/0"]),
            (#"{"type": "string"}"#, #"{"type": "string", "pattern": "^a"}"#, ["pattern /pattern"]),
            (#"{"type": "string", "pattern": "^ab"}"#, #"{"type": "string", "pattern": "^a"}"#, ["pattern /pattern"]),
            (#"{"type": "string"}"#, #"{"type": "string", "format": "uri"}"#, ["format /format"]),
            (#"{"type": "array"}"#, #"{"type": "array", "minItems": 1}"#, ["minItems /minItems"]),
            (
                #"{"properties": {"a": {"type": "string"}}}"#, #"{"properties": {"a": {"type": "integer"}}}"#,
                ["type /properties/a/type"]
            ),
            (
                #"{"type": "object"}"#, #"{"type": "object", "additionalProperties": false}"#,
                ["false /additionalProperties"]
            ),
            // An optional member of an open object may have been there with any value.
            (#"{"type": "object"}"#, #"{"properties": {"a": {"type": "null"}}}"#, ["type /properties/a/type"]),
            (
                #"{"properties": {"a": true}, "additionalProperties": false}"#, #"{"additionalProperties": false}"#,
                ["false /additionalProperties"]
            ),
            (#"{"enum": [1, 2]}"#, #"{"enum": [1]}"#, ["enum /enum"]),
            (#"{"items": true}"#, #"{"items": {"minimum": 0}}"#, ["minimum /items/minimum"]),
            (#"{"oneOf": [{"const": 1}]}"#, #"{"oneOf": [{"const": 1}, {"const": 2}]}"#, ["oneOf /oneOf"]),
            (#"{"contains": {"const": 1}, "minContains": 0}"#, #"{"contains": {"const": 1}}"#, ["contains /contains"]),
            (#"{"if": {"const": 1}}"#, #"{"if": {"const": 1}, "then": false}"#, ["if /if"]),
            (
                #"{"properties": {"a": true}}"#, #"{"unevaluatedProperties": false}"#,
                ["unevaluatedProperties /unevaluatedProperties"]
            ),
            ("true", "false", ["false "]),
        ] as [(String, String, [String])])
    func refusals(old: String, new: String, expected: [String]) throws {
        #expect(try told(old, new) == expected)
    }

    @Test(
        "a schema of every kind of keyword is compatible with itself but for a comment",
        arguments: ["json-schema/epcis-2.0.json", "json-schema/meta/draft-07.json"])
    func same(path: String) throws {
        let bytes = try #require(BuiltInSchemas.bytes(path), "\(BuiltInSchemas.paths)")
        let old = try JSONDocument(parsing: bytes)
        guard case .object(let members) = JSON(old.root) else { return }
        let new = try JSONDocument(parsing: JSON.object(members + [.init("$comment", "new")]).serialized())
        #expect(try SchemaCompatibility.compare(old: old, new: new, mode: .full) == [])
    }

    @Test("what depends on a dynamic scope is compatible only as an equal document")
    func dynamic() throws {
        let schema = ##"{"$dynamicAnchor": "n", "properties": {"c": {"$dynamicRef": "#n"}}}"##
        #expect(try findings(schema, schema, .full) == [])
        let titled = ##"{"title": "t", "## + schema.dropFirst()
        #expect(try findings(schema, titled).map(\.rule) == ["$dynamicRef"])
    }

    @Test("words for the reader do not count")
    func silent() throws {
        let (old, new) = (
            #"{"title": "a", "oneOf": [{"const": 1, "description": "x"}]}"#, #"{"oneOf": [{"const": 1}]}"#
        )
        #expect(try findings(old, new, .full) == [])
    }

    @Test("recursive schemas are compared to the end, and hostile ones given up")
    func recursion() throws {
        func tree(_ value: String) -> String {
            ##"{"type": "object", "properties": {"v": \##(value), "c": {"items": {"$ref": "#"}}}}"##
        }
        #expect(try findings(tree(#"{"type": "integer"}"#), tree(#"{"type": "number"}"#)) == [])
        #expect(try told(tree(#"{"type": "number"}"#), tree(#"{"type": "integer"}"#)) == ["type /properties/v/type"])
        let branches = (0..<12).map {
            #"{"anyOf": [{"minimum": \#($0)}, {"maxLength": \#($0)}, {"maxItems": \#($0)}]}"#
        }
        let hostile = #"{"allOf": [\#(branches.joined(separator: ","))]}"#
        #expect(try findings(hostile, #"{"type": "null"}"#).contains { $0.rule == "limits" || $0.rule == "type" })
    }

    @Test("refuses to compare what is no schema")
    func malformed() {
        #expect(throws: SchemaFailure.self) { try findings(#"{"type": 3}"#, "true") }
        #expect(throws: SchemaFailure.self) { try findings("true", ##"{"$ref": "urn:elsewhere"}"##) }
    }

    @Test("of XML Schemas only equality is told")
    func xml() {
        let (old, new): ([String: [UInt8]], [String: [UInt8]]) = (["a.xsd": [1]], ["a.xsd": [2]])
        #expect(SchemaCompatibility.compareXML(old: old, new: old) == .equal)
        #expect(SchemaCompatibility.compareXML(old: old, new: new) == .notCompared)
    }

    /// No finding means that nothing the old schema accepts is refused: tried on random schemas and documents.
    @Test("never calls compatible what a document shows to be incompatible")
    func sound() throws {
        var random = SeededGenerator(seed: 5)
        let documents = try (0..<400).map { _ in
            try JSONDocument(parsing: RandomSchemas.value(depth: 2, &random).serialized())
        }
        var (compatible, shown) = (0, 0)
        for _ in 0..<3000 {
            let old = RandomSchemas.schema(depth: 3, &random)
            var new = RandomSchemas.schema(depth: 3, &random)
            // Most pairs are versions of one schema.
            if Int.random(in: 0..<4, using: &random) > 0 { new = RandomSchemas.changed(old, &random) }
            let (before, after) = try (
                JSONDocument(parsing: old.serialized()), JSONDocument(parsing: new.serialized())
            )
            let findings = try SchemaCompatibility.compare(old: before, new: after, mode: .backward)
            let (written, reading) = try (JSONSchema(compiling: before), JSONSchema(compiling: after))
            let counterexample = documents.first { written.accepts($0) && !reading.accepts($0) }
            if findings.isEmpty { compatible += 1 }
            if counterexample != nil { shown += 1 }
            #expect(
                !findings.isEmpty || counterexample == nil,
                """
                \(String(decoding: before.source, as: UTF8.self)) to \(String(decoding: after.source, as: UTF8.self)): \
                \(String(decoding: counterexample?.source ?? [], as: UTF8.self))
                """)
        }
        #expect(compatible >= 200 && shown >= 500, "\(compatible) compatible, \(shown) shown not to be")
    }
}

/// Small schemas and documents that often meet.
enum RandomSchemas {
    private static let names = ["a", "b", "ab"]
    private static let scalars: [JSON] = [.null, true, 0, 1, 2, .number("1.5"), "", "a", "ab", "b"]

    static func value(depth: Int, _ random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &random) {
        case 3:
            return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1, &random) })
        case 4, 5:
            let chosen = names.filter { _ in Bool.random(using: &random) }
            return .object(chosen.map { .init($0, value(depth: depth - 1, &random)) })
        default: return scalars.randomElement(using: &random) ?? .null
        }
    }

    static func schema(depth: Int, _ random: inout SeededGenerator) -> JSON {
        if depth == 0 { return .boolean(Int.random(in: 0..<5, using: &random) > 0) }
        return .object(
            Dictionary(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in keyword(depth: depth - 1, &random) },
                uniquingKeysWith: { first, _ in first }
            ).sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }

    /// A schema with one keyword taken away, added or made anew, somewhere in it.
    static func changed(_ schema: JSON, _ random: inout SeededGenerator) -> JSON {
        guard case .object(var members) = schema else { return Self.schema(depth: 1, &random) }
        let (name, value) = keyword(depth: 1, &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where !members.isEmpty: members.remove(at: Int.random(in: 0..<members.count, using: &random))
        case 1:
            members.removeAll { $0.name == name }
            members.append(.init(name, value))
        default:
            guard let index = members.indices.randomElement(using: &random) else { break }
            switch (members[index].name, members[index].value) {
            case ("items", let inner), ("additionalProperties", let inner), ("not", let inner), ("contains", let inner):
                members[index].value = changed(inner, &random)
            case ("properties", .object(var inner)) where !inner.isEmpty:
                inner[0].value = changed(inner[0].value, &random)
                members[index].value = .object(inner)
            case ("anyOf", .array(var inner)), ("oneOf", .array(var inner)), ("allOf", .array(var inner)):
                inner[0] = changed(inner[0], &random)
                if Bool.random(using: &random) { inner.append(Self.schema(depth: 1, &random)) }
                members[index].value = .array(inner)
            default: members.remove(at: index)
            }
        }
        return .object(members)
    }

    private static func keyword(depth: Int, _ random: inout SeededGenerator) -> (String, JSON) {
        func few(_ random: inout SeededGenerator) -> JSON { .integer(Int.random(in: 0...2, using: &random)) }
        func list(_ random: inout SeededGenerator) -> JSON {
            .array((0..<Int.random(in: 1...2, using: &random)).map { _ in schema(depth: depth, &random) })
        }
        switch Int.random(in: 0..<26, using: &random) {
        case 0, 1:
            let types = ["null", "boolean", "integer", "number", "string", "array", "object"]
            return (
                "type",
                .array(
                    [types.randomElement(using: &random)!, types.randomElement(using: &random)!].map { .string($0) })
            )
        case 2: return ("enum", .array((0..<3).map { _ in value(depth: 1, &random) }))
        case 3: return ("const", value(depth: 1, &random))
        case 4: return ("minimum", few(&random))
        case 5: return ("maximum", few(&random))
        case 6: return ("exclusiveMinimum", few(&random))
        case 7: return ("multipleOf", .integer(Int.random(in: 1...2, using: &random)))
        case 8: return ("minLength", few(&random))
        case 9: return ("maxLength", few(&random))
        case 10: return ("pattern", .string(["a", "^a", "b$"].randomElement(using: &random)!))
        case 11: return ("minItems", few(&random))
        case 12: return ("maxItems", few(&random))
        case 13: return ("uniqueItems", true)
        case 14: return ("required", .array(names.filter { _ in Bool.random(using: &random) }.map { .string($0) }))
        case 15, 16, 17:
            return ("properties", .object(names.prefix(2).map { .init($0, schema(depth: depth, &random)) }))
        case 18: return ("patternProperties", .object([.init("^a", schema(depth: depth, &random))]))
        case 19: return ("additionalProperties", schema(depth: depth, &random))
        case 20: return ("items", schema(depth: depth, &random))
        case 21: return ("prefixItems", list(&random))
        case 22: return (["anyOf", "oneOf", "allOf"].randomElement(using: &random)!, list(&random))
        case 23: return ("not", schema(depth: depth, &random))
        case 24: return ("contains", schema(depth: depth, &random))
        default: return ("minProperties", few(&random))
        }
    }
}
