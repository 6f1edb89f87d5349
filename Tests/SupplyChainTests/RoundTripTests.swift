import SupplyChain
import Testing

@Suite struct RoundTripTests {
    static let prefixes = #""e":"https://e.example/","f":"urn:f""#

    @Test(
        arguments: [
            #""e:a":["x",{"e:b":1,"f:c":[true,"t"]}],"f:d":"<&>\"' \n\té""#, #""e:aList":["x","y"]"#, #""e:aList":"x""#,
            #""e:aList":{"e:b":"c"}"#, ##""e:a":{"#text":"own","type":"k","e:b":["1","2"]}"##, #""e:a":"","ilmd":{}"#,
            #""e:a":{"type":"x","id":"urn:x:1","count":[1,2]}"#,
            #""e:a":"other:thing","f:b":"e:expanded","unknown":"u""#,
            #""ilmd":{"cbvmda:lotNumber":"L","e:o":{"e:p":{"e:q":"r"}}}"#,
            #""certificationInfo":["urn:x:1","urn:x:2"]"#,
            #""readPoint":{"id":"geo:1,2","e:a":"b"},"bizLocation":{"id":"urn:x:1","f:a":{"f:b":"c"}}"#,
            #""persistentDisposition":{"set":["active","urn:x:own"],"unset":["damaged"]}"#,
            #""quantityList":[{"epcClass":"urn:x:1","quantity":1e3,"uom":"KGM"},{"epcClass":"urn:x:2","quantity":0.25},{"epcClass":"urn:x:3"}]"#,
            #""sensorElementList":[{"sensorMetadata":{"time":"2026-04-14T09:02:11Z","e:m":"1","f:n":{"f:o":"p"}},"sensorReport":[{"type":"Temperature","value":-3.60,"uom":"CEL","booleanValue":false,"bizRules":"urn:x:1","e:x":"y"},{"type":"https://own.example/Thing","exception":"ALARM_CONDITION","component":"x","e:x":["1","2"]}],"e:e":"z"},{"sensorReport":[{"type":"gs1:Mass"}]}]"#,
            #""errorDeclaration":{"declarationTime":"2026-04-15T00:00:00Z","reason":"did_not_occur","correctiveEventIDs":["urn:x:1"],"e:a":"b"},"eventID":"urn:x:9","recordTime":"2026-04-15T00:00:00Z""#,
            #""sourceList":[{"type":"owning_party","source":"urn:x:1"},{"type":"urn:x:t","source":"urn:x:2"}],"bizTransactionList":[{"bizTransaction":"urn:x:3"}]"#,
        ], EPCISBinding.allCases)
    func `every binding gives the event back`(_ members: String, _ binding: EPCISBinding) throws {
        let document = try Documents.read(Documents.json(Documents.object(members), prefixes: Self.prefixes))
        let written = binding == .jsonLD ? try document.jsonLD() : try document.xml(binding)
        let back = try Documents.read(written)
        for order in EventHash.Order.allCases {
            #expect(back.eventHashes(order: order) == document.eventHashes(order: order), "\(Documents.text(written))")
        }
        // What no hash covers comes back as well.
        #expect(back.events[0].eventID == document.events[0].eventID)
        #expect(back.events[0].recordTime == document.events[0].recordTime)
        #expect(back.events[0].errorDeclaration?.reason == document.events[0].errorDeclaration?.reason)
        #expect(
            back.events[0].errorDeclaration?.correctiveEventIDs
                == document.events[0].errorDeclaration?.correctiveEventIDs)
    }

    @Test(arguments: EPCISBinding.allCases) func `fields to leave out come along`(_ binding: EPCISBinding) throws {
        let event = Documents.object(#""e:a":"x","f:b":"y""#)
        let document = try Documents.read(
            Documents.json(event, prefixes: Self.prefixes, members: #","e:ignoreFields":["f:b"]"#))
        let back = try Documents.read(binding == .jsonLD ? document.jsonLD() : document.xml(binding))
        #expect(back.ignoredFields == document.ignoredFields)
        #expect(back.eventHashes() == document.eventHashes())
    }

    @Test(arguments: EPCISBinding.allCases) func `a query document stays one`(_ binding: EPCISBinding) throws {
        let text = """
            {"@context":[],"type":"EPCISQueryDocument","schemaVersion":"2.0","creationDate":"2026-04-14T07:05:00Z",\
            "epcisBody":{"queryResults":{"queryName":"q","subscriptionID":"s","resultsBody":{"eventList":[\(Documents.object())]}}}}
            """
        let document = try Documents.read(text)
        let back = try Documents.read(binding == .jsonLD ? document.jsonLD() : document.xml(binding))
        #expect(back.kind == .query(name: Array("q".utf8), subscriptionID: Array("s".utf8)))
        #expect(back.eventHashes() == document.eventHashes())
    }

    @Test(
        arguments: [EPCISBinding.xml20, .xml12],
        [
            #""e:a b":"x""#, #""e:a":[["x"]]"#, #""nowhere:a":"x""#, #""e:a":"\u0001""#, #""parentID":"urn:x:1""#,
            #""e:a":{"extension":{"e:b":"c"}}"#, #""e:a":{"@id":"x"}"#,
        ]) func `what XML cannot say is refused`(_ binding: EPCISBinding, _ members: String) throws
    {
        let document = try Documents.read(Documents.json(Documents.object(members), prefixes: Self.prefixes))
        let failure = try #require(throws: SupplyChainFailure.self) { try document.xml(binding) }
        guard case .notExpressible(binding, event: 0, _) = failure else {
            Issue.record("\(failure)")
            return
        }
    }

    @Test func `a list that stands twice in one place is refused by JSON-LD`() throws {
        let list = #"<e:aList xmlns:e="urn:e"><e:a>1</e:a></e:aList>"#
        let document = try Documents.read(Documents.xml(Documents.objectXML(list + list)))
        #expect(throws: SupplyChainFailure.self) { try document.jsonLD() }
    }

    @Test func `no prefix is declared under which a value would read as a CURIE`() throws {
        let xml = Documents.xml(
            Documents.objectXML("<rail:a>rail:b</rail:a>"), declarations: #"xmlns:rail="https://rail.example/""#)
        let document = try Documents.read(xml)
        #expect(try Documents.read(document.jsonLD()).eventHashes() == document.eventHashes())
    }

    @Test func `a word that the GS1 context protects is not declared anew`() throws {
        let xml = Documents.xml(
            Documents.objectXML("<ilmd><cbvmda:lotNumber>1</cbvmda:lotNumber></ilmd>"),
            declarations: #"xmlns:cbvmda="urn:epcglobal:cbv:mda""#)
        let written = Documents.text(try Documents.read(xml).jsonLD())
        #expect(!written.contains(#""cbvmda":"#))
        #expect(try Documents.read(written).eventHashes() == Documents.read(xml).eventHashes())
    }
}
