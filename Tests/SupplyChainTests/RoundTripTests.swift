import SchemaValidation
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
            #""bizStep":" shipping ","disposition":"\tcbv:Disp-active","e:a":[" gs1:x "," e:y"],"e:b":{"unit":" gs1:z"}"#,
            #""eventID":"gs1:1","recordTime":"gs1:2","quantityList":[{"epcClass":"urn:x:1","quantity":"gs1:3","uom":"gs1:4"}]"#,
            #""sensorElementList":[{"sensorMetadata":{"time":"gs1:1"},"sensorReport":[{"value":"gs1:2","booleanValue":"gs1:3"}]}]"#,
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

    @Test func `white space before a value hides no CURIE from the choice of prefixes`() throws {
        let xml = Documents.xml(
            Documents.objectXML(#"<rail:a b=" rail:b"/>"#), declarations: #"xmlns:rail="https://rail.example/""#)
        let document = try Documents.read(xml)
        #expect(try Documents.read(document.jsonLD()).eventHashes() == document.eventHashes())
    }

    @Test(arguments: [EPCISBinding.xml20, .xml12])
    func `XML, which knows no CURIEs, keeps the prefixes that it came with`(_ binding: EPCISBinding) throws {
        let xml = Documents.xml(
            Documents.objectXML("<rail:a>rail:b</rail:a>"), declarations: #"xmlns:rail="https://rail.example/""#)
        #expect(Documents.text(try Documents.read(xml).xml(binding)).contains("<rail:a>rail:b</rail:a>"))
    }

    @Test(arguments: [EPCISBinding.xml20, .xml12])
    func `a prefix that only an xsi type has is declared, and the XSD finds the type`(_ binding: EPCISBinding) throws {
        let instance = "http://www.w3.org/2001/XMLSchema-instance"
        let xml = Documents.xml(
            Documents.objectXML(#"<e:a xsi:type="s:integer">1</e:a>"#),
            declarations: #"xmlns:e="urn:e" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:xsi="\#(instance)""#)
        let written = try Documents.read(xml).xml(binding)
        #expect(Documents.text(written).contains(#" xmlns:s="http://www.w3.org/2001/XMLSchema""#))
        let schema = binding == .xml20 ? try EPCISSchemas.xml20() : try EPCISSchemas.xml12()
        #expect(try schema.validate(written).isEmpty)
    }

    @Test(arguments: ["", "a b", "xmlns", "nobody"])
    func `no declaration is made of what is no prefix`(_ prefix: String) throws {
        var document = try Documents.read(
            Documents.json(
                Documents.object(#""e:a":{"xsi:type":"x"}"#),
                prefixes: #""e":"urn:e","xsi":"http://www.w3.org/2001/XMLSchema-instance""#))
        if prefix != "nobody" {
            document.namespaces.append(EPCISNamespace(prefix: Array(prefix.utf8), uri: Array("urn:p".utf8)))
        }
        document.events[0].extensions[0].children[0].text = Array("\(prefix):x".utf8)
        let written = try document.xml(.xml20)
        #expect(!Documents.text(written).contains("urn:p"))
        #expect(try Documents.read(written).eventHashes() == document.eventHashes())
    }

    @Test func `the XSD takes an association event with all its lists`() throws {
        let event = """
            {"type":"AssociationEvent","eventTime":"2026-04-14T09:02:11Z","eventTimeZoneOffset":"+00:00","action":"ADD",\
            "parentID":"urn:x:p","childEPCs":["urn:x:c"],"childQuantityList":[{"epcClass":"urn:x:q","quantity":1}],\
            "bizStep":"assembling","bizTransactionList":[{"bizTransaction":"urn:x:b"}],\
            "sourceList":[{"type":"location","source":"urn:x:s"}]}
            """
        let written = try Documents.read(Documents.json(event)).xml(.xml20)
        #expect(try EPCISSchemas.xml20().validate(written).isEmpty)
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
