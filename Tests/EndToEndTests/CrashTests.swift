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
                let clean = try CleanReplay(of: node)
                try node.start()
                let newer = try node.height()
                #expect(newer >= height, "after crash \(round), \(delay) us into the load")
                height = newer
                if let clean, let next = clean.header(in: try node.get("/blocks/\(clean.height + 1)")) {
                    #expect(next == clean.appHash, "state after block \(clean.height), crash \(round)")
                }
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
            // The state root equals that of a clean replay of all blocks: in the rounds in which the last block was an idle one,
            // which chance decides, once more while nothing is to be done, and the one that stands on the disk.
            node.kill()
            let idle = try #require(try CleanReplay(of: node), "an idle ledger ends with a provable state")
            try node.start()
            #expect(idle.header(in: try node.get("/blocks/\(idle.height + 1)")) == idle.appHash)
            #expect(node.stop() == 0)
            let clean = try #require(try CleanReplay(of: node), "a clean stop ends with a provable state")
            #expect(try node.heldCheckpoints() != [])
            let held = try #require(try CleanReplay(of: node, keeping: { _ in true }))
            #expect(clean == held)
            #expect(clean.logSize == records.count + 1)
            for name in try node.heldCheckpoints() {
                try FileManager.default.removeItem(at: node.ledger.appending(path: name))
            }
            try node.start()
            #expect(try node.logSize() == clean.logSize)
            #expect(clean.header(in: try node.get("/blocks/\(clean.height + 1)")) == clean.appHash)
            try node.settle(try node.captured(Samples.document("afterReplay")))
        }
    }
}

/// The state at which a copy of a stopped node's ledger arrives: by default of its block log and genesis alone, so that
/// every block is executed again from the first one, and each header's state root is compared on the way.
struct CleanReplay: Equatable {
    let height: Int
    let appHash: String
    let logSize: Int

    /// Nil where the replay held, but no header proves the last state yet; throws where it did not hold.
    ///
    /// `keeping`: which files of `ledger/` the copy has.
    init?(of node: RunningNode, keeping: (String) -> Bool = { $0.hasPrefix("blocks") || $0 == "genesis.json" }) throws {
        let copy = node.folder.appending(path: "replay-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: copy) }
        let files = FileManager.default
        try files.createDirectory(at: copy.appending(path: "ledger"), withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: node.ledger.path) where keeping(name) {
            try files.copyItem(at: node.ledger.appending(path: name), to: copy.appending(path: "ledger/\(name)"))
        }
        let target = copy.appending(path: "snapshot").path
        let result = try Tool.run(
            Tool.vivian, ["snapshot", "export", target, "--data", copy.path, "--json"])
        let isUnproven = ["no header proves it yet", "no provable state yet"].contains { result.errors.contains($0) }
        if result.status != 0, isUnproven { return nil }
        guard result.status == 0, let root = try? JSONDocument(parsing: result.output).root,
            let height = root["height"]?.string.flatMap(Int.init), let appHash = root["appHash"]?.string,
            let logSize = root["logSize"]?.string.flatMap(Int.init)
        else { throw PeerFailure(peer: "a clean replay", complaint: result.errors) }
        (self.height, self.appHash, self.logSize) = (height, appHash, logSize)
    }

    /// The state root that the header after ours holds, in the answer that shows its block.
    func header(in reply: Reply) -> String? { reply.json["appHash"]?.string }
}
