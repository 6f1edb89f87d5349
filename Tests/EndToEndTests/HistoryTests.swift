import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Old states are proven from disk, or the nearest one is named", .serialized, .enabled(if: Tool.hasJudge))
    struct HistoryTests {
        static let rules = Base64.encodeURL(Array("rules".utf8))

        /// A node whose memory holds no old states, with a few dozen blocks.
        static func grown(_ options: [String] = [], documents: Int = 20) throws -> RunningNode {
            let node = try RunningNode()
            try node.start(options: ["--retained-megabytes", "0"] + options)
            for index in 0..<documents { try node.settle(try node.captured(Samples.document("old\(index)"))) }
            return node
        }

        /// Every height's log entry as `vivian state get` gives it; checker and verify must accept all.
        static func proveAll(_ node: RunningNode, named name: String) throws {
            let newest = try node.height() - 1
            #expect(newest >= 40)
            let proofs = try BundleFolder(of: node, named: name)
            var sizes: [String] = []
            for height in 1...newest {
                let result = try node.vivian(
                    "state", "get", "anchor/log", "--prove", "--height", "\(height)", "--trusted", proofs.trusted)
                #expect(result.status == 0, "\(height): \(result.errors)")
                try Data(result.output).write(to: proofs.url.appending(path: "\(height).proof.json"))
                let plain = try node.vivian("state", "get", "anchor/log", "--height", "\(height)")
                sizes.append(String(decoding: plain.output, as: UTF8.self))
            }
            #expect(Set(sizes).count == 21, "the log grew by twenty records")
            #expect(try proofs.judged().filter { $0.value != nil } == [:])
            #expect(try proofs.verified().filter { $0.value != nil } == [:])
        }

        @Test("Every height is proven with no memory for old states: running, after a stop and after a kill")
        func everyHeight() throws {
            let node = try Self.grown()
            try Self.proveAll(node, named: "running")
            #expect(node.stop() == 0)
            try node.start(options: ["--retained-megabytes", "0"])
            try Self.proveAll(node, named: "stopped")
            node.kill()
            try node.start(options: ["--retained-megabytes", "0"])
            try Self.proveAll(node, named: "killed")
        }

        @Test(
            "Without a history, or with a lost one, an old height gets 410 with one that is served",
            arguments: [true, false])
        func nearest(isLost: Bool) throws {
            let node = try Self.grown(isLost ? [] : ["--history-megabytes", "0"])
            node.stop()
            if isLost {
                let folder = node.ledger.appending(path: "history")
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                #expect(!names.isEmpty)
                for name in names {
                    let file = folder.appending(path: name)
                    var bytes = try Data(contentsOf: file)
                    for place in stride(from: 100, to: bytes.count, by: 700) { bytes[place] ^= 1 }
                    try bytes.write(to: file)
                }
            }
            try node.start(options: ["--retained-megabytes", "0"] + (isLost ? [] : ["--history-megabytes", "0"]))
            let served = try BundleFolder(of: node, named: "served")
            for height in [1, 2, 7, 20] {
                let reply = try node.get("/state/params/\(Self.rules)?prove=true&height=\(height)")
                #expect(reply.status == 410)
                #expect(reply.json["type"]?.string?.hasSuffix("pruned") == true)
                let nearest = try #require(reply.json["nearestHeight"]?.string)
                try served.add(
                    "\(height).proof.json", try node.get("/state/params/\(Self.rules)?prove=true&height=\(nearest)"))
            }
            // The ledger itself goes on, and from here on the history does too.
            try node.settle(try node.captured(Samples.document("after")))
            let height = try node.height() - 1
            for index in 0..<3 { try node.settle(try node.captured(Samples.document("later\(index)"))) }
            let reply = try node.get("/state/anchor/\(Base64.encodeURL(Array("log".utf8)))?prove=true&height=\(height)")
            #expect(reply.status == (isLost ? 200 : 410))
            if isLost { try served.add("later.proof.json", reply) }
            #expect(try served.judged().filter { $0.value != nil } == [:])
            #expect(try served.verified().filter { $0.value != nil } == [:])
        }

        @Test("Sizes that are none are refused", arguments: ["--history-megabytes", "--retained-megabytes"])
        func refusedSizes(option: String) throws {
            let node = try RunningNode()
            let result = try node.vivian("start", option + "=-1")
            #expect(result.status != 0 && result.errors.contains(option))
        }
    }
}
