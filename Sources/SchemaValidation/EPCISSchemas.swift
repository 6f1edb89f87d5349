internal import Codec

/// Our own schemas of EPCIS documents (`schemas/`), compiled on first use.
package enum EPCISSchemas {
    /// EPCIS 2.0 in JSON and JSON-LD: documents, query documents and single events.
    package static func json20() throws(SchemaFailure) -> JSONSchema { try json.get() }

    /// EPCIS 2.0 and 1.2 in XML: event documents.
    package static func xml20() throws(SchemaFailure) -> XMLSchema { try events20.get() }
    package static func xml12() throws(SchemaFailure) -> XMLSchema { try events12.get() }

    /// EPCIS 2.0 and 1.2 in XML: master data documents.
    package static func masterData20() throws(SchemaFailure) -> XMLSchema { try master20.get() }
    package static func masterData12() throws(SchemaFailure) -> XMLSchema { try master12.get() }

    private static let json: Result<JSONSchema, SchemaFailure> = Result { () throws(SchemaFailure) in
        let path = "json-schema/epcis-2.0.json"
        guard let bytes = BuiltInSchemas.bytes(path), let document = try? JSONDocument(parsing: bytes) else {
            throw .unresolvedReference(path, at: path)
        }
        return try JSONSchema(compiling: document)
    }

    private static let events20 = xml("epcis-2.0.xsd")
    private static let events12 = xml("epcis-1.2.xsd")
    private static let master20 = xml("epcis-2.0-masterdata.xsd")
    private static let master12 = xml("epcis-1.2-masterdata.xsd")

    private static func xml(_ name: String) -> Result<XMLSchema, SchemaFailure> {
        Result { () throws(SchemaFailure) in
            var documents: [String: [UInt8]] = [:]
            for path in BuiltInSchemas.paths where path.hasPrefix("xsd/") {
                documents[String(path.dropFirst(4))] = BuiltInSchemas.bytes(path)
            }
            return try XMLSchema(documents: documents, main: name)
        }
    }
}
