import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Vectors leave old blocks, and what is proven about them stays", .serialized)
    struct PrunedVectorTests {
        private static func options(_ more: [String] = []) -> [String] {
            ["--keep-vectors", "2", "--block-file-megabytes", "1"] + more
        }

        /// Whether a vector's bytes stand in a file of blocks.
        private static func isInBlocks(_ vector: [Int], of node: RunningNode) throws -> Bool {
            let bytes = Data(vector.map { UInt8(truncatingIfNeeded: $0) })
            let names = try FileManager.default.contentsOfDirectory(atPath: node.ledger.path)
            return try names.filter { $0.hasPrefix("blocks-") }.contains {
                try Data(contentsOf: node.ledger.appending(path: $0)).range(of: bytes) != nil
            }
        }

        @Test("A deleted and a replaced vector are in no file of blocks any more; roots, searches and headers hold")
        func pruned() throws {
            let node = try RunningNode()
            try node.start(options: Self.options())
            #expect(try VectorTests.create(node, "cards", "--public").status == 0)
            let first = VectorTests.puts(0..<300, seed: 5)
            #expect(try node.vivian("vector", "insert", "cards", VectorTests.file(node, "a", first)).status == 0)
            try VectorTests.settle(node, count: 300)
            let put = try node.height()
            let second = VectorTests.puts(17..<18, seed: 6)
            #expect(try node.vivian("vector", "insert", "cards", VectorTests.file(node, "b", second)).status == 0)
            #expect(
                try node.vivian("vector", "delete", "cards", "1:\(VectorTests.subject(44))").status == 0)
            for vector in [first[17].vector, first[44].vector, first[5].vector] {
                #expect(try Self.isInBlocks(vector, of: node))
            }
            // More than a file of blocks; each stop writes a checkpoint, and there are two.
            let more = VectorTests.puts(1_000..<21_000, seed: 7)
            #expect(try node.vivian("vector", "insert", "cards", VectorTests.file(node, "c", more)).status == 0)
            try VectorTests.settle(node, count: 20_299)
            for round in 0..<2 {
                #expect(node.stop() == 0)
                try node.start(options: Self.options())
                let some = VectorTests.puts(30_000 + round..<30_001 + round, seed: 8)
                #expect(try node.vivian("vector", "insert", "cards", VectorTests.file(node, "d", some)).status == 0)
                try VectorTests.settle(node, count: 20_300 + round)
            }
            let query = node.folder.appending(path: "query.json")
            try Data("\(first[5].vector)".utf8).write(to: query)
            let proof = node.folder.appending(path: "answer.search.json")
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            func answer() throws -> String {
                let made = try node.vivian(
                    "vector", "search", "cards", query.path, "--limit", "9", "--prove", "-o", proof.path)
                #expect(made.status == 0, "\(made.errors)")
                let verified = try node.vivianAlone("verify", proof.path, "--trusted-validators", trusted)
                #expect(verified.status == 0, "\(verified.text)")
                return made.text
            }
            let (before, blocks) = (try answer(), try (1...put).map { try node.get("/blocks/\($0)").json })
            // The last stop's checkpoint lets the first file go, beside the next blocks.
            #expect(node.stop() == 0)
            try node.start(options: Self.options())
            try node.wait("the first file of blocks without its vectors") {
                try !Self.isInBlocks(first[44].vector, of: node)
            }
            for end in ["pruned", "killed", "stopped"] {
                #expect(try !Self.isInBlocks(first[17].vector, of: node) && !Self.isInBlocks(first[5].vector, of: node))
                #expect(try Self.isInBlocks(VectorTests.puts(30_001..<30_002, seed: 8)[0].vector, of: node))
                #expect(try answer() == before, "\(end)")
                for (index, block) in blocks.enumerated() {
                    let now = try node.get("/blocks/\(index + 1)").json
                    for name in ["hash", "appHash", "signedHeader"] { #expect(now[name] == block[name], "\(end)") }
                    let ids = now["transactions"]?.elements.map { $0["id"]?.string }
                    #expect(ids == block["transactions"]?.elements.map { $0["id"]?.string }, "\(end)")
                    #expect(ids?.contains(nil) == false, "\(end)")
                }
                let files = try FileManager.default.contentsOfDirectory(atPath: node.ledger.path)
                #expect(!files.contains { $0.hasSuffix(".part") } && files.contains("blocks-0000000000000001.log"))
                #expect(try node.status()["firstHeight"]?.string == "1")
                if end == "pruned" { node.kill() } else { #expect(node.stop() == 0) }
                try node.start(options: Self.options())
            }
            // Nobody executes what was pruned: without a checkpoint there is no way from genesis.
            #expect(node.stop() == 0)
            for name in ["checkpoint-a", "checkpoint-b"] {
                try FileManager.default.removeItem(at: node.ledger.appending(path: name))
            }
            let refused = try node.vivian("start")
            #expect(refused.status == 1 && refused.errors.contains("its vectors are no longer in the block log"))
        }

        @Test("A transaction with other vectors than were signed is refused, and the right one is taken after it")
        func forged() throws {
            let node = try RunningNode.started()
            #expect(try VectorTests.create(node, "cards", "--public").status == 0)
            let one = VectorTests.puts(0..<1, seed: 9)
            #expect(try node.vivian("vector", "insert", "cards", VectorTests.file(node, "a", one)).status == 0)
            try VectorTests.settle(node, count: 1)
            let bytes = Data(one[0].vector.map { UInt8(truncatingIfNeeded: $0) })
            let texts = try (1...node.height()).flatMap { height in
                try node.get("/blocks/\(height)").json["transactions"]?.elements ?? []
            }.compactMap { $0["bytes"]?.string }
            let whole = try #require(texts.compactMap { Data(base64Encoded: $0) }.first { $0.range(of: bytes) != nil })
            var forged = whole
            let place = try #require(whole.range(of: bytes))
            forged[place.lowerBound] ^= 1
            for (content, status) in [(forged, 422), (whole, 202)] {
                let reply = try node.request(
                    "POST", "/transactions", headers: ["Content-Type: application/cose"], body: Array(content))
                #expect(reply.status == status, "\(reply.text)")
            }
        }
    }
}
