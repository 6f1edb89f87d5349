import SupplyChain
import Testing

@Suite struct EventHashTests {
    /// What of a value stands in the hash of an extension.
    static func canonical(_ value: String) throws -> Substring {
        let document = Documents.json(Documents.object(#""e:v":"\#(value)""#), prefixes: #""e":"https://e.example/""#)
        let text = try Documents.prehash(document)
        let mark = try #require(text.firstRange(of: "{https://e.example/}v="))
        return text[mark.upperBound...]
    }

    @Test(arguments: [
        ("1.0", "1"), ("+07", "7"), ("-0.0", "0"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), ("1_000", "1000"),
        ("00012.3400", "12.34"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("1.5E-10", "1.5e-10"),
        ("-12.50", "-12.5"),
        ("12345678901234567890", "12345678901234567168"), ("1e23", "99999999999999991611392"),
        ("9007199254740993", "9007199254740992"),
        ("0.1000000000000000055511151231257827", "0.1"), ("123456789.123456789", "123456789.12345679"),
    ]) func `numbers have one spelling`(_ value: String, _ canonical: String) throws {
        #expect(try Self.canonical(value) == canonical)
    }

    @Test(arguments: [
        "1__0", "_1", "1_", "1e", "e5", "+", "-", ".", "1.2.3", "0x10", "1 2", "inf", "-inf", "nan", "1e999", "12a",
        "2013-06-08",
    ]) func `what is no number stays`(_ value: String) throws {
        #expect(try Self.canonical(value) == value)
    }

    @Test(arguments: [
        ("2026-04-14T09:02:11+02:00", "2026-04-14T07:02:11.000Z"),
        ("2026-04-14T09:02:11.1Z", "2026-04-14T09:02:11.100Z"),
        ("2026-01-01T00:30:00+14:00", "2025-12-31T10:30:00.000Z"),
        ("2024-02-28T23:30:00-01:00", "2024-02-29T00:30:00.000Z"),
        ("2026-12-31T23:59:59.9996Z", "2027-01-01T00:00:00.000Z"),
        ("2026-04-14T09:02:11.1415Z", "2026-04-14T09:02:11.142Z"),
        ("2026-04-14t09:02:11.1414999z", "2026-04-14T09:02:11.141Z"),
        ("1900-03-01T00:00:00Z", "1900-03-01T00:00:00.000Z"),
    ]) func `times are in UTC with three decimals`(_ time: String, _ canonical: String) throws {
        let event = Documents.object().replacing("2026-04-14T09:02:11+02:00", with: time)
        #expect(try Documents.prehash(Documents.json(event)).contains("eventTime=\(canonical)eventTimeZoneOffset"))
    }

    @Test func `the two orders round a half differently`() throws {
        let event = Documents.object().replacing("2026-04-14T09:02:11+02:00", with: "2026-04-14T09:02:11.1425Z")
        #expect(try Documents.prehash(Documents.json(event)).contains("11.142Z"))
        #expect(try Documents.prehash(Documents.json(event), order: .standardText).contains("11.143Z"))
    }

    @Test func `a sensor's time that is none stays as it is`() throws {
        let sensors =
            #""sensorElementList":[{"sensorMetadata":{"time":"noon"},"sensorReport":[{"type":"Temperature"}]}]"#
        #expect(
            try Documents.prehash(Documents.json(Documents.object(sensors))).contains(
                "sensorMetadatatime=noonsensorReport"))
    }

    @Test func `the orders place lists, parents and certificates as they say`() throws {
        let event = """
            {"type":"TransactionEvent","eventTime":"2026-04-14T09:02:11Z","eventTimeZoneOffset":"+00:00","action":"ADD",\
            "certificationInfo":"urn:x:c","parentID":"urn:x:p","epcList":["urn:x:e"],\
            "bizTransactionList":[{"bizTransaction":"urn:x:b","type":"po"}],"sourceList":[{"type":"location","source":"urn:x:s"}],\
            "destinationList":[{"type":"location","destination":"urn:x:d"}],\
            "sensorElementList":[{"sensorReport":[{"type":"Temperature","bizRules":"urn:x:r"}]}],"readPoint":{"id":"urn:x:l","e:x":"1"}}
            """
        let document = Documents.json(event, prefixes: #""e":"urn:e:""#)
        let head = "eventType=TransactionEventeventTime=2026-04-14T09:02:11.000ZeventTimeZoneOffset=+00:00"
        let transactions = "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:x:b"
        let sources = "sourceListtype=https://ref.gs1.org/cbv/SDT-locationsource=urn:x:s"
        let destinations = "destinationListtype=https://ref.gs1.org/cbv/SDT-locationdestination=urn:x:d"
        let sensors = "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Temperature"
        #expect(
            try Documents.prehash(document) == head
                + "certificationInfo=urn:x:cparentID=urn:x:pepcListepc=urn:x:eaction=ADDreadPointid=urn:x:l" + sensors
                + transactions + destinations + "readPoint{urn:e:}x=1"
                + "sensorElementListsensorElementsensorReportbizRules=urn:x:r" + sources)
        #expect(
            try Documents.prehash(document, order: .standardText) == head
                + "epcListepc=urn:x:eparentID=urn:x:paction=ADDreadPointid=urn:x:l{urn:e:}x=1" + transactions + sources
                + destinations + sensors + "bizRules=urn:x:r")
    }

    @Test(arguments: [
        (#""bizStep":"shipping""#, #""bizStep":"https://ref.gs1.org/cbv/BizStep-shipping""#),
        (#""bizStep":"shipping""#, #""bizStep":"urn:epcglobal:cbv:bizstep:shipping""#),
        (#""disposition":"active""#, #""disposition":"cbv:Disp-active""#),
        (#""e:a":"1","e:b":"2""#, #""e:b":"2","e:a":1.0"#),
        (#""e:a":true"#, #""e:a":"true""#),
        (#""e:a":["x","y"]"#, #""e:a":["y","x"]"#),
        (#""e:a":"x""#, #""e:a":"  x ""#),
        (#""e:a":"x""#, #""e:a":"x","eventID":"urn:x:1","recordTime":"2026-04-15T00:00:00Z","rdfs:comment":"c""#),
        (#""e:a":"x""#, #""e:a":"x","e:b":null,"bizTransactionList":[],"quantityList":[]"#),
        (#""e:a":"e:z""#, #""e:a":"https://e.example/z""#),
        (
            #""e:a":"x""#,
            #""e:a":"x","errorDeclaration":{"declarationTime":"2026-04-15T00:00:00Z","reason":"incorrect_data"}"#
        ),
        (#""ilmd":{"cbvmda:lotNumber":"A"}"#, #""ilmd":{"m:lotNumber":"A"}"#),
    ]) func `what says the same hashes the same`(_ first: String, _ second: String) throws {
        let prefixes = #""e":"https://e.example/","m":"urn:epcglobal:cbv:mda""#
        let one = try Documents.read(Documents.json(Documents.object(first), prefixes: prefixes))
        let other = try Documents.read(Documents.json(Documents.object(second), prefixes: prefixes))
        #expect(one.eventHashes() == other.eventHashes())
    }

    @Test(arguments: [
        (#""bizStep":"shipping""#, #""bizStep":"receiving""#), (#""e:a":"x""#, #""f:a":"x""#),
        (#""e:a":"x""#, #""e:a":["x","x"]"#),
        (#""e:a":"x""#, #""e:a":{"e:a":"x"}"#), (#""ilmd":{}"#, #""ilmd":{"e:a":""}"#),
        (#""e:a":"1""#, #""e:a":"1.1""#),
    ]) func `what says something else hashes otherwise`(_ first: String, _ second: String) throws {
        let prefixes = #""e":"https://e.example/","f":"https://f.example/""#
        let one = try Documents.read(Documents.json(Documents.object(first), prefixes: prefixes))
        let other = try Documents.read(Documents.json(Documents.object(second), prefixes: prefixes))
        #expect(one.eventHashes() != other.eventHashes())
    }

    @Test func `fields that the document names are left out`() throws {
        let prefixes = #""e":"https://e.example/""#
        let plain = try Documents.read(Documents.json(Documents.object(), prefixes: prefixes))
        let event = Documents.object(#""e:hash":"x","bizStep":"shipping","readPoint":{"id":"urn:x:1","e:hash":"y"}"#)
        let ignoring = try Documents.read(
            Documents.json(event, prefixes: prefixes, members: #","e:ignoreFields":["e:hash","bizStep","readPoint"]"#))
        #expect(ignoring.eventHashes() == plain.eventHashes())
    }
}
