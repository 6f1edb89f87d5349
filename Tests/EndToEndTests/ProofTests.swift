import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Proofs of a live node, judged by a second implementation", .serialized, .enabled(if: Tool.hasJudge))
    struct ProofTests {
        /// The stores of the state, in their order.
        static let stores = [
            "account", "anchor", "bank", "contract", "governance", "ibc", "index", "market", "nft", "params",
            "registry", "schema", "staking", "upgrade", "vector",
        ]

        static func key(_ text: String) -> String { Base64.encodeURL(Array(text.utf8)) }

        /// The two keys 00 || "sentinel" || k that every store holds, the smallest k on each side of the root (D3).
        static func sentinels(on node: RunningNode) throws -> [String] {
            try (0..<16).map { Base64.encodeURL([0] + Array("sentinel".utf8) + [UInt8($0)]) }.filter {
                try node.get("/state/account/\($0)").json["value"]?.string?.isEmpty == false
            }
        }

        @Test("Checker and verify accept every bundle of published and own documents")
        func recordBundlesHold() throws {
            let node = try RunningNode.started()
            var records: [String] = []
            for file in Samples.tour + Samples.published { records += try node.captured(try Samples.bytes(file)) }
            for file in Samples.tourXML {
                records += try node.captured(try Samples.bytes(file), type: "application/xml")
            }
            records = Array(Set(records))
            try node.settle(records)
            let good = try BundleFolder(of: node, named: "good")
            for (index, id) in records.enumerated() {
                let query = index % 5 == 0 ? "?receipts=true" : index % 5 == 1 ? "?trusted=\(good.trusted)" : ""
                try good.add("\(id.prefix(12)).record.json", try node.get("/records/\(id)/bundle\(query)"))
                let receipt = try node.get("/records/\(id)/receipt")
                #expect(receipt.status == 200 && receipt.type == "application/scitt-receipt+cose")
                #expect(receipt.body.first == 0xd2)
            }
            #expect(records.count >= 30)
            #expect(try good.judged().filter { $0.value != nil } == [:])
            #expect(try good.verified().filter { $0.value != nil } == [:])
        }

        @Test("Checker and verify accept presence and absence in every store, at first and last heights, after restart")
        func stateProofsHold() throws {
            let node = try RunningNode.started()
            let records = try node.captured(try Samples.bytes(Samples.tour[0]))
            try node.settle(records)
            let account = try #require(try node.get("/records/\(records[0])").json["issuer"]?.string)
            let validator = try #require(try node.status()["validator"]?.string)
            let present = [
                ("anchor", Self.key("log")), ("params", Self.key("rules")), ("staking", Self.key("set")),
                ("staking", Self.key("validator/\(validator)")),
                ("account", Base64.encodeURL(Hex.decode(account)!)),
                ("anchor", Base64.encodeURL(Array("record/".utf8) + Hex.decode(records[0])!)),
            ]
            for name in ["before", "after"] {
                let proofs = try BundleFolder(of: node, named: name)
                for (index, (store, key)) in present.enumerated() {
                    let reply = try node.get("/state/\(store)/\(key)?prove=true")
                    #expect(reply.json["value"]?.string != nil, "\(store) \(index)")
                    try proofs.add("\(store)-\(index).proof.json", reply)
                }
                for store in Self.stores {
                    for missing in ["absent", "\u{0}"] {
                        let reply = try node.get(
                            "/state/\(store)/\(Self.key(missing))?prove=true&trusted=\(proofs.trusted)")
                        #expect(reply.json["value"] == .null)
                        try proofs.add("\(store)-\(Hex.encode(Array(missing.utf8))).proof.json", reply)
                    }
                }
                let sentinels = try Self.sentinels(on: node)
                #expect(sentinels.count == 2)
                for (store, key) in Self.stores.flatMap({ store in sentinels.map { (store, $0) } }) {
                    let reply = try node.get("/state/\(store)/\(key)?prove=true")
                    #expect(reply.json["value"]?.string?.isEmpty == false, "\(store)")
                    try proofs.add("\(store)-\(key).proof.json", reply)
                }
                let status = try node.status()
                let heights = [status["firstHeight"]?.string ?? "", "2"]
                for height in heights {
                    let reply = try node.get("/state/params/\(Self.key("rules"))?prove=true&height=\(height)")
                    // After a restart old states may be beyond what is retained; then the nearest one is named.
                    if reply.status == 410, name == "after" {
                        let nearest = try #require(reply.json["nearestHeight"]?.string)
                        try proofs.add(
                            "nearest-\(height).proof.json",
                            try node.get("/state/params/\(Self.key("rules"))?prove=true&height=\(nearest)"))
                    } else {
                        try proofs.add("height-\(height).proof.json", reply)
                    }
                }
                #expect(try proofs.judged().filter { $0.value != nil } == [:])
                #expect(try proofs.verified().filter { $0.value != nil } == [:])
                if name == "before" {
                    #expect(node.stop() == 0)
                    try node.start()
                }
            }
        }

        @Test("Checker and verify refuse every damaged variant")
        func damagedBundlesAreRefused() throws {
            let node = try RunningNode.started()
            let records = try node.captured(try Samples.bytes(Samples.tour[0]))
            try node.settle(records)
            let good = try BundleFolder(of: node, named: "good")
            let bad = try BundleFolder(of: node, named: "bad")
            try good.add("plain.record.json", try node.get("/records/\(records[0])/bundle"))
            try good.add("receipts.record.json", try node.get("/records/\(records[1])/bundle?receipts=true"))
            try good.add("present.proof.json", try node.get("/state/anchor/\(Self.key("log"))?prove=true"))
            try good.add("absent.proof.json", try node.get("/state/market/\(Self.key("none"))?prove=true"))
            #expect(try good.judged().filter { $0.value != nil } == [:])
            for name in try good.judged().keys { try good.damage(name, count: 40, into: bad) }
            let judged = try bad.judged()
            #expect(judged.count == 160)
            #expect(judged.filter { $0.value == nil } == [:])
            #expect(try bad.verified().filter { $0.value == nil } == [:])
        }
    }
}
