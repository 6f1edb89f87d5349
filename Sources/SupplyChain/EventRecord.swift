package import Codec

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
    private var event: EPCISEvent
    private var ignoredFields: [EPCISName]

    /// The CBV event hash, in the reference program's order; ``EventHash/compute(document:order:)`` finds it again in the document.
    ///
    /// It is made when asked for: a capture does without.
    package var eventHash: String { EventHash.compute(event, ignoring: ignoredFields) }

    fileprivate init(
        document: [UInt8], canonicalEvent: [UInt8], event: EPCISEvent, ignoredFields: [EPCISName]
    ) {
        self.document = document
        self.canonicalEvent = canonicalEvent
        self.event = event
        self.ignoredFields = ignoredFields
        eventID = event.eventID
    }
}

extension EventRecord {
    /// The events of a JSON-LD document, in order.
    ///
    /// Events stay as they are written, but for the recordTime: names and contexts are the captured document's own.
    /// - Throws: as `EPCISDocument.init(jsonLD:)`, and `number`.
    package static func records(of document: JSONDocument) throws(SupplyChainFailure) -> [EventRecord] {
        var reader = JSONLDReader(document)
        let frame = try reader.frame()
        let ignored = try reader.ignoredFields(frame)
        let root = document.root
        var shell = RecordShell(
            context: root.member("@context").map { JSON($0) } ?? [],
            schemaVersion: root.member("schemaVersion").map { JSON($0) },
            creationDate: root.member("creationDate").map { JSON($0) })
        shell.ignoredFields = ignored.isEmpty ? nil : ignoredMember(of: root)
        let isSingle = frame.kind == .singleEvent
        var frames: [EPCISNamespace] = []
        var records: [EventRecord] = []
        records.reserveCapacity(frame.events.count)
        for node in frame.events {
            let event = try reader.event(node, declaring: &frames)
            if isSingle { shell.fill(from: event) }
            let canonical: [UInt8]
            if isSingle || node.member("recordTime") != nil {
                let left = node.fields.filter {
                    !$0.nameEquals("recordTime") && !(isSingle && $0.nameEquals("@context"))
                }
                canonical = try canonicalized(.object(left.map { JSON.Member($0.name, JSON($0.value)) }))
            } else {
                do { canonical = try JCS.canonicalize(node) } catch { throw .number(error) }
            }
            records.append(
                EventRecord(
                    document: try shell.document(around: canonical), canonicalEvent: canonical, event: event,
                    ignoredFields: ignored))
        }
        return records
    }

    /// The events of a document that came in as XML, in order.
    ///
    /// - Throws: `notExpressible` for what JSON-LD cannot say.
    package static func records(of document: EPCISDocument) throws(SupplyChainFailure) -> [EventRecord] {
        var records: [EventRecord] = []
        records.reserveCapacity(document.events.count)
        for (index, event) in document.events.enumerated() {
            var event = event
            event.recordTime = []
            let writer = try JSONLDWriter(events: [event], of: document, firstIndex: index)
            let canonical = try canonicalized(try writer.json(event, index: index))
            var shell = RecordShell(
                context: writer.context,
                schemaVersion: .string(String(decoding: document.schemaVersion, as: UTF8.self)),
                creationDate: .string(String(decoding: document.creationDate, as: UTF8.self)))
            shell.ignoredFields = writer.ignoredFields(document)
            records.append(
                EventRecord(
                    document: try shell.document(around: canonical), canonicalEvent: canonical, event: event,
                    ignoredFields: document.ignoredFields))
        }
        return records
    }

    /// The member that asks to leave fields out of the hash: without it the record alone would hash otherwise.
    private static func ignoredMember(of root: JSONNode) -> JSON.Member? {
        let results = root.member("epcisBody")?.member("queryResults")
        for node in [results, root] {
            guard let node else { continue }
            for field in node.fields where field.name.hasSuffix("ignoreFields") {
                return JSON.Member(field.name, JSON(field.value))
            }
        }
        return nil
    }

    fileprivate static func canonicalized(_ json: JSON) throws(SupplyChainFailure) -> [UInt8] {
        do { return try JCS.canonicalize(json) } catch { throw .number(error) }
    }
}

extension EPCISDocument {
    /// The document of the record that an event of this document becomes (bundles.md, "EPCIS record").
    ///
    /// - Throws: `notExpressible` for what JSON-LD cannot say.
    package func recordDocument(for event: EPCISEvent) throws(SupplyChainFailure) -> [UInt8] {
        var document = self
        document.events = [event]
        return try EventRecord.records(of: document)[0].document
    }
}

/// What the records of one document share.
private struct RecordShell {
    var context: JSON
    var schemaVersion: JSON?
    var creationDate: JSON?
    var ignoredFields: JSON.Member?
    private var halves: (before: [UInt8], after: [UInt8])?

    init(context: JSON, schemaVersion: JSON?, creationDate: JSON?) {
        self.context = context
        self.schemaVersion = schemaVersion
        self.creationDate = creationDate
    }

    /// A single event has neither; its own time stands for the day of the document, so that the record is always the same.
    mutating func fill(from event: EPCISEvent) {
        schemaVersion = "2.0"
        creationDate = .string(String(decoding: event.eventTime, as: UTF8.self))
    }

    /// The RFC 8785 form with a canonical event put in its place.
    mutating func document(around event: [UInt8]) throws(SupplyChainFailure) -> [UInt8] {
        if halves == nil { halves = try cut() }
        guard let halves else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(halves.before.count + event.count + halves.after.count)
        bytes.append(contentsOf: halves.before)
        bytes.append(contentsOf: event)
        bytes.append(contentsOf: halves.after)
        return bytes
    }

    /// What stands before and after the event: RFC 8785 sorts names as UTF-16.
    private func cut() throws(SupplyChainFailure) -> (before: [UInt8], after: [UInt8]) {
        var members: [JSON.Member] = [.init("@context", context), .init("type", "EPCISDocument")]
        if let schemaVersion { members.append(.init("schemaVersion", schemaVersion)) }
        if let creationDate { members.append(.init("creationDate", creationDate)) }
        if let ignoredFields { members.append(ignoredFields) }
        let earlier = members.filter { $0.name.utf16.lexicographicallyPrecedes("epcisBody".utf16) }
        let later = members.filter { "epcisBody".utf16.lexicographicallyPrecedes($0.name.utf16) }
        do {
            // Both have members: `@context` comes before, `type` after.
            let before = try JCS.canonicalize(.object(earlier)).dropLast()
            let after = try JCS.canonicalize(.object(later)).dropFirst()
            return (before + Array(#","epcisBody":{"eventList":["#.utf8), Array("]},".utf8) + after)
        } catch { throw .number(error) }
    }
}
