import Codec
import Cryptography
import Foundation
import LedgerModel
import SupplyChain
import Testing
import VectorIndex
import Verification

/// A proof of similar records holds for just its commitment, its query and its answer.
struct SimilarCheckTests {
    private static let made = try? MadeSimilar()

    // MARK: Refused

    /// Changes one thing of a proof that holds; the refusal must say why.
    private static func refusal(_ change: (inout SimilarProofFile) throws -> Void) throws -> String {
        let made = try #require(made)
        var file = try made.file()
        try #require(made.verify(file).reason == nil)
        try change(&file)
        return try #require(made.verify(file).reason)
    }

    @Test func `another commitment's bundle is refused`() throws {
        let made = try #require(Self.made)
        let others: [(inout IndexCommitment) -> Void] = [
            { $0.root = SHA256.hash([1]) }, { $0.count += 1 }, { $0.count = 1 },
        ]
        for change in others {
            var other = made
            change(&other.commitment)
            #expect(
                try Self.refusal { $0.commitment = other.ledger().bundle().encoded() }
                    == "search: the body does not hash to the root that the state holds")
        }
        let another = try MadeSimilar(seed: 2)
        #expect(try Self.refusal { $0.commitment = try another.file().commitment }.hasPrefix("search: "))
        #expect(try Self.refusal { $0.body = try another.file().body }.hasPrefix("search: "))
    }

    @Test func `a record that is no commitment proves nothing`() throws {
        let made = try #require(Self.made)
        let good = made.commitment.encoded()
        let text = String(decoding: good, as: UTF8.self)
        #expect(
            try Self.refusal { $0.commitment = made.ledger("application/json", document: good).bundle().encoded() }
                == "commitment: the record is no \(IndexCommitment.mediaType)")
        let documents = [
            "{}", "[]", "", text + " ", text.replacing(#""count":"400""#, with: #""count":"0""#),
            text.replacing(#""count":"400""#, with: #""count":"0400""#),
            text.replacing(#""count":"400""#, with: #""count":400"#),
            text.replacing(#""count":"400""#, with: #""count":"4294967296""#),
            text.replacing(#""count":"400","#, with: ""), text.replacing(#"{"count""#, with: #"{"a":"1","count""#),
            text.replacing(#""count":"400","#, with: "").replacing("}", with: #","count":"400"}"#),
            text.replacing(made.commitment.root.hex, with: made.commitment.root.hex.uppercased()),
        ]
        for document in documents where document != text {
            let reason = try Self.refusal {
                $0.commitment = made.ledger(document: Array(document.utf8)).bundle().encoded()
            }
            #expect(reason.contains("commitment: "), "\(document): \(reason)")
        }
        #expect(
            try Self.refusal {
                var bundle = made.ledger().bundle()
                (bundle.recordFile, bundle.mediaType) = (nil, nil)
                $0.commitment = bundle.encoded()
            } == "commitment: the bundle does not show its record")
    }

    @Test func `a damaged bundle is refused, and said to be the commitment's`() throws {
        let made = try #require(Self.made)
        #expect(try Self.refusal { $0.commitment = [] }.hasPrefix("commitment: "))
        #expect(try Self.refusal { $0.commitment = Array("{}".utf8) }.hasPrefix("commitment: "))
        let changes: [(inout RecordBundle) -> Void] = [
            { $0.recordFile?[20] ^= 1 }, { $0.statement[40] ^= 1 }, { $0.anchored.value?[0] ^= 1 },
            { $0.log.leafIndex += 1 }, { $0.logState.stateHeight = Height(8) }, { $0.headers = [] },
        ]
        for change in changes {
            var bundle = made.ledger().bundle()
            change(&bundle)
            #expect(try Self.refusal { $0.commitment = bundle.encoded() }.hasPrefix("commitment: "))
        }
        let bytes = try made.file().encoded()
        var policy = MadeLedger().policy
        policy.trustedValidators = [SHA256.hash([1]).bytes]
        #expect(Verifier.verify(bytes, policy: policy, now: nil).reason?.contains("is not the trusted one") == true)
        policy.trustedValidators = []
        #expect(Verifier.verify(bytes, policy: policy, now: nil).reason?.hasPrefix("commitment: ") == true)
    }

    @Test func `another query or answer is refused`() throws {
        let changes: [(inout SimilarProofFile) -> Void] = [
            { $0.query.limit = 4 }, { $0.query.limit = 6 }, { $0.query.probes?.lists = 2 }, { $0.query.probes = nil },
            { $0.query.probes?.finalists = 13 }, { $0.query.vector[0] ^= 1 }, { $0.query.vector.removeLast() },
            { $0.query.limit = 0 }, { $0.answer.swapAt(1, 2) }, { $0.answer.removeLast() }, { $0.answer = [] },
            { $0.answer[2].distance += 1 }, { $0.answer[2].id += 1 }, { $0.answer[2].subject.id = SHA256.hash([]) },
            { $0.answer[2].subject.kind = 1 }, { $0.answer.append($0.answer[0]) }, { $0.body.append(0) },
            { $0.body.removeLast() }, { $0.body = [] },
        ]
        for (index, change) in changes.enumerated() {
            #expect(try Self.refusal(change).hasPrefix("search: "), "\(index)")
        }
    }

    @Test func `a record whose vector in the index is another one was not asked about`() throws {
        #expect(
            try Self.refusal { $0.record = $0.answer[1].subject.id }.hasPrefix(
                "record: the index holds another vector of "))
    }

    @Test func `an index by another distance, or of other subjects, is none of records`() throws {
        let dot = try MadeSimilar(metric: .dot)
        #expect(dot.verify(try dot.file()).reason == "search: the body is of no index of records")
        let registry = try MadeSimilar(kind: 1)
        #expect(registry.verify(try registry.file()).reason == "search: the index holds what is no record")
    }

    @Test(arguments: [MadeSimilar.probes, nil])
    func `no bit of what a proof carries is free`(_ probes: SearchProofFile.Query.Probes?) throws {
        let made = try MadeSimilar(count: 40)
        let file = try made.file(probes: probes)
        let whole = made.verify(file)
        #expect(whole.reason == nil)
        for bit in stride(from: 0, to: file.body.count * 8, by: 11) {
            var damaged = file
            damaged.body[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(made.verify(damaged).reason != nil, "bit \(bit)")
        }
        let text = file.encoded()
        for bit in stride(from: 0, to: text.count * 8, by: 61) {
            var damaged = text
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let outcome = made.verify(damaged)
            guard outcome.reason == nil, outcome.report != whole.report else { continue }
            // The id of a record that is not in the answer is a claim, and said to be one.
            #expect(
                outcome.report.unchecked.contains { $0.contains("whose vector the query is said to be") }, "bit \(bit)")
        }
    }

    @Test func `members that are missing, unknown or filter are refused`() throws {
        let file = try #require(Self.made).file().encoded()
        func read(_ change: (inout [JSON.Member]) -> Void, in name: String? = nil) throws -> Bool {
            let changed = try ChangedJSON.bytes(file, in: name, change)
            return (try? SimilarProofFile(decoding: changed)) != nil
        }
        #expect(try read { _ in })
        #expect(try !read { $0.append(.init(name: "headers", value: .array([]))) })
        for name in ["format", "commitment", "record", "query", "answer", "body"] {
            #expect(try !read { $0.removeAll { $0.name == name } }, "\(name)")
        }
        for (name, value) in [("record", "aa"), ("commitment", "*"), ("format", "vivian-search/1")] {
            #expect(
                try !read { members in
                    members.removeAll { $0.name == name }
                    members.append(.init(name: name, value: .string(value)))
                }, "\(name)")
        }
        let filters = [
            ("tag", "1"), ("distanceMax", "5"), ("owner", String(repeating: "a", count: 64)), ("collection", "1"),
        ]
        for (name, value) in filters {
            let isRead = try read(
                {
                    $0.removeAll { $0.name == name }
                    $0.append(.init(name: name, value: .string(value)))
                }, in: "query")
            #expect(!isRead, "\(name)")
        }
    }

    // MARK: Accepted

    @Test(arguments: [MadeSimilar.probes, nil])
    func `what the index finds is believed, and what is not proven is said`(
        _ probes: SearchProofFile.Query.Probes?
    ) throws {
        let made = try #require(Self.made)
        let file = try made.file(probes: probes)
        #expect(try SimilarProofFile(decoding: file.encoded()) == file)
        let outcome = made.verify(file)
        #expect(outcome.reason == nil)
        let report = outcome.report
        #expect(
            report.holds.contains {
                $0.contains("the newest 400 records of its private index at 2026-09-21T14:13:20.000000000Z by its own")
            })
        #expect(report.holds.contains { $0.hasPrefix("answer 1: record \(made.records[3].hex), distance 0, ") })
        #expect(report.holds.filter { $0.hasPrefix("answer ") }.count == 5)
        #expect(
            report.holds.contains("record: the query is the vector that the index holds of record \(file.record.hex)"))
        #expect(report.unchecked.contains { $0.hasPrefix("whether the gateway put all of its records into") })
        #expect(report.unchecked.contains { $0.hasPrefix("whether vectors of other records than those in hand") })
        #expect(report.unchecked.contains { $0.contains("not probed") } == (probes != nil))
    }

    @Test func `of a record that the index does not hold the query is a claim`() throws {
        let made = try #require(Self.made)
        var file = try made.file()
        file.record = SHA256.hash([])
        let outcome = made.verify(file)
        #expect(outcome.reason == nil)
        #expect(outcome.report.unchecked.contains { $0.hasPrefix("whether the index holds record") })
        #expect(!outcome.report.holds.contains { $0.hasPrefix("record: the query") })
    }
}

/// Whoever holds a record makes its vector again.
struct HeldRecordTests {
    private static func event(_ number: Int) -> [UInt8] {
        Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "creationDate":"2026-04-14T07:05:00Z","epcisBody":{"eventList":[{"action":"OBSERVE",\
            "bizStep":"shipping","epcList":["urn:epc:id:sgtin:4012345.011111.\(number)"],\
            "eventTime":"2026-04-14T09:00:11Z","eventTimeZoneOffset":"+02:00","readPoint":\
            {"id":"urn:epc:id:sgln:4012345.0000\(number % 7).0"},"type":"ObjectEvent"}]},"schemaVersion":"2.0",\
            "type":"EPCISDocument"}
            """.utf8)
    }

    private static let events = (0..<60).map(event)

    private static func bundle(
        _ document: [UInt8], _ mediaType: String = EventRecord.mediaType, isInInterval: Bool = false
    ) -> RecordBundle {
        var ledger = MadeLedger()
        ledger.isInInterval = isInInterval
        ledger.mediaType = mediaType
        ledger.document = document
        return ledger.bundle()
    }

    /// Asks about the first event, with record `held` in hand; why it is refused.
    private static func refusal(
        held: Int, _ bundle: RecordBundle, _ change: (inout MadeSimilar) -> Void = { _ in }
    ) throws -> String? {
        var made = try MadeSimilar(events: events, held: held)
        change(&made)
        return made.verify(try made.file(of: 0).encoded(), records: [bundle.encoded()]).reason
    }

    @Test func `a record in hand that the vectors were not made of is refused`() throws {
        let made = try MadeSimilar(events: Self.events, held: 0)
        let second = Int(try made.file(of: 0).answer[1].id) - 1
        let last = Int(try made.file(of: 0, probes: nil, limit: 60).answer[59].id) - 1
        let other = Self.event(1_000)
        let cases: [(held: Int, bundle: RecordBundle, reason: String)] = [
            (0, Self.bundle(other), "the query is not the vector of its document"),
            (0, Self.bundle(Self.events[second]), "the query is not the vector of its document"),
            (second, Self.bundle(other), "is not as far from the query as answer 2 says"),
            (second, Self.bundle(Self.events[0]), "is not as far from the query as answer 2 says"),
            (last, Self.bundle(Self.events[last]), "is neither the record that was asked about nor an answer"),
            (
                second, Self.bundle(Self.events[second], isInInterval: true),
                "it names no id, and the query is not the vector"
            ),
            (0, Self.bundle(Array("{}".utf8)), "it is no EPCIS event"),
            (0, Self.bundle(Self.events[0], "application/json"), "it is no EPCIS event"),
        ]
        for (index, one) in cases.enumerated() {
            let reason = try Self.refusal(held: one.held, one.bundle)
            #expect(reason?.hasPrefix("record 1 in hand: ") == true, "\(index)")
            #expect(reason?.contains(one.reason) == true, "\(index): \(reason ?? "")")
        }
        var blind = Self.bundle(Self.events[0])
        (blind.recordFile, blind.mediaType) = (nil, nil)
        #expect(try Self.refusal(held: 0, blind) == "record 1 in hand: the bundle does not show its record")
        var damaged = Self.bundle(Self.events[0])
        damaged.statement[40] ^= 1
        #expect(try Self.refusal(held: 0, damaged)?.hasPrefix("record 1 in hand: statement") == true)
        #expect(
            try Self.refusal(held: 0, Self.bundle(Self.events[0])) { $0.commitment.rules = SHA256.hash([7]) }
                == "record 1 in hand: the commitment's vectors were made by rules that this verifier does not know")
    }

    @Test func `records go with a proof of similar records, and are not too many`() throws {
        let record = Self.bundle(Self.events[0]).encoded()
        let alone = Verifier.verify(record, policy: MadeLedger().policy, now: nil, records: [record])
        #expect(alone.reason == "records: they go with a proof of similar records alone")
        let made = try MadeSimilar(events: Self.events, held: 0)
        let many = [[UInt8]](repeating: record, count: Verifier.recordsMax + 1)
        #expect(made.verify(try made.file(of: 0).encoded(), records: many).reason == "records: more than 1001")
    }

    @Test func `of the record that was asked about, and of an answer, it is said that they fit`() throws {
        let made = try MadeSimilar(events: Self.events, held: 0)
        let file = try made.file(of: 0).encoded()
        let outcome = made.verify(file, records: [Self.bundle(Self.events[0]).encoded()])
        #expect(outcome.reason == nil)
        let id = MadeLedger.recordID.hex
        #expect(outcome.report.holds.contains("record \(id): the query is the vector that is made of its document"))
        let nameless = made.verify(file, records: [Self.bundle(Self.events[0], isInInterval: true).encoded()])
        #expect(nameless.reason == nil)
        #expect(nameless.report.holds.contains { $0.hasSuffix("that its id is \(id) is the file's word") })
        let second = Int(try made.file(of: 0).answer[1].id) - 1
        let near = try MadeSimilar(events: Self.events, held: second)
        let answer = near.verify(
            try near.file(of: 0).encoded(), records: [Self.bundle(Self.events[second]).encoded()])
        #expect(answer.reason == nil, "\(answer.reason ?? "")")
        #expect(answer.report.holds.contains { $0.hasPrefix("record \(id): the vector") && $0.contains("answer 2") })
    }
}

/// A file of today's format, kept under Tests/Vectors/similar: a change of the format must be meant.
struct KeptSimilarTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/similar/approximate.similar.json")

    @Test func `today's file is the kept one`() throws {
        let made = try MadeSimilar(count: 40)
        let bytes = try made.file(limit: 3).encoded()
        if ProcessInfo.processInfo.environment["VIVIAN_KEEP"] == "1" { try Data(bytes).write(to: Self.file) }
        #expect(Array(try Data(contentsOf: Self.file)) == bytes)
        #expect(made.verify(bytes).reason == nil)
    }
}
