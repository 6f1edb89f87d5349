import Codec
import SchemaValidation
import SupplyChain
import Testing

@Suite struct EventRecordTests {
    static func records(_ text: String) throws -> [EventRecord] {
        try EventRecord.records(of: JSONDocument(parsing: Array(text.utf8)))
    }

    @Test func `a record holds exactly its event, the document's frame, and no record time`() throws {
        let text = Documents.json(
            Documents.object(#""recordTime":"2026-04-15T00:00:00Z","e:a":[1.0,"é"]"#),
            Documents.object(#""eventID":"urn:x:2""#),
            prefixes: #""e":"https://e.example/""#, members: #","sender":"urn:x:s""#)
        let records = try Self.records(text)
        #expect(records.count == 2)
        #expect(
            Documents.text(records[0].document) == """
                {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"e":"https://e.example/"}],\
                "creationDate":"2026-04-14T07:05:00Z","epcisBody":{"eventList":[{"action":"OBSERVE","e:a":[1,"é"],\
                "epcList":["urn:epc:id:sgtin:4012345.011111.1001"],"eventTime":"2026-04-14T09:02:11+02:00",\
                "eventTimeZoneOffset":"+02:00","type":"ObjectEvent"}]},"schemaVersion":"2.0","type":"EPCISDocument"}
                """)
        #expect(records[1].eventID == Array("urn:x:2".utf8))
        for record in records {
            let canonical = try JCS.canonicalize(JSONDocument(parsing: record.document).root)
            #expect(record.document == canonical)
            #expect(EventHash.compute(document: record.document) == record.eventHash)
        }
    }

    @Test func `an event makes the same record whatever stands beside it`() throws {
        let alone = try Self.records(Documents.json(Documents.object()))
        let beside = try Self.records(Documents.json(Documents.object(#""bizStep":"shipping""#), Documents.object()))
        #expect(alone[0] == beside[1])
    }

    @Test func `an event of XML becomes JSON-LD under the namespaces that it uses`() throws {
        let xml = Documents.xml(
            Documents.objectXML("<e:a>1</e:a>") + Documents.objectXML(), version: "1",
            declarations: #"xmlns:e="https://e.example/" xmlns:unused="urn:u""#)
        let records = try EventRecord.records(of: Documents.read(xml))
        let text = Documents.text(records[0].document)
        #expect(text.contains(#"{"e":"https://e.example/"}],"creationDate":"2026-04-14T07:05:00Z""#))
        #expect(text.hasSuffix(#","schemaVersion":"1.2","type":"EPCISDocument"}"#))
        #expect(!text.contains("unused"))
        #expect(!Documents.text(records[1].document).contains("e.example"))
        #expect(records.map(\.eventHash) == (try Documents.read(xml).eventHashes()))
        #expect(records.map { EventHash.compute(document: $0.document) } == records.map(\.eventHash))
    }

    @Test(arguments: ["e:ignoreFields", "zz:ignoreFields"])
    func `a record keeps what is to be left out of its hash`(_ name: String) throws {
        let text = Documents.json(
            Documents.object(#""e:a":"x""#), prefixes: #""e":"urn:e:","zz":"urn:z:""#, members: #","\#(name)":["e:a"]"#)
        let record = try Self.records(text)[0]
        #expect(record.eventHash == (try Documents.read(Documents.json(Documents.object())).eventHashes()[0]))
        #expect(EventHash.compute(document: record.document) == record.eventHash)
        #expect(record.document == (try JCS.canonicalize(JSONDocument(parsing: record.document).root)))
    }

    @Test func `a single event's record is a document with the event's own time`() throws {
        let context = #""@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]"#
        let record = try Self.records(Documents.object(context))[0]
        let text = Documents.text(record.document)
        #expect(text.contains(#""creationDate":"2026-04-14T09:02:11+02:00""#))
        #expect(EventHash.compute(document: record.document) == record.eventHash)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"type":"EPCISDocument"}"#, Documents.json(),
        Documents.json(Documents.object(), Documents.object()),
    ]) func `what is no record has no hash`(_ text: String) {
        #expect(EventHash.compute(document: Array(text.utf8)) == nil)
    }

    @Test(arguments: ["1e400", "-1e999"]) func `a number that RFC 8785 cannot write is refused`(_ number: String) {
        #expect(throws: SupplyChainFailure.self) {
            try Self.records(Documents.json(Documents.object(#""e:a":\#(number)"#)))
        }
    }
}
