import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("What is kept is proven after old blocks are gone", .serialized, .enabled(if: Tool.hasJudge))
    struct PruningTests {
        /// Blocks in files of 1 MiB, of which those beyond two blocks of history go with each checkpoint.
        static func start(_ node: RunningNode) throws {
            try node.start("--keep-blocks", "2", "--block-file-megabytes", "1")
        }

        /// Proofs at the first and last heights that are served, of a record that is older than all blocks.
        static func proofs(of record: String, on node: RunningNode, named name: String) throws -> BundleFolder {
            let proofs = try BundleFolder(of: node, named: name)
            try proofs.add("old.record.json", try node.get("/records/\(record)/bundle?receipts=true"))
            try proofs.add(
                "trusted.record.json", try node.get("/records/\(record)/bundle?trusted=\(proofs.trusted)"))
            let rules = "/state/params/\(ProofTests.key("rules"))?prove=true"
            let gone = try node.get(rules + "&height=1")
            #expect(gone.status == 410 && gone.problem == "pruned", "\(gone.text)")
            let nearest = try #require(gone.json["nearestHeight"]?.string)
            let first = try node.get(rules + "&height=\(nearest)")
            #expect(first.json["stateHeight"]?.string == nearest)
            try proofs.add("first.proof.json", first)
            try proofs.add("last.proof.json", try node.get(rules))
            let key = Base64.encodeURL(Array("record/".utf8) + (Hex.decode(record) ?? []))
            try proofs.add("present.proof.json", try node.get("/state/anchor/\(key)?prove=true"))
            for store in ProofTests.stores {
                try proofs.add(
                    "\(store).proof.json", try node.get("/state/\(store)/\(ProofTests.key("absent"))?prove=true"))
            }
            return proofs
        }

        @Test("Checker and verify accept the proofs of a pruned ledger, before and after a restart")
        func prunedLedgerProves() throws {
            let node = try RunningNode()
            try Self.start(node)
            let old = try node.captured(try Samples.bytes(Samples.tour[0]))
            try node.settle(old)
            // Each round is more than half a file of blocks; each stop writes a checkpoint.
            for round in 0..<4 {
                let records = try node.captured(Samples.document("prune\(round)n", events: 9_000))
                try node.settle([records[0], records[8_999]])
                #expect(node.stop() == 0)
                try Self.start(node)
            }
            let first = try node.status()["firstHeight"]?.string.flatMap(Int.init) ?? 0
            #expect(first > 1)
            for height in [1, first - 1] {
                let gone = try node.get("/blocks/\(height)")
                #expect(gone.status == 410 && gone.json["nearestHeight"]?.string == String(first), "\(gone.text)")
            }
            #expect(try node.get("/blocks/\(first)").status == 200)
            for name in ["before", "after"] {
                let proofs = try Self.proofs(of: old[0], on: node, named: name)
                #expect(try proofs.judged().filter { $0.value != nil } == [:])
                #expect(try proofs.verified().filter { $0.value != nil } == [:])
                let bad = try BundleFolder(of: node, named: name + "-damaged")
                for file in ["old.record.json", "first.proof.json"] { try proofs.damage(file, count: 20, into: bad) }
                #expect(try bad.judged().count == 40)
                #expect(try bad.judged().filter { $0.value == nil } == [:])
                #expect(try bad.verified().filter { $0.value == nil } == [:])
                if name == "before" {
                    node.kill()
                    try Self.start(node)
                }
            }
            // The record log is whole: nothing of it is ever pruned (D7).
            let size = old.count + 4 * 9_000 + 1
            #expect(try node.logSize() == size)
            #expect(try node.get("/log/tile/entries/000").body.count == 256 * 34)
            #expect(try node.get("/log/consistency?from=1&to=\(size)").status == 200)
        }
    }
}
