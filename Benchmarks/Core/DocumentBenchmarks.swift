import Codec
import Cryptography
import SchemaValidation
import SupplyChain

/// What a captured document goes through, on 1,000 events like those of `deploy/bench`.
enum DocumentBenchmarks {
    static let eventCount = 1_000

    /// The JSON-LD document; the reference program reads the same one.
    static func document() -> [UInt8] {
        let events = (0..<eventCount).map { number in
            """
            {"type":"ObjectEvent","action":"OBSERVE","bizStep":"shipping","disposition":"in_transit",\
            "eventTime":"2026-04-14T09:02:11.000+02:00","eventTimeZoneOffset":"+02:00",\
            "epcList":["urn:epc:id:sgtin:4012345.011111.\(number)"],\
            "readPoint":{"id":"urn:epc:id:sgln:4012345.00001.0"},"bizLocation":{"id":"urn:epc:id:sgln:4012345.00001.0"},\
            "bizTransactionList":[{"type":"po","bizTransaction":"urn:epc:id:gdti:4098765.00001.4711"}]}
            """
        }
        return Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",\
            "schemaVersion":"2.0","creationDate":"2026-04-14T07:05:00.000Z",\
            "epcisBody":{"eventList":[\(events.joined(separator: ","))]}}
            """.utf8)
    }

    static func run() throws {
        let bytes = document()
        let parsed = try JSONDocument(parsing: bytes)
        Harness.report("json.parse events=1000 bytes=\(bytes.count)", items: eventCount) {
            _ = try? JSONDocument(parsing: bytes)
        }
        let schema = try EPCISSchemas.json20()
        guard schema.accepts(parsed) else { fatalError("the document is not valid") }
        Harness.report("jsonschema.validate events=1000", items: eventCount) { _ = schema.validate(parsed) }
        Harness.report("epcis.records events=1000 (JCS form of each)", items: eventCount) {
            _ = try? EventRecord.records(of: parsed)
        }
        Harness.report("jcs.canonicalize events=1000", items: eventCount) { _ = try? JCS.canonicalize(parsed.root) }
        let document = try EPCISDocument(jsonLD: parsed)
        Harness.report("epcis.read events=1000", items: eventCount) { _ = try? EPCISDocument(jsonLD: parsed) }
        Harness.report("epcis.eventhash events=1000", items: eventCount, note: "; target 50,000/s a core") {
            _ = document.eventHashes()
        }
        Harness.report("epcis.eventhash from=json events=1000", items: eventCount) {
            _ = try? EPCISDocument(jsonLD: JSONDocument(parsing: bytes)).eventHashes()
        }
        let prehashes = document.events.map { EventHash.prehash($0) }
        let byteCount = prehashes.reduce(0) { $0 + $1.count } / eventCount
        Harness.report("sha256.hash prehashes=1000 bytes=\(byteCount) (ceiling of event hashes)", items: eventCount) {
            for prehash in prehashes { _ = SHA256.hash(prehash) }
        }
    }
}
