import SupplyChain
import Testing

@Suite struct XMLReaderTests {
    @Test func `what 1.2 nests is what 2.0 says plainly`() throws {
        let old = Documents.xml(
            Documents.objectXML(
                """
                <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
                <extension><sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:x:1</source></sourceList>
                <ilmd><extension><e:a xmlns:e="urn:e">1</e:a></extension></ilmd>
                <extension><persistentDisposition><set>urn:epcglobal:cbv:disp:active</set></persistentDisposition></extension></extension>
                """), version: "1")
        let new = Documents.xml(
            Documents.objectXML(
                """
                <bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep>
                <sourceList><source type="https://ref.gs1.org/cbv/SDT-location">urn:x:1</source></sourceList>
                <persistentDisposition><set>https://ref.gs1.org/cbv/Disp-active</set></persistentDisposition>
                <ilmd><e:a xmlns:e="urn:e">1.0</e:a></ilmd>
                """))
        #expect(try Documents.read(old).eventHashes() == Documents.read(new).eventHashes())
    }

    @Test func `attributes and elements of extensions are the same`() throws {
        let attribute = Documents.xml(Documents.objectXML(#"<e:a xmlns:e="urn:e" unit="KGM">1</e:a>"#))
        let json = Documents.json(Documents.object(##""e:a":{"#text":"1","unit":"KGM"}"##), prefixes: #""e":"urn:e""#)
        #expect(try Documents.read(attribute).eventHashes() == Documents.read(json).eventHashes())
    }

    @Test(arguments: [
        ("<bizStep a=\"1\">x</bizStep>", "/EPCISDocument/EPCISBody/EventList/ObjectEvent/bizStep"),
        ("<bizStep><b/></bizStep>", "/EPCISDocument/EPCISBody/EventList/ObjectEvent/bizStep"),
        ("<readPoint/>", "/EPCISDocument/EPCISBody/EventList/ObjectEvent/readPoint"),
        (
            "<quantityList><quantityElement/></quantityList>",
            "/EPCISDocument/EPCISBody/EventList/ObjectEvent/quantityList/quantityElement"
        ),
        ("<quantityList><epc/></quantityList>", "/EPCISDocument/EPCISBody/EventList/ObjectEvent/quantityList/epc"),
        (
            "<bizTransactionList><bizTransaction/></bizTransactionList>",
            "/EPCISDocument/EPCISBody/EventList/ObjectEvent/bizTransactionList/bizTransaction"
        ),
        (
            "<sourceList><source type=\"x\" kind=\"y\">z</source></sourceList>",
            "/EPCISDocument/EPCISBody/EventList/ObjectEvent/sourceList/source"
        ),
        (
            "<persistentDisposition><reset/></persistentDisposition>",
            "/EPCISDocument/EPCISBody/EventList/ObjectEvent/persistentDisposition/reset"
        ),
        (
            "<sensorElementList><sensor/></sensorElementList>",
            "/EPCISDocument/EPCISBody/EventList/ObjectEvent/sensorElementList/sensor"
        ),
        ("<errorDeclaration/>", "/EPCISDocument/EPCISBody/EventList/ObjectEvent/errorDeclaration"),
    ]) func `a refusal tells the element and its line`(_ element: String, _ pointer: String) throws {
        let failure = try #require(throws: SupplyChainFailure.self) {
            try Documents.read(Documents.xml(Documents.objectXML("\n" + element)))
        }
        guard case .malformed(let place, _) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(place.pointer == pointer)
        #expect(place.line == 5)
    }

    @Test(arguments: [
        "<a/>", #"<EPCISDocument schemaVersion="2.0" creationDate="x"/>"#,
        #"<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"/>"#,
        #"<e:EPCISQueryDocument xmlns:e="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0" creationDate="x"/>"#,
        #"<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:3" schemaVersion="2.0" creationDate="x"/>"#,
    ]) func `what is no EPCIS document is refused`(_ text: String) {
        #expect(throws: SupplyChainFailure.self) { try Documents.read(text) }
    }

    @Test func `the deprecated quantity event is refused by name`() throws {
        let event = Documents.objectXML().replacing("ObjectEvent", with: "QuantityEvent")
        let failure = try #require(throws: SupplyChainFailure.self) {
            try Documents.read(Documents.xml(event, version: "1"))
        }
        guard case .unknownEventType(_, let name) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect(name == "QuantityEvent")
    }
}
