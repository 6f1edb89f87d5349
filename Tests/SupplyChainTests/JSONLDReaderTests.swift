import Codec
import SupplyChain
import Testing

@Suite struct JSONLDReaderTests {
    @Test func `a prefix of the event's own holds for that event alone`() throws {
        let own = Documents.object(#""@context":[{"x":"https://one.example/"}],"x:a":"1""#)
        let document = try Documents.read(Documents.json(own, Documents.object(#""x:a":"1""#)))
        #expect(document.events[0].extensions[0].name.namespace == Array("https://one.example/".utf8))
        #expect(document.events[1].extensions[0].name == EPCISName(local: Array("x:a".utf8)))
    }

    /// Times, offsets, numbers and units are literals of the GS1 context.
    @Test func `a literal is no CURIE, whatever the document declares`() throws {
        let event = Documents.object(
            #""recordTime":"2026-04-14T09:30:00Z","quantityList":[{"epcClass":"urn:x:1","quantity":1,"uom":"K:G"}]"#)
        let prefixes = #""2026-04-14T09":"2027-04-14T09:","+02":"-11:","K":"urn:k:""#
        let read = try Documents.read(Documents.json(event, prefixes: prefixes)).events[0]
        #expect(read == (try Documents.read(Documents.json(event)).events[0]))
    }

    @Test func `a single event reads`() throws {
        let event = Documents.object(#""@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld""#)
        let document = try Documents.read(event)
        #expect(document.kind == .singleEvent)
        #expect(document.eventHashes() == (try Documents.read(Documents.json(Documents.object())).eventHashes()))
    }

    @Test func `contexts by reference are opaque`() throws {
        let text = Documents.json(Documents.object()).replacing(
            "/epcis-context.jsonld\"", with: "/epcis-context.jsonld\",\"https://nowhere.invalid/context\"")
        #expect(
            try Documents.read(text).eventHashes() == Documents.read(Documents.json(Documents.object())).eventHashes())
    }

    @Test(arguments: [
        (#""bizStep":1"#, "/epcisBody/eventList/1/bizStep"), (#""readPoint":"x""#, "/epcisBody/eventList/1/readPoint"),
        (#""readPoint":{}"#, "/epcisBody/eventList/1/readPoint"),
        (#""quantityList":[{}]"#, "/epcisBody/eventList/1/quantityList/0"),
        (#""quantityList":[{"epcClass":"urn:x:1","e:a":1}]"#, "/epcisBody/eventList/1/quantityList/0/e:a"),
        (#""quantityList":[{"epcClass":"urn:x:1","quantity":true}]"#, "/epcisBody/eventList/1/quantityList/0/quantity"),
        (#""bizTransactionList":[{"type":"po"}]"#, "/epcisBody/eventList/1/bizTransactionList/0"),
        (#""bizTransactionList":{}"#, "/epcisBody/eventList/1/bizTransactionList"),
        (#""sourceList":[{"type":"po","destination":"urn:x:1"}]"#, "/epcisBody/eventList/1/sourceList/0/destination"),
        (#""persistentDisposition":{"reset":[]}"#, "/epcisBody/eventList/1/persistentDisposition/reset"),
        (#""sensorElementList":[{"sensorReport":{}}]"#, "/epcisBody/eventList/1/sensorElementList/0/sensorReport"),
        (
            #""sensorElementList":[{"sensorReport":[{"booleanValue":1}]}]"#,
            "/epcisBody/eventList/1/sensorElementList/0/sensorReport/0/booleanValue"
        ),
        (#""ilmd":[]"#, "/epcisBody/eventList/1/ilmd"),
        (#""certificationInfo":[1]"#, "/epcisBody/eventList/1/certificationInfo/0"),
        (#""errorDeclaration":{"reason":"x"}"#, "/epcisBody/eventList/1/errorDeclaration"),
        (#""@context":1"#, "/epcisBody/eventList/1/@context"),
    ]) func `a refusal tells where`(_ member: String, _ pointer: String) throws {
        let text = Documents.json(Documents.object(), Documents.object(member))
        let failure = try #require(throws: SupplyChainFailure.self) { try Documents.read(text) }
        guard case .malformed(let place, _) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(place.pointer == pointer)
        #expect(place.line == 1 && place.column > 200)
    }

    @Test(arguments: [
        #"[]"#, #"{}"#, #"{"type":"EPCISDocument"}"#, #"{"type":"EPCISDocument","@context":[]}"#,
        #"{"type":"EPCISDocument","@context":[],"schemaVersion":"2.0","creationDate":"x"}"#,
        #"{"type":"EPCISDocument","@context":[],"schemaVersion":"2.0","creationDate":"x","epcisBody":{}}"#,
        #"{"type":"EPCISDocument","@context":[],"schemaVersion":"2.0","creationDate":"x","epcisBody":{"eventList":{}}}"#,
        #"{"type":"EPCISDocument","@context":[],"schemaVersion":"2.0","creationDate":"x","epcisBody":{"eventList":[1]}}"#,
        #"{"type":"EPCISDocument","@context":[],"schemaVersion":2,"creationDate":"x","epcisBody":{"eventList":[]}}"#,
        #"{"type":"EPCISQueryDocument","@context":[],"epcisBody":{"queryResults":{}}}"#,
        #"{"type":"ObjectEvent","@context":[]}"#,
        #"{"type":"ObjectEvent","@context":[],"eventTime":"x","eventTimeZoneOffset":"+00:00"}"#,
    ]) func `what is no EPCIS document is refused`(_ text: String) {
        #expect(throws: SupplyChainFailure.self) { try Documents.read(text) }
    }

    @Test(arguments: ["2026-04-14T09:02:11", "2026-02-30T09:02:11Z", "2026-04-14T25:02:11Z", "2026-04-14", "", "now"])
    func `an event time wants a date, a time and a zone`(_ time: String) {
        let event = Documents.object().replacing("2026-04-14T09:02:11+02:00", with: time)
        #expect(throws: SupplyChainFailure.self) { try Documents.read(Documents.json(event)) }
    }

    @Test func `an event type of a user's own is refused by name`() throws {
        let event = Documents.object().replacing("ObjectEvent", with: "example:MyEvent")
        let failure = try #require(throws: SupplyChainFailure.self) { try Documents.read(Documents.json(event)) }
        guard case .unknownEventType(let place, let name) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(name == "example:MyEvent")
        #expect(place.pointer == "/epcisBody/eventList/0/type")
    }
}
