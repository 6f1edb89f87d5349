import Codec
package import SchemaValidation
import SupplyChain

/// Reads a captured document, checks it against its schema, and tells which records it becomes.
///
/// | media type | document |
/// |---|---|
/// | `application/ld+json`, `application/json` | EPCIS 2.0 JSON-LD |
package struct CaptureReader: Sendable {
    private let schema: JSONSchema?

    /// Compiles the built-in schemas.
    package init() throws(SchemaFailure) {
        if let bytes = BuiltInSchemas.bytes("json-schema/epcis-2.0.json"),
            let document = try? JSONDocument(parsing: bytes)
        {
            schema = try JSONSchema(compiling: document)
        } else {
            schema = nil
        }
    }

    func read(_ document: [UInt8], mediaType: String) throws(RecordsFailure) -> PreparedCapture {
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        switch type {
        case "application/ld+json", "application/json": return try json(document, mediaType: type)
        default: throw .unsupportedMediaType(mediaType)
        }
    }

    private func json(_ bytes: [UInt8], mediaType: String) throws(RecordsFailure) -> PreparedCapture {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch {
            throw .unreadable(
                SchemaViolation(
                    instancePointer: "", schemaPointer: "", rule: "json", message: "\(error)",
                    line: error.position?.line ?? 0, column: error.position?.column ?? 0))
        }
        if let violations = schema?.validate(document), !violations.isEmpty { throw .invalid(violations) }
        let events: [EventRecord]
        do { events = try EventRecord.records(of: document) } catch { throw .invalid([Self.violation(error)]) }
        guard !events.isEmpty else {
            throw .invalid([
                SchemaViolation(
                    instancePointer: "/epcisBody/eventList", schemaPointer: "", rule: "minItems",
                    message: "the document holds no event", line: 1, column: 1)
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
            })
    }

    private static func violation(_ failure: SupplyChainFailure) -> SchemaViolation {
        switch failure {
        case .malformed(let pointer, let wanted):
            SchemaViolation(
                instancePointer: pointer, schemaPointer: "", rule: "epcis", message: "\(wanted) is wanted here", line: 1,
                column: 1)
        case .number(let failure):
            SchemaViolation(
                instancePointer: "", schemaPointer: "", rule: "number", message: "\(failure)",
                line: failure.position?.line ?? 1, column: failure.position?.column ?? 1)
        }
    }

    /// The CBV event hash of a record's document, where it is an EPCIS event.
    func eventHash(of document: [UInt8], mediaType: String) -> String? { nil }
}
