import Codec
import Foundation
import Testing

extension EndToEnd {
    /// Collections whose vectors the ledger's own embedder makes of public texts.
    @Suite("Texts are found by what they say", .enabled(if: Tool.isReady))
    struct TextSearchTests {
        static let statements = [
            ("pipes", "Seamless steel pipes for drinking water, rolled in Ghent"),
            ("beans", "Arabica coffee beans, washed, from the highlands of Huehuetenango"),
            ("model", "A model that finds damaged pallets in camera pictures"),
            ("fish", "Temperature log of frozen cod from Tromsø to Rotterdam"),
        ]

        static func lines(_ node: RunningNode, _ name: String, _ lines: [String]) throws -> String {
            let file = node.folder.appending(path: name)
            try Data(lines.joined(separator: "\n").utf8).write(to: file)
            return file.path
        }

        static func vivian(_ node: RunningNode, _ arguments: String...) throws -> ToolResult {
            try Tool.run(Tool.vivian, ["vector"] + arguments + ["--data", node.data.path])
        }

        static func subject(_ name: String) throws -> String {
            let found = try Tool.run(
                Tool.python, ["-c", "import hashlib,sys;print(hashlib.sha256(sys.argv[1].encode()).hexdigest())", name])
            return found.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test("The nearest statement comes first, proven, and the Python client's vector of a text finds the same")
        func find() throws {
            let node = try RunningNode.started()
            #expect(try Self.vivian(node, "create", "statements", "--for-texts", "--public").status == 0)
            let file = try Self.lines(
                node, "statements.jsonl", Self.statements.map { #"{"subject":"\#($0.0)","text":"\#($0.1)"}"# })
            let put = try Self.vivian(node, "insert", "statements", file)
            #expect(put.status == 0 && put.text.contains("put 4 in block "), "\(put.errors)")
            try node.wait("the vectors") { try node.get("/vectors/1").json["count"] == .number("4") }
            for (text, name) in [
                ("steel water pipe", "pipes"), ("COFFEE from Huehuetenango", "beans"),
                ("damaged pallet pictures", "model"),
                ("frozen cod temperatures", "fish"),
            ] {
                let found = try Self.vivian(node, "search", "statements", "--text", text, "--limit", "1")
                #expect(found.text.contains("  0:\(try Self.subject(name))  "), "\(text): \(found.text)\(found.errors)")
            }
            let proof = node.folder.appending(path: "answer.search.json").path
            let proven = try Self.vivian(
                node, "search", "statements", "--text", "steel water pipe", "--exact", "--prove", "-o", proof)
            #expect(proven.status == 0, "\(proven.errors)")
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            #expect(try node.vivianAlone("verify", proof, "--trusted-validators", trusted).status == 0)
            // Another implementation's vector of the same text gives the same answer.
            let python = try Tool.run(
                Tool.python,
                [
                    "-c",
                    "import sys; sys.path.insert(0, sys.argv[1]); from vivian import embedding; "
                        + "print(list(embedding.vector(sys.argv[2].encode())))",
                    Tool.package.appending(path: "deploy/clients/python/src").path, "steel water pipe",
                ])
            let query = try Self.lines(node, "query.json", [python.text])
            let (ours, theirs) = (
                try Self.vivian(node, "search", "statements", "--text", "steel water pipe"),
                try Self.vivian(node, "search", "statements", query)
            )
            #expect(ours.text == theirs.text && !ours.text.isEmpty, "\(theirs.errors)")
        }

        @Test("What has no vector, or has two, is refused with its place, and nothing is sent")
        func refuse() throws {
            let node = try RunningNode.started()
            #expect(try Self.vivian(node, "create", "statements", "--for-texts", "--public").status == 0)
            #expect(try Self.vivian(node, "create", "small", "--dimension", "16", "--public").status == 0)
            for (line, reason) in [
                (#"{"subject":"a","text":" . "}"#, "it has no words"),
                (#"{"subject":"a","text":""}"#, "it has no words"),
                (#"{"subject":"a","text":7}"#, "either text, a string, or vector"),
                (#"{"subject":"a","text":"x","vector":[1]}"#, "either text, a string, or vector"),
                (#"{"subject":"a"}"#, "vector is no list of numbers"),
                (#"{"subject":"a","text":"\#(String(repeating: "long ", count: 20_000))"}"#, "bytes, at most 65536"),
            ] {
                let file = try Self.lines(node, "bad.jsonl", [#"{"subject":"b","text":"fine"}"#, line])
                let refused = try Self.vivian(node, "insert", "statements", file)
                #expect(refused.status == 1 && refused.errors.contains("vector 2"), "\(refused.errors)")
                #expect(refused.errors.contains(reason), "\(refused.errors)")
            }
            let file = try Self.lines(node, "fine.jsonl", [#"{"subject":"b","text":"fine"}"#])
            let other = try Self.vivian(node, "insert", "small", file)
            #expect(other.status == 1 && other.errors.contains("384 components, the collection's vectors have 16"))
            #expect(try node.get("/vectors/1").json["count"] == .number("0"))
            for wrong in [
                ["create", "x"], ["create", "x", "--for-texts", "--dimension", "384"],
                ["create", "x", "--for-texts", "--metric", "dot"], ["search", "statements"],
                ["search", "statements", file, "--text", "both"],
            ] {
                let result = try Tool.run(Tool.vivian, ["vector"] + wrong + ["--data", node.data.path])
                #expect(result.status == 64, "\(wrong): \(result.errors)")
            }
        }
    }
}
