import Codec
import Cryptography
import Foundation
import LedgerModel
import Proofs
import Testing
import VectorIndex
import Verification

/// A proof of a search holds for just its query and just its answer, under just its header.
struct SearchCheckTests {
    private static let made = try? MadeSearch()

    private static func search() throws -> MadeSearch { try #require(made) }

    // MARK: Refused

    /// Changes one thing of a proof that holds; the refusal must say why.
    private static func refusal(
        _ query: SearchProofFile.Query = MadeSearch.query(), _ change: (inout SearchProofFile) throws -> Void
    ) throws -> String {
        let made = try search()
        var file = try made.file(query)
        try #require(made.verify(file).reason == nil)
        try change(&file)
        return try #require(made.verify(file).reason)
    }

    @Test func `an answer that was reordered, cut, lengthened or changed is refused, and says where`() throws {
        #expect(try Self.refusal { $0.answer.swapAt(1, 2) }.hasPrefix("search: answer 2 is kind 1, subject "))
        #expect(try Self.refusal { $0.answer.removeFirst() }.hasPrefix("search: answer 1 is "))
        #expect(
            try Self.refusal { $0.answer.removeLast() }
                == "search: the answer has 4 subjects, where the index gives 5")
        #expect(try Self.refusal { $0.answer.append($0.answer[0]) }.contains("has 6 subjects"))
        #expect(try Self.refusal { $0.answer = [] }.contains("has 0 subjects"))
        let changes: [(inout SearchProofFile.Answer) -> Void] = [
            { $0.distance += 1 }, { $0.id += 1 }, { $0.tag ^= 1 }, { $0.subject.kind += 1 },
            { $0.subject.id = SHA256.hash([]) },
        ]
        for change in changes { #expect(try Self.refusal { change(&$0.answer[3]) }.hasPrefix("search: answer 4 is ")) }
    }

    @Test func `a proof for other numbers is refused`() throws {
        let changes: [(inout SearchProofFile.Query) -> Void] = [
            { $0.limit = 4 }, { $0.limit = 6 }, { $0.probes?.lists = 2 }, { $0.probes?.lists = 4 },
            { $0.probes?.finalists = 19 }, { $0.probes?.finalists = 21 }, { $0.tag = 1 },
            { $0.distanceMax = 1 }, { $0.vector[0] = -90 }, { $0.vector.append(0) }, { $0.vector.removeLast() },
            { $0.probes = nil }, { $0.collection = 4 }, { $0.limit = 0 }, { $0.probes?.lists = 0 },
            { $0.probes?.finalists = .max },
        ]
        for (index, change) in changes.enumerated() {
            #expect(try Self.refusal { change(&$0.query) }.hasPrefix("search: "), "\(index)")
        }
        let exact = MadeSearch.query(lists: nil)
        #expect(
            try Self.refusal(exact) { $0.query.probes = .init(supers: 2, lists: 3, finalists: 20) }.hasPrefix("search:")
        )
    }

    @Test func `the bytes of a search that probed less or more are refused`() throws {
        let made = try Self.search()
        let less = try made.file(MadeSearch.query(lists: 2)).body
        var query = MadeSearch.query()
        query.probes?.finalists = 21
        let more = try made.file(query).body
        #expect(try Self.refusal { $0.body = less } == "search: the body leaves out what this query reads")
        #expect(try Self.refusal { $0.body = more } == "search: the body carries what this query does not read")
        let other = try MadeSearch(seed: 2).file().body
        #expect(
            try Self.refusal { $0.body = other } == "search: the body does not hash to the root that the state holds")
        #expect(try Self.refusal { $0.body.append(0) }.hasPrefix("search: the body "))
        #expect(try Self.refusal { $0.body.removeLast() }.hasPrefix("search: the body "))
    }

    @Test func `a filter by owner rests on the owner's entry`() throws {
        let made = try Self.search()
        let query = MadeSearch.query(owner: MadeSearch.owners[1])
        let others = try made.file(MadeSearch.query(owner: MadeSearch.owners[0]))
        #expect(try Self.refusal(query) { $0.owner = others.owner }.contains("another key"))
        #expect(try Self.refusal(query) { $0.owner = $0.head }.contains("another key"))
        #expect(try Self.refusal(query) { $0.owner = nil }.contains("owner"))
        #expect(try Self.refusal { $0.owner = others.owner }.contains("owner"))
        #expect(try Self.refusal(query) { $0.owner?.value = [0, 0, 0, 1] }.hasPrefix("owner: "))
        #expect(try Self.refusal(query) { $0.owner?.value = nil }.hasPrefix("owner: "))
    }

    @Test func `a head of another time, store, key or value is refused`() throws {
        let other = try MadeSearch(seed: 2).file()
        #expect(try Self.refusal { $0.head = other.head }.hasPrefix("head: "))
        #expect(try Self.refusal { ($0.head, $0.body) = (other.head, other.body) }.hasPrefix("head: "))
        #expect(try Self.refusal { $0.headers = other.headers }.hasPrefix("head: "))
        #expect(try Self.refusal { $0.head.stateHeight = Height(8) }.contains("header of the state height + 1"))
        #expect(try Self.refusal { $0.head.store = "anchor" } == "head: the entry is not of the store vector")
        #expect(try Self.refusal { $0.head.key[0] ^= 1 }.hasPrefix("head: "))
        #expect(try Self.refusal { $0.head.value = nil }.hasPrefix("head: "))
        #expect(try Self.refusal { $0.head.value?[0] ^= 1 }.hasPrefix("head: "))
        let query = MadeSearch.query(owner: MadeSearch.owners[1])
        #expect(try Self.refusal(query) { $0.owner?.stateHeight = Height(8) }.contains("one state height"))
        #expect(try Self.refusal(query) { $0.owner?.store = "anchor" } == "owner: the entry is not of the store vector")
    }

    @Test func `nobody's validators prove nothing`() throws {
        let made = try Self.search()
        let bytes = try made.file().encoded()
        var policy = made.ledger.policy
        policy.trustedValidators = [SHA256.hash([1]).bytes]
        #expect(Verifier.verify(bytes, policy: policy, now: nil).reason?.contains("is not the trusted one") == true)
        policy.trustedValidators = []
        #expect(Verifier.verify(bytes, policy: policy, now: nil).reason != nil)
        policy = made.ledger.policy
        policy.chainID = "grove-3"
        #expect(Verifier.verify(bytes, policy: policy, now: nil).reason?.contains("is not the expected one") == true)
        policy = made.ledger.policy
        policy.trustingPeriodSeconds = 3_600
        let late: UInt64 = 1_790_000_100_000_000_000 + 3_601_000_000_000
        #expect(Verifier.verify(bytes, policy: policy, now: late).reason == "headers: the trusting period is over")
    }

    @Test(arguments: [
        MadeSearch.query(), MadeSearch.query(lists: nil), MadeSearch.query(tag: 1),
        MadeSearch.query(owner: MadeSearch.owners[1]),
    ])
    func `no bit of what a proof carries is free`(_ query: SearchProofFile.Query) throws {
        let made = try MadeSearch(count: 40)
        let file = try made.file(query)
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
            if outcome.reason == nil { #expect(outcome.report == whole.report, "bit \(bit)") }
        }
    }

    @Test func `members that are missing, unknown or in another spelling are refused`() throws {
        let file = try Self.search().file().encoded()
        func read(_ change: (inout [JSON.Member]) -> Void, in name: String? = nil) throws -> Bool {
            let changed = try ChangedJSON.bytes(file, in: name, change)
            return (try? SearchProofFile(decoding: changed)) != nil
        }
        #expect(try read { _ in })
        #expect(try !read { $0.append(.init(name: "more", value: .null)) })
        #expect(try !read({ $0.append(.init(name: "more", value: .null)) }, in: "query"))
        for name in ["headers", "query", "answer", "head", "body", "format", "chainId", "genesisHash"] {
            #expect(try !read { $0.removeAll { $0.name == name } }, "\(name)")
        }
        for name in ["collection", "vector", "mode", "supers", "lists", "finalists", "limit"] {
            #expect(try !read({ $0.removeAll { $0.name == name } }, in: "query"), "\(name)")
        }
        let values: [(String, String)] = [
            ("collection", "03"), ("collection", "4294967296"), ("vector", ""), ("mode", "fast"), ("limit", "-1"),
            ("distanceMax", "-0"), ("distanceMax", "+1"), ("distanceMax", "2147483648"), ("tag", "1.0"),
            ("owner", "aa"), ("mode", "exact"),
        ]
        for (name, value) in values {
            let isRead = try read(
                {
                    $0.removeAll { $0.name == name }
                    $0.append(.init(name: name, value: .string(value)))
                }, in: "query")
            #expect(!isRead, "\(name) \(value)")
        }
    }

    // MARK: Accepted

    @Test(arguments: [
        MadeSearch.query(), MadeSearch.query(lists: nil), MadeSearch.query(lists: 1, limit: 1),
        MadeSearch.query(lists: 16, limit: 1_000), MadeSearch.query(tag: 1), MadeSearch.query(lists: nil, tag: 9),
        MadeSearch.query(owner: MadeSearch.owners[1]), MadeSearch.query(lists: nil, owner: MadeSearch.owners[0]),
        MadeSearch.query(lists: nil, distanceMax: 9_000), MadeSearch.query(lists: nil, limit: 1_000, distanceMax: 0),
    ])
    func `what the index answers is believed`(_ query: SearchProofFile.Query) throws {
        let made = try Self.search()
        let file = try made.file(query)
        #expect(try SearchProofFile(decoding: file.encoded()) == file)
        let outcome = made.verify(file)
        #expect(outcome.reason == nil)
        let count = file.answer.count
        #expect(
            outcome.report.holds.contains {
                $0.hasPrefix("search: collection 3 of 600 vectors answers ") && $0.contains("with \(count) subjects")
            })
        #expect(outcome.report.holds.filter { $0.hasPrefix("answer ") }.count == count)
        #expect(outcome.report.unchecked.contains { $0.contains("not probed") } == (query.probes != nil))
    }
}

/// A file of today's format, kept under Tests/Vectors/search: a change of the format must be meant.
struct KeptSearchTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/search/filtered.search.json")

    @Test func `today's file is the kept one`() throws {
        let made = try MadeSearch(count: 40)
        let bytes = try made.file(MadeSearch.query(limit: 3, tag: 1, owner: MadeSearch.owners[1])).encoded()
        if ProcessInfo.processInfo.environment["VIVIAN_KEEP"] == "1" { try Data(bytes).write(to: Self.file) }
        #expect(Array(try Data(contentsOf: Self.file)) == bytes)
        #expect(made.verify(bytes).reason == nil)
    }
}
