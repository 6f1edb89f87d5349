import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("The record log for auditors, and bundles that outlive the node", .serialized, .enabled(if: Tool.hasJudge))
    struct LogTests {
        static func audit(_ node: RunningNode) throws -> JSON {
            let output = try Tool.peer(
                "log", Tool.judges?.path ?? "", node.address, node.authority,
                node.ledger.appending(path: "genesis.json").path, node.keyFile.path)
            return JSON(try JSONDocument(parsing: output).root)
        }

        @Test("Signed checkpoint, entries, tiles and consistency proofs hold, before and after a restart")
        func auditorAccepts() throws {
            let node = try RunningNode.started()
            // More than one tile of 256.
            let records = try node.captured(Samples.document("log", events: 300))
            try node.settle([records[0], records[299]])
            let audit = try Self.audit(node)
            #expect(audit["size"] == .number("301"))
            if case .number(let proofs)? = audit["proofs"] { #expect(Int(proofs) ?? 0 >= 28) }
            node.kill()
            try node.start()
            try node.settle(try node.captured(Samples.document("later")))
            #expect(try Self.audit(node)["size"] == .number("302"))
        }

        @Test("A bundle verifies without the node, after restarts, and is refreshed onto the newest block")
        func bundlesOutlive() throws {
            let node = try RunningNode.started()
            let records = try node.captured(try Samples.bytes(Samples.tour[0]))
            try node.settle(records)
            let bundles = try BundleFolder(of: node, named: "bundles")
            try bundles.add("old.record.json", try node.get("/records/\(records[0])/bundle"))
            try bundles.add("fresh.record.json", try node.get("/records/\(records[0])/bundle?receipts=true"))
            let file = bundles.url.appending(path: "fresh.record.json")
            let before = try Data(contentsOf: file)
            #expect(node.stop() == 0)
            // Nothing listens now.
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            try node.start()
            try node.settle(try node.captured(Samples.document("newer")))
            let refreshed = try node.vivian("refresh", file.path)
            #expect(refreshed.status == 0, "\(refreshed.errors)")
            let after = try Data(contentsOf: file)
            #expect(after != before)
            let (old, new) = (
                JSON(try JSONDocument(parsing: Array(before)).root), JSON(try JSONDocument(parsing: Array(after)).root)
            )
            #expect(old["anchored"]?["value"] == new["anchored"]?["value"])
            #expect(old["statement"] == new["statement"] && old["recordFile"] == new["recordFile"])
            #expect(old["logState"]?["stateHeight"] != new["logState"]?["stateHeight"])
            #expect(new["receipts"]?.elements.isEmpty == false)
            #expect(try bundles.judged().filter { $0.value != nil } == [:])
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
        }

        @Test("A wrong trusted set, chain or genesis is refused by both")
        func wrongTrustIsRefused() throws {
            let node = try RunningNode.started()
            let other = try RunningNode.started()
            let records = try node.captured(Samples.document("trust"))
            try node.settle(records)
            let bundle = try node.get("/records/\(records[0])/bundle")
            let foreign = try BundleFolder(of: other, named: "foreign")
            try foreign.add("one.record.json", bundle)
            #expect(try foreign.judged().filter { $0.value == nil } == [:])
            #expect(try foreign.verified().filter { $0.value == nil } == [:])
        }
    }
}
