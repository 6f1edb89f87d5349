import Foundation
import TestSupport

/// Documents that the tests hand in.
enum Samples {
    /// The JSON-LD documents of the guided tour.
    static let tour: [URL] = files(below: Tool.package.appending(path: "docs/tour"), endingWith: ".jsonld")

    /// The XML documents of the guided tour.
    static let tourXML: [URL] = files(below: Tool.package.appending(path: "docs/tour"), endingWith: ".xml")

    /// Every published capture document in JSON-LD; query documents are not captured.
    static let published: [URL] = VectorFolder.files("epcis", endingWith: ".jsonld").filter {
        $0.path.contains("/epcis/JSON/") && !$0.lastPathComponent.contains("Query")
    }

    static func bytes(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    /// A valid document of `count` events that no other call makes.
    static func document(_ serial: String, events count: Int = 1) -> [UInt8] {
        let events = (0..<count).map { index in
            """
            {"type":"ObjectEvent","action":"OBSERVE","bizStep":"shipping","eventTime":"2026-05-01T08:00:00.000Z",\
            "eventTimeZoneOffset":"+00:00","epcList":["urn:epc:id:sgtin:4012345.022222.\(serial)n\(index)"]}
            """
        }
        return document(eventList: events.joined(separator: ","))
    }

    /// A document around a list of events.
    static func document(eventList: String) -> [UInt8] {
        Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",\
            "schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00.000Z","epcisBody":{"eventList":[\(eventList)]}}
            """.utf8)
    }

    private static func files(below folder: URL, endingWith suffix: String) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appending(path: $0) }
    }
}
