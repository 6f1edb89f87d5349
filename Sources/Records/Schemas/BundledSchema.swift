import Codec
import SchemaValidation

/// A schema that is built into the program; every tenant sees it, none can register over it.
struct BundledSchema: Sendable {
    static let epcisJSON = "vivian-epcis-json-2.0"
    static let epcisXML20 = "vivian-epcis-xml-2.0"
    static let epcisXML12 = "vivian-epcis-xml-1.2"
    /// What the ids of bundled schemas begin with, and no other.
    static let prefix = "vivian-"

    let id: String
    let mediaType: String
    let document: [UInt8]
    /// Compiles it; nil where it describes an interface rather than documents.
    let compile: (@Sendable () throws(SchemaFailure) -> CompiledSchema)?

    static let all: [BundledSchema] = [
        json("vivian-api", "openapi/gateway.json", type: "application/vnd.oai.openapi+json", compile: nil),
        json("vivian-configuration", "json-schema/configuration.json", type: SchemaSource.jsonType) {
            () throws(SchemaFailure) in
            let document = try parsed("json-schema/configuration.json")
            return .json(try JSONSchema(compiling: document))
        },
        json(epcisJSON, "json-schema/epcis-2.0.json", type: SchemaSource.jsonType) { () throws(SchemaFailure) in
            .json(try EPCISSchemas.json20())
        },
        xml("vivian-epcis-masterdata-xml-1.2", "epcis-1.2-masterdata.xsd") { () throws(SchemaFailure) in
            .xml(try EPCISSchemas.masterData12())
        },
        xml("vivian-epcis-masterdata-xml-2.0", "epcis-2.0-masterdata.xsd") { () throws(SchemaFailure) in
            .xml(try EPCISSchemas.masterData20())
        },
        xml(epcisXML12, "epcis-1.2.xsd") { () throws(SchemaFailure) in .xml(try EPCISSchemas.xml12()) },
        xml(epcisXML20, "epcis-2.0.xsd") { () throws(SchemaFailure) in .xml(try EPCISSchemas.xml20()) },
    ]

    static func named(_ id: String) -> BundledSchema? { all.first { $0.id == id } }

    private static func json(
        _ id: String, _ path: String, type: String, compile: (@Sendable () throws(SchemaFailure) -> CompiledSchema)?
    ) -> BundledSchema {
        BundledSchema(id: id, mediaType: type, document: BuiltInSchemas.bytes(path) ?? [], compile: compile)
    }

    private static func xml(
        _ id: String, _ main: String, compile: @escaping @Sendable () throws(SchemaFailure) -> CompiledSchema
    ) -> BundledSchema {
        BundledSchema(
            id: id, mediaType: SchemaSource.xmlSetType,
            document: SchemaSource.encode(files: files(from: main), main: main),
            compile: compile)
    }

    private static func parsed(_ path: String) throws(SchemaFailure) -> JSONDocument {
        guard let bytes = BuiltInSchemas.bytes(path), let document = try? JSONDocument(parsing: bytes) else {
            throw .unresolvedReference(path, at: path)
        }
        return document
    }

    /// The built-in documents of an XML Schema: the first and all that they include or import.
    private static func files(from main: String) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var waiting = [main]
        while let name = waiting.popLast() {
            guard files[name] == nil, let bytes = BuiltInSchemas.bytes("xsd/\(name)"),
                let tree = try? XMLTree(parsing: bytes)
            else { continue }
            files[name] = bytes
            waiting += tree.root.elements.compactMap { $0.attribute("schemaLocation") }
        }
        return files
    }
}
