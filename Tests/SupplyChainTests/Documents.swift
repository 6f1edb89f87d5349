import Codec
import Foundation
import SchemaValidation
import SupplyChain

/// Documents for tests.
enum Documents {
    /// Reads a document of any binding.
    static func read(_ bytes: [UInt8]) throws -> EPCISDocument {
        // XML may begin with a byte order mark.
        bytes.first { $0 > 0x20 && $0 < 0x80 } == UInt8(ascii: "<")
            ? try EPCISDocument(xml: XMLTree(parsing: bytes)) : try EPCISDocument(jsonLD: JSONDocument(parsing: bytes))
    }

    static func read(_ text: String) throws -> EPCISDocument { try read(Array(text.utf8)) }

    /// A JSON-LD document around events.
    static func json(_ events: String..., prefixes: String = "", members: String = "") -> String {
        let map = prefixes.isEmpty ? "" : ",{\(prefixes)}"
        return """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"\(map)],"type":"EPCISDocument",\
            "schemaVersion":"2.0","creationDate":"2026-04-14T07:05:00Z"\(members),\
            "epcisBody":{"eventList":[\(events.joined(separator: ","))]}}
            """
    }

    /// An object event with members added.
    static func object(_ members: String = "") -> String {
        """
        {"type":"ObjectEvent","eventTime":"2026-04-14T09:02:11+02:00","eventTimeZoneOffset":"+02:00","action":"OBSERVE",\
        "epcList":["urn:epc:id:sgtin:4012345.011111.1001"]\(members.isEmpty ? "" : "," + members)}
        """
    }

    /// An XML document around events.
    static func xml(_ events: String, version: String = "2", declarations: String = "") -> String {
        """
        <epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:\(version)" \(declarations)
            schemaVersion="\(version == "2" ? "2.0" : "1.2")" creationDate="2026-04-14T07:05:00Z">
        <EPCISBody><EventList>\(events)</EventList></EPCISBody></epcis:EPCISDocument>
        """
    }

    static func objectXML(_ elements: String = "") -> String {
        """
        <ObjectEvent><eventTime>2026-04-14T09:02:11+02:00</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>
        <epcList><epc>urn:epc:id:sgtin:4012345.011111.1001</epc></epcList><action>OBSERVE</action>\(elements)</ObjectEvent>
        """
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The only event's pre-hash.
    static func prehash(_ document: String, order: EventHash.Order = .referenceProgram) throws -> String {
        text(EventHash.prehash(try read(document).events[0], order: order))
    }
}
