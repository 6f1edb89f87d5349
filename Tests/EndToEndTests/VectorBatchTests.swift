import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Many queries are answered from one state, in one request", .serialized)
    struct VectorBatchTests {
        static let path = "/vectors/1/search"

        /// A node with a collection of 300 vectors.
        static func started(count: Int = 300) throws -> RunningNode {
            let node = try RunningNode.started()
            #expect(try VectorTests.create(node, "cards", "--public").status == 0)
            let file = try VectorTests.file(node, "v.jsonl", VectorTests.puts(0..<count, seed: 1))
            #expect(try node.vivian("vector", "insert", "cards", file).status == 0)
            try VectorTests.settle(node, count: count)
            return node
        }

        static func queries(_ count: Int, seed: UInt64 = 9) -> [[Int]] {
            var random = SeededGenerator(seed: seed)
            return (0..<count).map { _ in
                (0..<VectorTests.dimension).map { _ in Int.random(in: -127...127, using: &random) }
            }
        }

        static func base64(_ vector: [Int]) -> String {
            Base64.encodeURL(vector.map { UInt8(truncatingIfNeeded: $0) })
        }

        static func post(
            _ node: RunningNode, _ body: String, path: String = path, type: String = "application/json"
        ) throws -> Reply {
            try node.request("POST", path, headers: ["Content-Type: \(type)"], body: Array(body.utf8))
        }

        static func search(_ node: RunningNode, _ arguments: String...) throws -> ToolResult {
            try Tool.run(Tool.vivian, ["vector", "search"] + arguments + ["--data", node.data.path])
        }

        static func lines(_ node: RunningNode, _ lines: [String], name: String = "queries.jsonl") throws -> String {
            let file = node.folder.appending(path: name)
            try Data(lines.joined(separator: "\n").utf8).write(to: file)
            return file.path
        }

        @Test("Each answer is what the query gets alone, whatever is asked for and however the vectors are written")
        func sameAsAlone() throws {
            let node = try Self.started()
            let owner = try node.get("/vectors/1").json["owner"]?.string ?? ""
            for (members, parameters) in [
                ("", ""), (#","mode":"exact""#, "&mode=exact"),
                (#","supers":1,"lists":2,"finalists":9,"limit":4"#, "&supers=1&lists=2&finalists=9&limit=4"),
                (#","tag":2,"limit":3.0"#, "&tag=2&limit=3"),
                (#","distanceMax":60000,"mode":"exact","limit":1000"#, "&distanceMax=60000&mode=exact&limit=1000"),
                (#","distanceMax":-1,"mode":"approximate""#, "&distanceMax=-1&mode=approximate"),
                (#","owner":"\#(owner)","prove":false"#, "&owner=\(owner)"),
                (
                    #","owner":"\#(String(repeating: "00", count: 32))""#,
                    "&owner=\(String(repeating: "00", count: 32))"
                ),
            ] {
                let queries = Self.queries(7)
                let written = queries.enumerated().map { $0 % 2 == 0 ? "\($1)" : #""\#(Self.base64($1))""# }
                let batch = try Self.post(node, #"{"queries":[\#(written.joined(separator: ","))]\#(members)}"#)
                #expect(batch.status == 200, "\(members): \(batch.text)")
                let view = try node.get("/vectors/1").json
                #expect(batch.json["root"] == view["root"] && batch.json["count"] == view["count"])
                #expect(batch.json["collection"] == .string("1"))
                let answers = batch.json["answers"]?.elements ?? []
                #expect(answers.count == queries.count)
                for (query, answer) in zip(queries, answers) {
                    let alone = try node.get("\(Self.path)?vector=\(Self.base64(query))\(parameters)").json
                    #expect(answer["answer"] == alone["answer"] && answer["cost"] == alone["cost"], "\(members)")
                    #expect(alone["answer"] != nil && alone["cost"] != nil)
                }
            }
        }

        @Test("What a batch must not be is refused, and a wrong query by its place")
        func refusals() throws {
            let node = try Self.started(count: 3)
            let one = "\(Self.queries(1)[0])"
            func many(_ count: Int) -> String { [String](repeating: one, count: count).joined(separator: ",") }
            let short = "[\(many(1).dropFirst().split(separator: ",").dropLast().joined(separator: ","))]"
            for (body, status, problem, text) in [
                (#"{"queries":[]}"#, 422, "invalid-document", "/queries"),
                ("{}", 422, "invalid-document", "queries"),
                (#"{"queries":[\#(many(257))]}"#, 422, "invalid-document", "/queries"),
                (#"{"queries":{}}"#, 422, "invalid-document", "/queries"),
                (#"{"queries":[\#(one),[]]}"#, 422, "invalid-document", "/queries/1"),
                (#"{"queries":[\#(one),""]}"#, 422, "invalid-document", "/queries/1"),
                (#"{"queries":[\#(one),"AAA="]}"#, 422, "invalid-document", "/queries/1"),
                (#"{"queries":[\#(one),7]}"#, 422, "invalid-document", "/queries/1"),
                (#"{"queries":[\#(one),{"vector":\#(one)}]}"#, 422, "invalid-document", "/queries/1"),
                (#"{"queries":[\#(one),[1,2.5]]}"#, 422, "invalid-document", "/queries/1/1"),
                (#"{"queries":[\#(one),[1,"2"]]}"#, 422, "invalid-document", "/queries/1/1"),
                (#"{"queries":[\#(one),[128]]}"#, 422, "invalid-document", "/queries/1/0"),
                (#"{"queries":[\#(one),[-128]]}"#, 422, "invalid-document", "/queries/1/0"),
                (#"{"queries":[\#(one),[1e400]]}"#, 422, "invalid-document", "/queries/1/0"),
                (#"{"queries":[\#(one)],"limit":0}"#, 422, "invalid-document", "/limit"),
                (#"{"queries":[\#(one)],"limit":"5"}"#, 422, "invalid-document", "/limit"),
                (#"{"queries":[\#(one)],"lists":99999}"#, 422, "invalid-document", "/lists"),
                (#"{"queries":[\#(one)],"tag":4294967296}"#, 422, "invalid-document", "/tag"),
                (#"{"queries":[\#(one)],"distanceMax":2147483648}"#, 422, "invalid-document", "/distanceMax"),
                (#"{"queries":[\#(one)],"owner":"ab"}"#, 422, "invalid-document", "/owner"),
                (#"{"queries":[\#(one)],"mode":"best"}"#, 422, "invalid-document", "/mode"),
                (#"{"queries":[\#(one)],"vector":\#(one)}"#, 422, "invalid-document", "vector"),
                (#"{"queries":[\#(one)],"mode":"exact","lists":3}"#, 400, "bad-parameter", "approximate"),
                (#"{"queries":[\#(one)],"prove":true}"#, 400, "bad-parameter", "prove=true, one query at a time"),
                (#"{"queries":[\#(many(26))],"limit":1000}"#, 422, "batch-too-large", "At most 25 queries"),
                (
                    #"{"queries":[\#(one),\#(short),\#(one),"AAAA"]}"#, 422, "search-refused",
                    "queries[1]: the vector has 15 components, the collection's have 16; 1 more"
                ),
                (
                    #"{"queries":[\#(one),"\#(Self.base64([-128] + Array(repeating: 0, count: 15)))"]}"#, 422,
                    "search-refused", "queries[1]: component 0 of the vector is -128"
                ),
                ("", 400, "unreadable-document", ""), ("[", 400, "unreadable-document", ""),
                ("[\(one)]", 422, "invalid-document", ""),
                (#"{"queries":[\#(one)],"queries":[\#(one)]}"#, 400, "unreadable-document", ""),
            ] {
                let reply = try Self.post(node, body)
                #expect(reply.status == status && reply.problem == problem, "\(body.prefix(200)): \(reply.text)")
                #expect(text.isEmpty || reply.text.contains(text), "\(body.prefix(200)): \(reply.text)")
            }
            let wrong = try Self.post(node, #"{"queries":[[1],\#(one),[1,2]]}"#).json["violations"]?.elements ?? []
            #expect(wrong.compactMap { $0["pointer"]?.string } == ["/queries/0", "/queries/2"])
            let good = #"{"queries":[\#(one)]}"#
            for (path, type, key, status) in [
                ("/vectors/9/search", "application/json", nil, 404),
                ("/vectors/0/search", "application/json", nil, 400),
                ("/vectors/4294967296/search", "application/json", nil, 400),
                ("\(Self.path)?limit=3", "application/json", nil, 400), (Self.path, "text/plain", nil, 415),
                (Self.path, "application/x-www-form-urlencoded", nil, 415), (Self.path, "application/json", "", 401),
            ] {
                let reply = try node.request(
                    "POST", path, headers: ["Content-Type: \(type)"], body: Array(good.utf8), key: key)
                #expect(reply.status == status && reply.problem != nil, "\(path) \(type): \(reply.text)")
            }
            let large = good + String(repeating: " ", count: 2 << 20)
            #expect(try Self.post(node, large).problem == "too-large")
            // What was refused has done nothing to what is not.
            #expect(try Self.post(node, good).json["answers"]?.elements.count == 1)
        }

        @Test("A batch of an exact search has its bound, and a collection without vectors answers nothing")
        func emptyCollection() throws {
            let node = try RunningNode.started()
            #expect(try VectorTests.create(node, "cards", "--public").status == 0)
            try VectorTests.settle(node, count: 0)
            let batch = try Self.post(node, #"{"queries":\#(Self.queries(256)),"mode":"exact"}"#)
            #expect(batch.status == 200)
            #expect(batch.json["count"] == .number("0"))
            #expect(batch.json["answers"]?.elements.count == 256)
            #expect(batch.json["answers"]?.elements.allSatisfy { $0["answer"] == .array([]) } == true)
        }

        @Test("The command line asks a file of queries in as few requests as it takes")
        func commandLine() throws {
            let node = try Self.started()
            let vectors = VectorTests.puts(0..<300, seed: 1)
            let file = try VectorTests.file(node, "again.jsonl", vectors)
            let all = try Self.search(node, "cards", "--queries", file, "--limit", "1", "--exact")
            #expect(all.status == 0, "\(all.errors)")
            let printed = all.text.split(separator: "\n")
            #expect(printed.filter { $0.hasPrefix("state after block ") }.count == 2)
            #expect(printed.filter { $0.hasPrefix("line ") }.count == 300)
            for number in [0, 17, 255, 256, 299] {
                let subject = VectorTests.subject(number)
                let place = printed.firstIndex(of: "line \(number + 1): \(subject)")
                #expect(place.map { printed[$0 + 1] } == "  0  1:\(subject)  tag \(number % 3)")
            }
            // So much at once that requests are halved until they are taken.
            let mixed = try Self.lines(
                node,
                (0..<60).map { number in
                    number % 2 == 0 ? "\(vectors[number].vector)" : #"{"vector":\#(vectors[number].vector)}"#
                } + ["", "  "])
            let json = try Self.search(node, "cards", "--queries", mixed, "--limit", "1000", "--json")
            #expect(json.status == 0, "\(json.errors)")
            let root = JSON(try JSONDocument(parsing: Array(json.text.utf8)).root)
            #expect(root["collection"] == .string("1"))
            let answers = root["answers"]?.elements ?? []
            #expect(answers.compactMap { $0["line"] } == (1...60).map { .number(String($0)) })
            for (number, answer) in answers.enumerated() {
                #expect(answer["answer"]?.elements.first?["subject"]?.string == VectorTests.subject(number))
                #expect(answer["stateHeight"]?.string != nil && answer["cost"]?["distances"] != nil)
            }
            // Whoever wrote the file does not steer the terminal.
            let loud = try Self.lines(
                node, [#"{"subject":"a\n\u001b[31mb","vector":\#(vectors[0].vector)}"#], name: "loud.jsonl")
            #expect(try Self.search(node, "cards", "--queries", loud).text.contains("line 1: a ?[31mb\n"))
            let none = try Self.search(node, "cards", "--queries", mixed, "--distance-max", "-1")
            #expect(none.text.split(separator: "\n").filter { $0 == "  nothing" }.count == 60)
        }

        @Test("What is wrong with a file of queries is said by its line")
        func wrongLines() throws {
            let node = try Self.started(count: 3)
            let one = "\(Self.queries(1)[0])"
            for (line, text) in [
                ("[1,2]", "queries.jsonl, line 3: the vector has 2 components, the collection's have 16"),
                ("[1,128]", "line 3: component 1 is no whole number"), ("[1,2.5]", "line 3: component 1 is no whole"),
                ("{}", "line 3: vector is no list of numbers"), ("[", "line 3: no query"), ("7", "line 3: no query"),
                (#"{"text":" . "}"#, "line 3: the text has no vector: it has no words"),
                (#"{"text":"a","vector":[1]}"#, "line 3: it has either text"),
            ] {
                let result = try Self.search(node, "cards", "--queries", try Self.lines(node, [one, "", line, one]))
                #expect(result.status == 1 && result.text.isEmpty && result.errors.contains(text), "\(result.errors)")
            }
            let good = try Self.lines(node, [one])
            for (arguments, text) in [
                (["cards", "--queries", "/nowhere"], "/nowhere cannot be read"),
                (["cards", "--queries", try Self.lines(node, [" ", ""], name: "empty.jsonl")], "holds no query"),
                (["cards", "--queries", good, "--prove"], "--queries has no proofs"),
                (["cards", "--queries", good, "--trusted", "ab"], "go with --prove"),
                (["cards", "--queries", good, "--text", "a"], "or --queries"),
                (["cards", good, "--queries", good], "or --queries"), (["cards"], "or --queries"),
                (["9", "--queries", good], "There is no collection 9"),
            ] {
                let result = try Tool.run(
                    Tool.vivian, ["vector", "search"] + arguments + ["--data", node.data.path])
                #expect(result.status != 0 && result.errors.contains(text), "\(arguments): \(result.errors)")
            }
        }
    }
}
