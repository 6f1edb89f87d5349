import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("A node killed at any moment loses nothing that it acknowledged", .serialized)
    struct CrashTests {
        /// How often the node is killed: 20, or `VIVIAN_CRASHES` (`deploy/soak`).
        static let crashes = ProcessInfo.processInfo.environment["VIVIAN_CRASHES"].flatMap(Int.init) ?? 20

        /// Sent-out numbers of the records, in the order of the ids.
        static func numbers(of records: [String], on node: RunningNode) throws -> [Int] {
            try records.map { id in
                try node.get("/records/\(id)").json["number"]?.string.flatMap(Int.init) ?? -1
            }
        }

        @Test("kill -9 under load: none lost, none doubled, no gap, and the chain goes on")
        func killedUnderLoad() throws {
            var random = SystemRandomNumberGenerator()
            let node = try RunningNode.started()
            let load = CaptureLoad(on: node)
            var height = 0
            for round in 0..<Self.crashes {
                load.begin(clients: 2, round: round)
                let delay = UInt32.random(in: 0..<250_000, using: &random)
                usleep(delay)
                node.kill()
                load.end()
                try node.start()
                let newer = try node.height()
                #expect(newer >= height, "after crash \(round), \(delay) us into the load")
                height = newer
            }
            let acknowledged = load.acknowledged
            #expect(acknowledged.count == Set(acknowledged).count)
            #expect(acknowledged.count >= Self.crashes / 4)
            try node.wait("an empty outbox") {
                try node.status()["pendingTransactions"] == .number("0") && node.get("/readyz").status == 200
            }
            try node.settle(acknowledged)
            // Handing everything in once more finds what was acknowledged, and makes the rest new.
            var everything = Set<String>()
            for sent in load.sent {
                let reply = try node.capture(sent.body)
                #expect(reply.status == 202)
                let records = reply.json["records"]?.elements.compactMap(\.string) ?? []
                everything.formUnion(records)
                if let before = sent.records {
                    #expect(before == records)
                    #expect(reply.json["newRecords"] == .number("0"))
                }
            }
            let records = everything.sorted()
            try node.settle(records)
            // None doubled: the log holds the genesis and each record once, and the issuer's numbers have no gap.
            #expect(try node.logSize() == records.count + 1)
            let numbers = try Self.numbers(of: records, on: node).sorted()
            let first = try #require(numbers.first)
            #expect(numbers == Array(first..<(first + numbers.count)))
            #expect(first <= 1)
            let bundles = try BundleFolder(of: node, named: "bundles")
            let shown = records.count > 60 ? (0..<60).map { records[$0 * records.count / 60] } : records
            for id in shown { try bundles.add("\(id).record.json", try node.get("/records/\(id)/bundle")) }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            if Tool.hasJudge { #expect(try bundles.judged().filter { $0.value != nil } == [:]) }
            // The state root equals that of a clean replay: without checkpoints, all blocks are executed again.
            let (key, path) = (ProofTests.key("log"), "checkpoint-")
            let before = try node.get("/state/anchor/\(key)").json["value"]
            #expect(node.stop() == 0)
            for half in ["a", "b"] {
                try? FileManager.default.removeItem(at: node.ledger.appending(path: path + half))
            }
            try node.start()
            #expect(try node.get("/state/anchor/\(key)").json["value"] == before)
            try node.settle(try node.captured(Samples.document("afterReplay")))
        }
    }
}
