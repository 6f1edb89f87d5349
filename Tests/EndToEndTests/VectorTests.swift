import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Vectors: put by commands, searched over HTTPS, proven to whoever trusts nobody", .serialized)
    struct VectorTests {
        static let dimension = 16

        /// What a second implementation goes through.
        struct Plan: Encodable {
            struct Operation: Encodable {
                var name: String
                var number: Int
                var tag = 0
                var vector: [Int] = []

                func encode(to encoder: any Encoder) throws {
                    var list = encoder.unkeyedContainer()
                    try list.encode(name)
                    try list.encode(1)
                    try list.encode(VectorTests.subject(number))
                    guard name == "put" else { return }
                    try list.encode(tag)
                    try list.encode(vector)
                }
            }

            var collection = "1"
            var owner: String
            var metric = "squaredL2"
            var dimension = VectorTests.dimension
            var scale = 7
            var countMax = 100_000
            var normMax = VectorTests.dimension * 127 * 127
            var blocks: [[Operation]] = []
        }

        static func subject(_ number: Int) -> String {
            String(repeating: "0", count: 60) + String(format: "%04x", number)
        }

        static func create(_ node: RunningNode, _ name: String, _ more: String...) throws -> ToolResult {
            try Tool.run(
                Tool.vivian,
                [
                    "vector", "create", name, "--dimension", "\(dimension)", "--metric", "squaredL2", "--quota",
                    "100000", "--anyone", "--data", node.data.path, "--json",
                ] + more)
        }

        /// Lines of a file of vectors.
        static func file(_ node: RunningNode, _ name: String, _ operations: [Plan.Operation]) throws -> String {
            let lines = operations.map {
                #"{"kind":1,"subject":"\#(subject($0.number))","tag":\#($0.tag),"vector":\#($0.vector)}"#
            }
            let file = node.folder.appending(path: name)
            try Data(lines.joined(separator: "\n").utf8).write(to: file)
            return file.path
        }

        static func puts(_ numbers: Range<Int>, seed: UInt64) -> [Plan.Operation] {
            var random = SeededGenerator(seed: seed)
            return numbers.map { number in
                Plan.Operation(
                    name: "put", number: number, tag: number % 3,
                    vector: (0..<dimension).map { _ in Int.random(in: -127...127, using: &random) })
            }
        }

        /// Waits until the newest state is the provable one.
        static func settle(_ node: RunningNode, count: Int) throws {
            try node.wait("a proof of \(count) vectors") {
                try node.get("/vectors/1").json["count"] == .number(String(count))
            }
        }

        @Test("Roots and answers are those of a second implementation, before and after a kill")
        func followsTheModel() throws {
            let node = try RunningNode.started()
            #expect(try Self.create(node, "cards", "--public").status == 0)
            try Self.settle(node, count: 0)
            var plan = Plan(owner: try node.get("/vectors/1").json["owner"]?.string ?? "")
            let first = Self.puts(0..<450, seed: 1)
            // Some get another vector, the rest are new.
            let second = Self.puts(430..<700, seed: 2)
            for (index, block) in [first, second].enumerated() {
                let file = try Self.file(node, "vectors-\(index).jsonl", block)
                let result = try node.vivian("vector", "insert", "cards", file)
                #expect(result.status == 0 && result.errors.contains("anyone can reconstruct the text behind a vector"))
                #expect(result.text.contains("put \(block.count) in block "))
                plan.blocks.append(block)
            }
            let gone = [3, 44, 431, 699]
            let deleted = try Tool.run(
                Tool.vivian,
                ["vector", "delete", "cards"] + gone.map { "1:\(Self.subject($0))" } + ["--data", node.data.path])
            #expect(deleted.status == 0)
            plan.blocks.append(gone.map { Plan.Operation(name: "delete", number: $0) })
            try Self.settle(node, count: 696)
            let file = node.folder.appending(path: "plan.json")
            try JSONEncoder().encode(plan).write(to: file)
            func compare() throws {
                let output = try Tool.peer(
                    "vectors", node.address, node.authority, node.keyFile.path, file.path)
                let answer = JSON(try JSONDocument(parsing: output).root)
                #expect(answer["findings"]?.elements.compactMap(\.string) == [])
                #expect(answer["asked"] == .number("60"))
            }
            try compare()
            // By replay, then by a checkpoint.
            node.kill()
            try node.start()
            try compare()
            #expect(node.stop() == 0)
            try node.start()
            try compare()
        }

        @Test("A search is proven offline, and nothing about the proof can be changed")
        func provenOffline() throws {
            let node = try RunningNode.started()
            #expect(try Self.create(node, "cards", "--public").status == 0)
            let vectors = Self.puts(0..<300, seed: 3)
            #expect(try node.vivian("vector", "insert", "1", Self.file(node, "v.jsonl", vectors)).status == 0)
            try Self.settle(node, count: 300)
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            let query = node.folder.appending(path: "query.json")
            try Data("\(vectors[17].vector)".utf8).write(to: query)
            let proof = node.folder.appending(path: "answer.search.json")
            func verify(_ file: String) throws -> ToolResult {
                try node.vivianAlone("verify", file, "--trusted-validators", trusted)
            }
            for more in [[], ["--exact"], ["--tag", "2", "--lists", "2"], ["--distance-max", "0", "--exact"]] {
                let made = try Tool.run(
                    Tool.vivian,
                    ["vector", "search", "cards", query.path, "--limit", "5", "--prove", "-o", proof.path] + more
                        + ["--data", node.data.path])
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.text.hasPrefix("0  1:\(Self.subject(17))"))
                let result = try verify(proof.path)
                #expect(result.status == 0, "\(result.text)")
                #expect(result.text.contains("answer 1: kind 1, subject \(Self.subject(17)), distance 0"))
            }
            let bytes = Array(try Data(contentsOf: proof))
            let damaged = node.folder.appending(path: "damaged.search.json")
            for place in stride(from: bytes.count / 2, to: bytes.count, by: bytes.count / 7) {
                var other = bytes
                other[place] = other[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                try Data(other).write(to: damaged)
                let result = try verify(damaged.path)
                #expect(result.status == 1 && result.text.contains("REFUSED: "), "byte \(place)")
            }
            let stranger = try node.vivianAlone(
                "verify", proof.path, "--trusted-validators", String(repeating: "ab", count: 32))
            #expect(stranger.status == 1)
            // That a subject has no vector is the absence of one entry.
            for (name, isThere) in [("1:\(Self.subject(17))", true), ("1:nobody", false)] {
                let shown = try node.vivian("vector", "show", "cards", "--subject", name, "--prove")
                let file = node.folder.appending(path: "subject.proof.json")
                try Data(shown.output).write(to: file)
                let result = try verify(file.path)
                #expect(result.status == 0 && result.text.contains("is absent") == !isThere)
            }
        }

        @Test("What is not declared public gets no vectors from the command line, and mistakes are told apart")
        func refusals() throws {
            let node = try RunningNode.started()
            #expect(try Self.create(node, "secret").status == 0)
            let file = try Self.file(node, "v.jsonl", Self.puts(0..<3, seed: 4))
            let query = node.folder.appending(path: "query.json").path
            try Data("\([Int](repeating: 1, count: Self.dimension))".utf8).write(to: URL(fileURLWithPath: query))
            try Self.settle(node, count: 0)
            let height = try node.height()
            let refused = try node.vivian("vector", "insert", "secret", file)
            #expect(refused.status == 1 && refused.errors.contains("is not declared public"))
            #expect(try node.height() == height)
            let again = try Self.create(node, "secret")
            #expect(again.status == 2 && again.errors.contains("the account has a collection of this name"))
            let short = node.folder.appending(path: "short.jsonl").path
            try Data(#"{"subject":"a","vector":[16,0]}\#n{"subject":"b","vector":[3,-4]}"#.utf8)
                .write(to: URL(fileURLWithPath: short))
            let angles = try node.vivian("vector", "create", "angles", "--dimension", "2", "--scale", "4", "--public")
            #expect(angles.status == 0, "\(angles.errors)")
            for (arguments, text) in [
                (["insert", "nothing", file], "has no collection nothing"),
                (["insert", "angles", short], "vector 2: the sum of its squares is 25, the collection takes"),
                (["delete", "1", "x"], "is not KIND:SUBJECT"),
                (["delete", "1", "1:nobody"], "a subject has no vector in the collection"),
                (["search", "7", query], "There is no collection 7"),
                (["search", "1", file], "something follows the value; a file with a query a line goes with --queries"),
                (["search", "registry", query], "name another account's as ACCOUNT/NAME"),
                (["search", "1", query, "--limit", "0"], "1 to 1,000"),
                (["create", "Bad", "--dimension", "3"], "a name is"),
                (["create", "bad", "--dimension", "4097"], "--dimension is 1 to 4096"),
            ] {
                let result = try Tool.run(Tool.vivian, ["vector"] + arguments + ["--data", node.data.path])
                #expect(result.status != 0 && result.errors.contains(text), "\(arguments): \(result.errors)")
            }
            let spelling = try Tool.run(Tool.vivian, ["vector", "delete", "1", "x", "--data", node.data.path])
            #expect(spelling.status == 64 && !spelling.errors.contains("Usage"), "\(spelling.errors)")
            let nothing = try Tool.run(
                Tool.vivian, ["vector", "search", "1", query, "--distance-max", "-1", "--data", node.data.path])
            #expect(nothing.status == 0 && nothing.text.isEmpty && nothing.errors.contains("nothing was found"))
            let vector = Base64.encodeURL([UInt8](repeating: 1, count: Self.dimension))
            for (path, status, problem) in [
                ("/vectors/9", 404, "not-found"), ("/vectors/0", 400, "bad-parameter"),
                ("/vectors/9/search?vector=\(vector)", 404, "not-found"), ("/vectors/1/search", 400, "bad-parameter"),
                ("/vectors/1/search?vector=AAAA", 422, "search-refused"),
                ("/vectors/1/search?vector=\(vector)&limit=0", 400, "bad-parameter"),
                ("/vectors/1/search?vector=\(vector)&mode=exact&lists=3", 400, "bad-parameter"),
                ("/vectors/1/search?vector=\(vector)&lists=99999", 422, "search-refused"),
                ("/vectors/1/search?vector=\(vector)&tag=4294967296", 400, "bad-parameter"),
                (
                    "/vectors/1/search?vector=\(vector)&prove=true&trusted=\(String(repeating: "ab", count: 32))", 404,
                    "unknown-trusted-set"
                ),
            ] {
                let reply = try node.get(path)
                #expect(reply.status == status, "\(path): \(reply.text)")
                #expect(reply.json["type"]?.string == "urn:vivian:problem:\(problem)", "\(path)")
            }
            let empty = try node.get("/vectors/1/search?vector=\(vector)")
            #expect(empty.status == 200 && empty.json["answer"] == .array([]))
        }

        @Test("Collections are listed page by page")
        func pages() throws {
            let node = try RunningNode.started()
            for name in ["a", "b", "c"] { #expect(try Self.create(node, name).status == 0) }
            try node.wait("three collections") {
                try node.get("/vectors").json["collections"]?.elements.count == 3
            }
            let first = try node.get("/vectors?limit=2")
            #expect(first.json["collections"]?.elements.compactMap { $0["name"]?.string } == ["a", "b"])
            let cursor = try #require(first.json["next"]?.string)
            let second = try node.get("/vectors?limit=2&cursor=\(cursor)")
            #expect(second.json["collections"]?.elements.compactMap { $0["name"]?.string } == ["c"])
            #expect(second.json["next"] == nil)
            #expect(try node.vivian("vector", "list").text.split(separator: "\n").count == 3)
        }
    }
}
