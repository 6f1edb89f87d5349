import Codec
import TestSupport
import Testing

@testable import SchemaValidation

/// How long the own EPCIS schema takes for a document of 1,000 events.
///
/// The figure is printed; only an optimised build is held to it, loosely, so that a busy machine does not fail.
@Suite("Schema speed", .enabled(if: VectorFolder.shouldRun("epcis")))
struct SchemaSpeedTests {
    static func thousandEvents() throws -> [UInt8] {
        let bytes = try VectorFolder.bytes("epcis", "JSON/Example_9.6.1-ObjectEvent.jsonld")
        let document = JSON(try JSONDocument(parsing: bytes).root)
        let events = document["epcisBody"]?["eventList"]?.array ?? []
        let list = JSON.array((0..<1000).map { events[$0 % events.count] })
        guard case .object(let members) = document else { return [] }
        return JSON.object(
            members.map { $0.name == "epcisBody" ? .init("epcisBody", .object([.init("eventList", list)])) : $0 }
        ).serialized()
    }

    @Test("a document of 1,000 events is parsed and validated in a few milliseconds")
    func events() throws {
        let bytes = try Self.thousandEvents()
        let schema = try EPCISSchemas.json20()
        let official = try EPCISAgreementTests.official()
        var best: (parse: Duration, own: Duration, official: Duration) = (.seconds(9), .seconds(9), .seconds(9))
        let clock = ContinuousClock()
        for _ in 0..<5 {
            var document: JSONDocument?
            best.parse = min(best.parse, try clock.measure { document = try JSONDocument(parsing: bytes) })
            let parsed = try #require(document)
            best.own = min(best.own, clock.measure { #expect(schema.accepts(parsed)) })
            best.official = min(best.official, clock.measure { #expect(official.accepts(parsed)) })
        }
        print(
            "schema.validate events=1000 bytes=\(bytes.count) parse=\(best.parse) own=\(best.own)"
                + " official=\(best.official)")
        #if !DEBUG
            #expect(best.own < .milliseconds(50))
        #endif
    }
}
