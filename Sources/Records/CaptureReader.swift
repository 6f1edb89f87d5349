import Codec
import LedgerModel
package import SchemaValidation
import SupplyChain

/// Reads a captured document, checks it against its schema, and tells which records it becomes.
///
/// | media type | document |
/// |---|---|
/// | `application/ld+json`, `application/json` | EPCIS 2.0 JSON-LD |
/// | `application/xml`, `text/xml` | EPCIS XML, 2.0 or 1.2 by its namespace |
package struct CaptureReader: Sendable {
    private let json: JSONSchema
    private let xml20: XMLSchema
    private let xml12: XMLSchema

    /// Compiles the built-in schemas.
    package init() throws(SchemaFailure) {
        json = try EPCISSchemas.json20()
        xml20 = try EPCISSchemas.xml20()
        xml12 = try EPCISSchemas.xml12()
    }

    /// `schema`: what the document must satisfy besides.
    func read(_ document: [UInt8], mediaType: String, schema: AppliedSchema? = nil) throws(RecordsFailure)
        -> PreparedCapture
    {
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        var prepared: PreparedCapture
        switch type {
        case "application/ld+json", "application/json":
            prepared = try readJSON(document, mediaType: type, schema: schema)
        case "application/xml", "text/xml": prepared = try readXML(document, mediaType: type, schema: schema)
        default: throw .unsupportedMediaType(mediaType)
        }
        prepared.schema = schema?.row ?? 0
        return prepared
    }

    private func readJSON(_ bytes: [UInt8], mediaType: String, schema: AppliedSchema?) throws(RecordsFailure)
        -> PreparedCapture
    {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch {
            throw .unreadable(
                Self.violation(
                    "json", error.text, line: error.position?.line ?? 1, column: error.position?.column ?? 1))
        }
        let violations = json.validate(document)
        guard violations.isEmpty else { throw .invalid(violations) }
        if let schema { try schema.check(document) }
        let records: [EventRecord]
        do { records = try EventRecord.records(of: document) } catch { throw .invalid([Self.violation(error)]) }
        return try prepared(records, mediaType: mediaType, bundled: BundledSchema.epcisJSON)
    }

    private func readXML(_ bytes: [UInt8], mediaType: String, schema applied: AppliedSchema?) throws(RecordsFailure)
        -> PreparedCapture
    {
        let tree: XMLTree
        let violations: [SchemaViolation]
        let bundled: String
        do {
            // The namespace says which version it is; both schemas are checked in the parser's own pass.
            let probe = try XMLTree(parsing: bytes)
            let isOld = probe.root.namespace == "urn:epcglobal:epcis:xsd:1"
            bundled = isOld ? BundledSchema.epcisXML12 : BundledSchema.epcisXML20
            (tree, violations) = try (isOld ? xml12 : xml20).parse(bytes)
        } catch {
            throw .unreadable(
                Self.violation("xml", error.text, line: max(1, error.line), column: max(1, error.column)))
        }
        guard violations.isEmpty else { throw .invalid(violations) }
        if let applied { try applied.check(xml: bytes) }
        let records: [EventRecord]
        do { records = try EventRecord.records(of: EPCISDocument(xml: tree)) } catch {
            throw .invalid([Self.violation(error)])
        }
        return try prepared(records, mediaType: mediaType, bundled: bundled)
    }

    private func prepared(_ events: [EventRecord], mediaType: String, bundled: String) throws(RecordsFailure)
        -> PreparedCapture
    {
        guard !events.isEmpty else {
            throw .invalid([
                Self.violation("minItems", "the document holds no event", pointer: "/epcisBody/eventList")
            ])
        }
        guard events.count <= RecordService.eventsPerCaptureMax else {
            throw .tooManyEvents(count: events.count, max: RecordService.eventsPerCaptureMax)
        }
        return PreparedCapture(
            mediaType: mediaType,
            records: events.map {
                .init(
                    mediaType: EventRecord.mediaType, document: $0.document, source: "epcis", businessKey: $0.eventID,
                    canonical: $0.canonicalEvent)
            }, bundled: bundled)
    }

    private static func violation(_ failure: SupplyChainFailure) -> SchemaViolation {
        switch failure {
        case .malformed(let place, let wanted):
            violation(
                "epcis", "\(wanted) is wanted here", pointer: place.pointer, line: place.line, column: place.column)
        case .unknownEventType(let place, let name):
            violation(
                "epcis", "\(name) is none of the five event types", pointer: place.pointer, line: place.line,
                column: place.column)
        case .notExpressible(let binding, let event, let what):
            violation("epcis", "event \(event): \(binding.rawValue) cannot say \(what)")
        case .number(let failure):
            violation(
                "number", failure.text, line: failure.position?.line ?? 1, column: failure.position?.column ?? 1)
        }
    }

    private static func violation(
        _ rule: String, _ message: String, pointer: String = "", line: Int = 1, column: Int = 1
    ) -> SchemaViolation {
        SchemaViolation(
            instancePointer: pointer, schemaPointer: "", rule: rule, message: message, line: line, column: column)
    }

    /// The CBV event hash of a record's document, where it is an EPCIS event.
    func eventHash(of document: [UInt8], mediaType: String) -> String? {
        mediaType == EventRecord.mediaType ? EventHash.compute(document: document) : nil
    }
}
