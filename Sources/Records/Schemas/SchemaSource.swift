import Codec
import Cryptography
import SchemaValidation

/// A schema's bytes as read: a JSON Schema, or the documents of an XML Schema.
///
/// | media type | bytes |
/// |---|---|
/// | `application/schema+json` | a JSON Schema; `application/json` is taken for it |
/// | `application/xml` | an XML Schema in one document; `text/xml` is taken for it |
/// | `application/vnd.vivian.xsd+json` | an XML Schema in several: {"files": {"name.xsd": base64...}, "main": "name.xsd"} |
enum SchemaSource {
    case json(JSONDocument)
    case xml(files: [String: [UInt8]], main: String)

    /// Bytes of one schema.
    ///
    /// The documents of UBL's invoice take half of it.
    static let byteCountMax = 4 << 20
    /// Bytes, values and names of a JSON Schema; the official one of EPCIS takes 55 KB.
    static let jsonLimits = JSONLimits(byteCountMax: 512 << 10, levelsMax: 64, nodesMax: 50_000)
    static let jsonType = "application/schema+json"
    static let xmlType = "application/xml"
    static let xmlSetType = "application/vnd.vivian.xsd+json"

    /// The media type under which a schema is kept; nil for one that no schema has.
    static func mediaType(_ field: String) -> String? {
        switch field.prefix(while: { $0 != ";" }).filter({ $0 != " " }).lowercased() {
        case jsonType, "application/json": jsonType
        case xmlType, "text/xml": xmlType
        case xmlSetType: xmlSetType
        default: nil
        }
    }

    init(_ bytes: [UInt8], mediaType: String) throws(RecordsFailure) {
        guard bytes.count <= Self.byteCountMax else { throw .schema(.tooLarge(byteCountMax: Self.byteCountMax)) }
        switch mediaType {
        case Self.jsonType: self = .json(try Self.document(bytes, limits: Self.jsonLimits))
        case Self.xmlType: self = .xml(files: ["schema.xsd": bytes], main: "schema.xsd")
        default: self = try Self.set(bytes)
        }
    }

    private static func document(_ bytes: [UInt8], limits: JSONLimits) throws(RecordsFailure) -> JSONDocument {
        do { return try JSONDocument(parsing: bytes, limits: limits) } catch {
            throw .schema(
                .unusable([
                    SchemaViolation(
                        instancePointer: "", schemaPointer: "", rule: "json", message: error.text,
                        line: error.position?.line ?? 0, column: error.position?.column ?? 0)
                ]))
        }
    }

    /// Reads the documents of an XML Schema.
    private static func set(_ bytes: [UInt8]) throws(RecordsFailure) -> SchemaSource {
        let root = try document(
            bytes, limits: JSONLimits(byteCountMax: byteCountMax, levelsMax: 3, nodesMax: 1_024)
        ).root
        func refusal(_ node: JSONNode, _ pointer: String, _ message: String) -> RecordsFailure {
            let place = node.position
            return .schema(
                .unusable([
                    SchemaViolation(
                        instancePointer: pointer, schemaPointer: "", rule: "files", message: message, line: place.line,
                        column: place.column)
                ]))
        }
        guard root.count == 2, let main = root["main"]?.string, let list = root["files"], list.kind == .object else {
            throw refusal(
                root, "", "exactly the members files (names to base64) and main (one of the names) are wanted")
        }
        var files: [String: [UInt8]] = [:]
        for field in list.fields {
            guard let content = field.value.string.flatMap(Base64.decode) else {
                throw refusal(field.value, JSONPointer(["files", field.name]).description, "base64 is wanted")
            }
            files[field.name] = content
        }
        guard files[main] != nil else { throw refusal(root, "/main", "it is none of the files") }
        return .xml(files: files, main: main)
    }

    /// The documents of an XML Schema in their one spelling: names sorted, nothing between.
    static func encode(files: [String: [UInt8]], main: String) -> [UInt8] {
        JSON.object([
            .init(
                "files",
                .object(
                    files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
                        .init($0.key, .string(Base64.encode($0.value)))
                    })),
            .init("main", .string(main)),
        ]).serialized()
    }

    /// The absolute `$id` of a JSON Schema, without an empty fragment.
    var uri: String? {
        guard case .json(let document) = self, var uri = document.root["$id"]?.string, uri.contains(":") else {
            return nil
        }
        if uri.hasSuffix("#") { uri.removeLast() }
        return uri.contains("#") ? nil : uri
    }
}

/// Packs the documents of an XML Schema into one, as callers hand them in.
package enum XMLSchemaSet {
    package static let mediaType = SchemaSource.xmlSetType

    /// Files by name; `main` is the one to begin with.
    package static func encode(files: [String: [UInt8]], main: String) -> [UInt8] {
        SchemaSource.encode(files: files, main: main)
    }
}
