import Testing

@testable import SupplyChain

struct EventFeaturesTests {
    static let step = #""bizStep":"shipping","readPoint":{"id":"urn:epc:id:sgln:4012345.00001.2"}"#

    static func features(_ document: String) throws -> EventFeatures {
        EventFeatures(try Documents.read(document).events[0])
    }

    static func features(of event: String) throws -> EventFeatures { try features(Documents.json(event)) }

    static func texts(_ features: EventFeatures) -> Set<String> {
        Set(features.features.map { String(decoding: $0.text, as: UTF8.self) })
    }

    /// Thousandths of the squared weight that two events share: the cosine, without what hashing adds.
    static func shared(_ left: EventFeatures, _ right: EventFeatures) -> Int {
        let other = Dictionary(uniqueKeysWithValues: right.features.map { ($0.text, $0.weight) })
        let product = left.features.reduce(0.0) { $0 + Double($1.weight * (other[$1.text] ?? 0)) }
        func square(_ features: EventFeatures) -> Double {
            features.features.reduce(0.0) { $0 + Double($1.weight * $1.weight) }
        }
        return Int(1_000 * product / (square(left) * square(right)).squareRoot())
    }

    static func epcs(_ serials: Range<Int>, gtin: String = "011111") -> String {
        serials.map { "\"urn:epc:id:sgtin:4012345.\(gtin).\($0)\"" }.joined(separator: ",")
    }

    /// A shipment; what is not said is usual.
    static func shipment(
        step: String = "shipping", place: String = "4012345.00001.2", epcs: String = epcs(0..<4),
        time: String = "2026-04-14T09:02:11+02:00", more: String = ""
    ) -> String {
        """
        {"type":"ObjectEvent","eventTime":"\(time)","eventTimeZoneOffset":"+02:00","action":"OBSERVE",\
        "bizStep":"\(step)","disposition":"in_transit","readPoint":{"id":"urn:epc:id:sgln:\(place)"},\
        "epcList":[\(epcs)]\(more)}
        """
    }

    // MARK: What makes no difference

    @Test func `an event in XML and in JSON is compared by the same`() throws {
        let json = try Self.features(of: Documents.object(Self.step))
        let xml = try Self.features(
            Documents.xml(
                Documents.objectXML(
                    """
                    <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
                    <readPoint><id>urn:epc:id:sgln:4012345.00001.2</id></readPoint>
                    """)))
        #expect(Self.texts(json) == Self.texts(xml))
        #expect(Self.shared(json, xml) == 1_000)
    }

    @Test func `Digital Links and EPC URIs of one object are one`() throws {
        let uri = try Self.features(of: Self.shipment(epcs: #""urn:epc:id:sgtin:4012345.011111.1001""#))
        let link = try Self.features(of: Self.shipment(epcs: #""https://id.gs1.org/01/04012345111118/21/1001""#))
        #expect(Self.texts(uri) == Self.texts(link))
    }

    @Test(arguments: [
        #""eventID":"urn:uuid:11111111-1111-4111-8111-111111111111""#, #""recordTime":"2026-04-15T00:00:00Z""#,
    ])
    func `what says nothing about the event itself is left out`(member: String) throws {
        let plain = try Self.features(of: Documents.object(Self.step))
        #expect(Self.texts(try Self.features(of: Documents.object(Self.step + "," + member))) == Self.texts(plain))
    }

    @Test func `the order of objects does not matter, and none counts twice`() throws {
        let list = #""urn:epc:id:sgtin:4012345.011111.2","urn:epc:id:sgtin:4012345.011111.1""#
        let one = try Self.features(of: Self.shipment(epcs: Self.epcs(1..<3)))
        #expect(Self.shared(one, try Self.features(of: Self.shipment(epcs: list))) == 1_000)
        #expect(Self.shared(one, try Self.features(of: Self.shipment(epcs: list + "," + list))) == 1_000)
    }

    // MARK: How far what is apart

    @Test func `near duplicates are near, other shipments less, other steps and places least`() throws {
        let usual = try Self.features(of: Self.shipment())
        func shared(_ event: String) throws -> Int { Self.shared(usual, try Self.features(of: event)) }
        let later = try shared(Self.shipment(time: "2026-04-14T17:40:00+02:00"))
        let another = try shared(Self.shipment(epcs: Self.epcs(0..<5)))
        let nextDay = try shared(Self.shipment(time: "2026-04-15T09:02:11+02:00"))
        let others = try shared(Self.shipment(epcs: Self.epcs(100..<104)))
        let goods = try shared(Self.shipment(epcs: Self.epcs(100..<104, gtin: "022222")))
        let place = try shared(Self.shipment(place: "4099999.00007.0"))
        let step = try shared(Self.shipment(step: "destroying"))
        let both = try shared(Self.shipment(step: "destroying", place: "4099999.00007.0", epcs: Self.epcs(100..<104)))
        #expect(later == 1_000)
        #expect(later > nextDay && nextDay > another && another > 900, "\(nextDay) \(another)")
        #expect(another > others && others > goods && goods > both, "\(others) \(goods) \(both)")
        #expect(another > place && another > step && place < 800 && step < 800, "\(place) \(step)")
        #expect(both < 400)
    }

    @Test func `a known step at a known place where it is not usual is seen`() throws {
        let here = try Self.features(of: Self.shipment())
        let there = try Self.features(of: Self.shipment(step: "receiving", place: "4012345.00002.0"))
        let odd = try Self.features(of: Self.shipment(step: "receiving"))
        #expect(!Self.texts(odd).isSubset(of: Self.texts(here).union(Self.texts(there))))
    }

    @Test func `another door of the same house is nearer than another house`() throws {
        let door = try Self.features(of: Self.shipment())
        let next = try Self.features(of: Self.shipment(place: "4012345.00001.9"))
        let far = try Self.features(of: Self.shipment(place: "4012345.00009.2"))
        #expect(Self.shared(door, next) > Self.shared(door, far))
    }

    @Test(arguments: [1, 2, 3, 16, 63, 64, 65, 1_000])
    func `however many objects there are, they weigh about the same`(count: Int) throws {
        let features = try Self.features(of: Self.shipment(epcs: Self.epcs(0..<count)))
        let weights = features.features.filter { $0.text.starts(with: Array("epc=".utf8)) }.map(\.weight)
        let total = weights.reduce(0) { $0 + $1 * $1 }
        #expect(weights.count == min(count, 64))
        #expect(total <= 64 && total > 24, "\(total)")
    }

    @Test func `of many objects the same ones count, so one more changes little`() throws {
        let many = try Self.features(of: Self.shipment(epcs: Self.epcs(0..<1_000)))
        let more = try Self.features(of: Self.shipment(epcs: Self.epcs(0..<1_001)))
        #expect(Self.shared(many, more) >= 990)
        // Others of the same kind are others.
        let others = try Self.features(of: Self.shipment(epcs: Self.epcs(2_000..<3_000)))
        #expect(Self.shared(many, others) < 900)
    }

    @Test func `extensions count where they stand, and remarks do not`() throws {
        let plain = try Self.features(of: Self.shipment())
        func with(_ members: String) throws -> EventFeatures {
            try Self.features(
                Documents.json(Self.shipment(more: "," + members), prefixes: #""o":"https://o.example/""#))
        }
        let early = try with(#""o:shift":"early""#)
        let late = try with(#""o:shift":"late""#)
        #expect(Self.shared(plain, early) < 1_000)
        #expect(Self.shared(early, late) < Self.shared(early, early))
        #expect(Self.texts(try with(#""o:a":{"o:b":"1"}"#)) != Self.texts(try with(#""o:b":{"o:a":"1"}"#)))
    }

    @Test func `weights are those that an embedder takes, and no feature comes twice`() throws {
        for event in [Documents.object(), Documents.object(Self.step), Self.shipment(epcs: Self.epcs(0..<300))] {
            let features = try Self.features(of: event).features
            #expect(features.allSatisfy { (1...15).contains($0.weight) && !$0.text.isEmpty })
            #expect(Set(features.map(\.text)).count == features.count)
        }
    }

    // MARK: What is no event

    @Test(arguments: ["", "{}", "[]", "no JSON", #"{"hash":"00","sequence":"1"}"#])
    func `what is no document with one event has no features`(text: String) {
        #expect(EventFeatures(document: Array(text.utf8)) == nil)
    }

    @Test func `a document with two events has none`() {
        let text = Documents.json(Documents.object(), Documents.object(Self.step))
        #expect(EventFeatures(document: Array(text.utf8)) == nil)
        #expect(EventFeatures(document: Array(Documents.json(Documents.object()).utf8)) != nil)
    }
}
