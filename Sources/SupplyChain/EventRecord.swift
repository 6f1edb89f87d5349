package import Codec

/// Why a document is not one that records can be made of, and where.
package enum SupplyChainFailure: Error, Equatable, Sendable {
    /// A member is missing or of another type: its JSON Pointer and what is wanted.
    case malformed(pointer: String, wanted: String)
    /// A number beyond what RFC 8785 can write.
    case number(JSONFailure)
}

/// One event of a captured document as it becomes a record (bundles.md, "EPCIS record").
package struct EventRecord: Equatable, Sendable {
    package static let mediaType = "application/ld+json"

    /// RFC 8785 form of an EPCISDocument with exactly this event and the captured document's schemaVersion, creationDate
    /// and context; no recordTime.
    package var document: [UInt8]
    /// RFC 8785 form of the event alone: what makes the same event the same record.
    package var canonicalEvent: [UInt8]
    /// The eventID, or nothing.
    package var eventID: [UInt8]
}

extension EventRecord {
    /// The events of a JSON-LD document, in order.
    package static func records(of document: JSONDocument) throws(SupplyChainFailure) -> [EventRecord] {
        let root = document.root
        guard let context = root["@context"] else {
            throw .malformed(pointer: "/@context", wanted: "a JSON-LD context")
        }
        guard let version = root["schemaVersion"], version.string != nil else {
            throw .malformed(pointer: "/schemaVersion", wanted: "text")
        }
        guard let created = root["creationDate"], created.string != nil else {
            throw .malformed(pointer: "/creationDate", wanted: "a date-time")
        }
        guard let list = root["epcisBody"]?["eventList"], list.kind == .array else {
            throw .malformed(pointer: "/epcisBody/eventList", wanted: "a list of events")
        }
        var records: [EventRecord] = []
        for (index, node) in list.elements.enumerated() {
            guard node.kind == .object else {
                throw .malformed(pointer: "/epcisBody/eventList/\(index)", wanted: "an event")
            }
            let event = JSON.object(
                node.members.filter { $0.name != "recordTime" }.map { .init(name: $0.name, value: JSON($0.value)) })
            let whole = JSON.object([
                .init(name: "@context", value: JSON(context)),
                .init(name: "type", value: "EPCISDocument"),
                .init(name: "schemaVersion", value: JSON(version)),
                .init(name: "creationDate", value: JSON(created)),
                .init(name: "epcisBody", value: .object([.init(name: "eventList", value: .array([event]))])),
            ])
            do {
                records.append(
                    EventRecord(
                        document: try JCS.canonicalize(whole), canonicalEvent: try JCS.canonicalize(event),
                        eventID: node["eventID"]?.utf8 ?? []))
            } catch { throw .number(error) }
        }
        return records
    }
}
