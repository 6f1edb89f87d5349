import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Anchored by intervals, every record is proven and the volume does not show", .serialized)
    struct BatchTests {
        static let batch = ["--anchor-mode", "batch", "--batch-interval", "1", "--batch-size", "64"]
        /// So long that it does not end while a test runs.
        static let never = ["--anchor-mode", "batch", "--batch-interval", "3600", "--batch-size", "64"]

        static func started(_ options: [String]) throws -> RunningNode {
            let node = try RunningNode()
            try node.start(options: options)
            return node
        }

        /// Number and leaf of each record.
        static func places(_ records: [String], on node: RunningNode) throws -> [(number: Int, leaf: Int)] {
            try records.map { id in
                let record = try node.get("/records/\(id)").json
                return (
                    record["number"]?.string.flatMap(Int.init) ?? -1, record["logIndex"]?.string.flatMap(Int.init) ?? -1
                )
            }
        }

        /// All transactions on the ledger, and how many each block has.
        static func transactions(on node: RunningNode) throws -> [[UInt8]] {
            try (1...(try node.height())).flatMap { height in
                (try node.get("/blocks/\(height)").json["transactions"]?.elements ?? []).map {
                    Base64.decode($0["bytes"]?.string ?? "") ?? []
                }
            }
        }

        /// Checker and verify accept the bundle of each of these.
        static func expectProven(_ records: [String], named name: String, on node: RunningNode) throws {
            let bundles = try BundleFolder(of: node, named: name)
            for (index, id) in records.enumerated() {
                let query = index % 5 == 0 ? "?receipts=true" : ""
                try bundles.add("\(id.prefix(12)).record.json", try node.get("/records/\(id)/bundle\(query)"))
            }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            if Tool.hasJudge { #expect(try bundles.judged().filter { $0.value != nil } == [:]) }
        }

        @Test("Checker and verify accept every bundle; its inner path is as long as the interval is padded")
        func bundlesHold() throws {
            let node = try Self.started(Self.batch)
            var records: [String] = []
            for file in Samples.tour { records += try node.captured(try Samples.bytes(file)) }
            records = Array(Set(records))
            try node.settle(records)
            try Self.expectProven(records, named: "good", on: node)
            try Self.renew(records, on: node)
            for id in records {
                let log = try node.get("/records/\(id)/bundle").json["log"]
                #expect(log?["inner"]?["treeSize"]?.string == "64")
                #expect(log?["inner"]?["path"]?.elements.count == 6)
                let receipt = try node.get("/records/\(id)/receipt")
                #expect(receipt.status == 200 && receipt.type == "application/scitt-receipt+cose")
            }
        }

        /// A bundle does not name its record: whoever renews it does, and the right one.
        static func renew(_ records: [String], on node: RunningNode) throws {
            let file = node.folder.appending(path: "renewed.record.json")
            let old = try node.get("/records/\(records[0])/bundle").body
            try Data(old).write(to: file)
            let unnamed = try node.vivian("refresh", file.path)
            #expect(unnamed.status == 1 && unnamed.errors.contains("--record ID"), "\(unnamed.errors)")
            let wrong = try node.vivian("refresh", file.path, "--record", records[1])
            #expect(wrong.status == 1 && wrong.errors.contains("another record"), "\(wrong.errors)")
            #expect(try Data(contentsOf: file) == Data(old))
            let right = try node.vivian("refresh", file.path, "--record", records[0])
            #expect(right.status == 0, "\(right.errors)")
        }

        @Test("Checker and verify refuse every damaged variant, those of the inner path among them")
        func damagedBundlesAreRefused() throws {
            let node = try Self.started(Self.batch)
            let records = try node.captured(try Samples.bytes(Samples.tour[0]))
            try node.settle(records)
            let good = try BundleFolder(of: node, named: "good")
            let bad = try BundleFolder(of: node, named: "bad")
            try good.add("plain.record.json", try node.get("/records/\(records[0])/bundle"))
            try good.damage("plain.record.json", count: 250, into: bad)
            let whole = try node.get("/records/\(records[0])/bundle").text
            // The parts of two records of one interval do not mix, and an interval's padding proves nothing.
            let other = try node.get("/records/\(records[1])/bundle").text
            for (name, member) in [("statement", "statement"), ("index", "leafIndex"), ("size", "treeSize")] {
                let mixed = Self.replacing(member, of: whole, by: other, within: member == "statement" ? nil : "inner")
                if mixed != whole {
                    try Data(mixed.utf8).write(to: bad.url.appending(path: "mixed-\(name).record.json"))
                }
            }
            let verdicts = try bad.verified()
            #expect(verdicts.filter { $0.value == nil } == [:])
            #expect(verdicts.count >= 252)
            if Tool.hasJudge { #expect(try bad.judged().filter { $0.value == nil } == [:]) }
        }

        /// A text member's value taken from another bundle, the first one after `place`.
        static func replacing(_ member: String, of text: String, by other: String, within place: String?) -> String {
            func range(in text: String) -> Range<String.Index>? {
                let start = place.flatMap { text.range(of: "\"\($0)\":")?.upperBound } ?? text.startIndex
                guard let name = text.range(of: "\"\(member)\":\"", range: start..<text.endIndex),
                    let end = text.range(of: "\"", range: name.upperBound..<text.endIndex)
                else { return nil }
                return name.upperBound..<end.lowerBound
            }
            guard let here = range(in: text), let there = range(in: other) else { return text }
            return text.replacingCharacters(in: here, with: other[there])
        }

        @Test("One record and sixty-four leave the same traces: one leaf, one transaction of the same size")
        func volumeDoesNotShow() throws {
            let node = try Self.started(Self.batch)
            var records: [String] = []
            for (name, count) in [("single", 1), ("full", 64), ("few", 5)] {
                let captured = try node.captured(Samples.document(name, events: count))
                #expect(captured.count == count)
                try node.settle([captured[count - 1]])
                records += captured
            }
            let transactions = try Self.transactions(on: node)
            #expect(transactions.count == 3)
            #expect(Set(transactions.map(\.count)).count == 1)
            #expect(try node.logSize() == 4)
            // Every leaf of the log came with one transaction, and no record's own id stands on the ledger.
            for transaction in transactions {
                for id in records { #expect(Data(transaction).range(of: Data(Hex.decode(id)!)) == nil) }
            }
            #expect(Set(try Self.places(records, on: node).map(\.number)) == [0, 1, 2])
            // More than an interval holds waits for the next one, instead of showing.
            let many = try node.captured(Samples.document("many", events: 130))
            try node.settle([many[129]])
            #expect(try node.logSize() == 7)
            #expect(Set(try Self.transactions(on: node).map(\.count)).count == 1)
        }

        @Test("Where idle time is covered, intervals of padding are anchored and look the same")
        func idleTimeIsCovered() throws {
            let node = try Self.started(Self.batch + ["--batch-cover"])
            try node.wait("three intervals without a record") { try node.logSize() >= 4 }
            let records = try node.captured(Samples.document("covered"))
            try node.settle(records)
            #expect(Set(try Self.transactions(on: node).map(\.count)).count == 1)
            try Self.expectProven(records, named: "covered", on: node)
        }

        @Test("kill -9 before, at and after the end of intervals: none lost, none doubled, no gap")
        func killedBetweenIntervals() throws {
            var random = SystemRandomNumberGenerator()
            let node = try Self.started(Self.batch)
            let load = CaptureLoad(on: node)
            for round in 0..<5 {
                load.begin(clients: 1, round: round)
                usleep(UInt32.random(in: 50_000..<1_050_000, using: &random))
                node.kill()
                load.end()
                try node.start(options: Self.batch)
            }
            let acknowledged = load.acknowledged
            #expect(acknowledged.count == Set(acknowledged).count)
            #expect(acknowledged.count >= 5)
            // Documents are small and intervals are filled in order: first and last record of each are enough.
            var ends = Set<String>()
            for sent in load.sent {
                let reply = try node.capture(sent.body)
                let records = reply.json["records"]?.elements.compactMap(\.string) ?? []
                ends.formUnion([try #require(records.first), try #require(records.last)])
                if let before = sent.records {
                    #expect(before == records)
                    #expect(reply.json["newRecords"] == .number("0"))
                }
            }
            let records = ends.sorted()
            for id in records {
                try node.wait("record \(id)") { try node.get("/records/\(id)").json["logIndex"]?.string != nil }
            }
            // An interval is a number is a leaf, and there is none without records.
            let places = try Self.places(records, on: node)
            let numbers = Set(places.map(\.number))
            #expect(numbers == Set(0..<numbers.count))
            #expect(places.allSatisfy { $0.leaf == $0.number + 1 })
            #expect(try node.logSize() == numbers.count + 1)
            let shown = records.count > 40 ? (0..<40).map { records[$0 * records.count / 40] } : records
            try node.settle(shown)
            try Self.expectProven(shown, named: "bundles", on: node)
        }

        @Test("The mode is changed back and forth on one folder: numbers go on, old bundles stay whole")
        func modesChange() throws {
            let node = try RunningNode()
            var records: [String] = []
            // An interval that is forming when the mode changes is ended first.
            for (round, options) in [[], Self.never, [], Self.batch, Self.never, Self.batch].enumerated() {
                try node.start(options: options)
                let document = Samples.document("mode\(round)", events: 2)
                let captured = try node.captured(document)
                if options != Self.never { try node.settle(captured) }
                records += captured
                #expect(try node.capture(Samples.document("mode0", events: 2)).json["newRecords"] == .number("0"))
                #expect(node.stop() == 0)
            }
            try node.start()
            try node.settle(records)
            let places = try Self.places(records, on: node)
            // Two records, an interval, two records, an interval; then one that the last round's records may have joined.
            #expect(places.prefix(10).map(\.number) == [0, 1, 2, 2, 3, 4, 5, 5, 6, 6])
            let last = try #require(places.last).number
            #expect(6...7 ~= last && places[10].number == last)
            #expect(places.allSatisfy { $0.leaf == $0.number + 1 })
            #expect(try node.logSize() == last + 2)
            try Self.expectProven(records, named: "all", on: node)
        }

        @Test("An erased record is gone; its interval and the others in it stay proven, and nobody sees it happen")
        func erasureInAnInterval() throws {
            let node = try Self.started(Self.batch)
            let records = try node.captured(Samples.document("erase", events: 3))
            try node.settle(records)
            let before = try Self.transactions(on: node).count
            #expect(try node.vivian("erase", records[1], "--json").status == 0)
            let bundle = try node.get("/records/\(records[1])/bundle")
            #expect(bundle.json["recordFile"] == nil && bundle.json["log"]?["inner"] != nil)
            try Self.expectProven(records, named: "after", on: node)
            #expect(try node.get("/records/\(records[0])/bundle").json["recordFile"] != nil)
            // Also while its interval is still forming.
            #expect(node.stop() == 0)
            try node.start(options: Self.never)
            let early = try node.captured(Samples.document("early", events: 2))
            #expect(try node.vivian("erase", early[0], "--json").status == 0)
            #expect(node.stop() == 0)
            try node.start(options: Self.batch)
            try node.settle(early)
            try Self.expectProven(early, named: "early", on: node)
            #expect(try node.get("/records/\(early[0])/bundle").json["recordFile"] == nil)
            // One transaction for the interval, none for the two erasures.
            #expect(try Self.transactions(on: node).count == before + 1)
            #expect(try node.get("/metrics").text.contains("\nvivian_outbox_pending 0\n"))
        }

        @Test("Options that do not go together stop the start, and all are named")
        func optionsAreRefused() throws {
            let node = try RunningNode()
            for (options, problems) in [
                (["--batch-size", "64"], ["--batch-size goes with --anchor-mode batch"]),
                (["--batch-cover"], ["--batch-cover goes with"]),
                (["--anchor-mode", "leaf"], ["--anchor-mode is record or batch"]),
                (
                    [
                        "--anchor-mode", "batch", "--batch-size", "100", "--batch-interval", "0",
                        "--deduplication-days", "0",
                    ], ["--batch-size is a power of two", "--batch-interval is 1 to", "--deduplication-days is 1 to"]
                ),
            ] {
                let result = try Tool.run(
                    Tool.vivian, ["start", "--data", node.data.path, "--listen", "127.0.0.1:0"] + options)
                #expect(result.status == 64)
                for problem in problems { #expect(result.errors.contains(problem), "\(result.errors)") }
            }
        }
    }
}
