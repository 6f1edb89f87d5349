import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Registry: published by commands, read over HTTPS, lineages built from proofs alone", .serialized)
    struct RegistryTests {
        static func publish(_ node: RunningNode, _ subject: String, _ more: String...) throws -> JSON {
            let result = try Tool.run(
                Tool.vivian, ["registry", "publish", subject, "--data", node.data.path, "--json"] + more)
            try #require(result.status == 0, "\(result.errors)")
            return try json(result.output)
        }

        private static func json(_ bytes: [UInt8]) throws -> JSON { JSON(try JSONDocument(parsing: bytes).root) }

        static func lineage(_ arguments: [String]) throws -> ToolResult {
            try Tool.run(Tool.vivian, ["registry", "lineage"] + arguments)
        }

        /// A dataset, two models and what they were made from; gives the ids.
        static func story(_ node: RunningNode) throws -> (orders: String, sorter: String) {
            let file = node.folder.appending(path: "orders.csv")
            try Data("order,amount\n1,20\n".utf8).write(to: file)
            let orders = try publish(
                node, "dataset:acme/orders", "--file", file.path, "--title", "Orders of steel pipes, 2025", "--licence",
                "CC-BY-4.0")
            let sorter = try publish(
                node, "model:sorter", "--digest", String(repeating: "ab", count: 32), "--title", "Sorts orders",
                "--trained-on", "dataset:acme/orders", "--evaluated-on", "dataset:acme/orders@1", "--measure",
                "accuracy=0.93")
            _ = try publish(
                node, "model:sorter", "--digest", String(repeating: "cd", count: 32), "--title", "Sorts orders, again",
                "--derived-from", "model:sorter@1", "--trained-on", "dataset:acme/orders")
            _ = try publish(
                node, "statement:note", "--title", "About the orders", "--text", "Collected in Ghent by hand.",
                "--describes", "dataset:acme/orders")
            return (orders["id"]?.string ?? "", sorter["id"]?.string ?? "")
        }

        @Test("What was made of a dataset is proven whole, and a proof that is missing or changed is refused")
        func lineage() throws {
            let node = try RunningNode.started()
            let (orders, sorter) = try Self.story(node)
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            let proofs = node.folder.appending(path: "proofs")
            let live = try Self.lineage([
                "dataset:acme/orders", "--used-by", "--prove", "-o", proofs.path, "--data", node.data.path, "--json",
            ])
            try #require(live.status == 0, "\(live.errors)")
            let tree = try Self.json(live.output)
            #expect(
                tree["usedBy"]?.elements.map { $0["relation"]?.string ?? "" } == [
                    "trainedOn", "evaluatedOn", "trainedOn", "describes",
                ])
            #expect(tree["usedBy"]?.elements[0]["usedBy"]?.elements.map { $0["version"]?.string } == ["2"])

            // Built again without the gateway, from the proofs alone.
            let offline = [
                "dataset:acme/orders", "--used-by", "--from", proofs.path, "--data", node.data.path, "--json",
            ]
            let built = try Self.lineage(offline + ["--trusted-validators", trusted])
            #expect(built.status == 0 && built.output == live.output, "\(built.errors)")
            let stranger = try Self.lineage(offline + ["--trusted-validators", String(repeating: "00", count: 32)])
            #expect(stranger.status != 0 && stranger.output.isEmpty)

            // A second implementation checks each proof, and reads the same from them.
            let names = try FileManager.default.contentsOfDirectory(atPath: proofs.path).sorted()
            #expect(names.count >= 10)
            let account = try node.get("/registry/dataset/\(orders)").json["publisher"]?.string ?? ""
            let read = try Self.json(Tool.peer("registry", proofs.path, "dataset", account, "acme/orders"))
            #expect(read["id"]?.string == orders && read["uses"]?.elements.count == 4)
            #expect(read["title"]?.string == "Orders of steel pipes, 2025" && read["licence"]?.string == "CC-BY-4.0")
            #expect(read["uses"]?.elements.first?.elements[2].string == sorter)
            if let judges = Tool.judges {
                for name in names {
                    let judged = try Tool.run(
                        Tool.python,
                        [
                            judges.appending(path: "check").path, "state-proof", proofs.appending(path: name).path,
                            "--trusted-validators", trusted,
                        ])
                    #expect(judged.status == 0, "\(name): \(judged.text)\(judged.errors)")
                }
            }

            // Whatever is left out or changed is found.
            for name in names {
                let file = proofs.appending(path: name)
                let bytes = try Data(contentsOf: file)
                try FileManager.default.removeItem(at: file)
                let without = try Self.lineage(offline + ["--trusted-validators", trusted])
                #expect(without.status != 0 && without.errors.contains("lacks"), "\(name)")
                var changed = try Self.json(Array(bytes))
                guard case .object(var members) = changed else { continue }
                for index in members.indices where members[index].name == "value" {
                    var value = Base64.decode(members[index].value.string ?? "") ?? []
                    if value.isEmpty { value = [0] } else { value[value.count - 1] ^= 1 }
                    members[index].value = .string(Base64.encode(value))
                }
                changed = .object(members)
                try Data(changed.serialized()).write(to: file)
                let damaged = try Self.lineage(offline + ["--trusted-validators", trusted])
                #expect(damaged.status != 0 && damaged.output.isEmpty, "\(name)")
                try bytes.write(to: file)
            }
        }

        @Test("All models of a ledger are listed, and the list is proven whole")
        func list() throws {
            let node = try RunningNode.started()
            let empty = try node.vivian("registry", "list", "model")
            #expect(empty.status == 0 && empty.text.isEmpty && empty.errors.contains("0 of 0"))
            let (_, sorter) = try Self.story(node)
            let other = try Self.publish(
                node, "model:other", "--digest", String(repeating: "01", count: 32), "--title", "t")
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            let proofs = node.folder.appending(path: "models")
            let live = try node.vivian("registry", "list", "model", "--prove", "-o", proofs.path)
            #expect(live.status == 0, "\(live.errors)")
            let lines = live.text.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].contains("/sorter@2  Sorts orders, again"), "\(live.text)")
            #expect(try node.vivian("registry", "list", "model", "--skip", "1", "--limit", "5").text == lines[1] + "\n")
            #expect(try node.vivian("registry", "list", "machine").status != 0)

            // Again from the proofs alone, and not where one is missing.
            let offline = ["registry", "list", "model", "--from", proofs.path, "--trusted-validators", trusted]
            let built = try Tool.run(Tool.vivian, offline)
            #expect(built.status == 0 && built.text == live.text, "\(built.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: proofs.path)
            #expect(names.count == 7)
            for name in names {
                let file = proofs.appending(path: name)
                let bytes = try Data(contentsOf: file)
                try FileManager.default.removeItem(at: file)
                let without = try Tool.run(Tool.vivian, offline)
                #expect(without.status != 0 && without.errors.contains("lacks"), "\(name)")
                try bytes.write(to: file)
                guard let judges = Tool.judges else { continue }
                let check = judges.appending(path: "check").path
                let judged = try Tool.run(
                    Tool.python, [check, "state-proof", file.path, "--trusted-validators", trusted])
                #expect(judged.status == 0, "\(name): \(judged.text)\(judged.errors)")
            }

            // The same over HTTPS, a page at a time.
            let page = try node.get("/registry/model?limit=1").json
            #expect(page["count"]?.string == "2" && page["subjects"]?.elements.count == 1)
            #expect(page["subjects"]?.elements.first?["id"]?.string == sorter)
            #expect(page["subjects"]?.elements.first?["newest"]?.string == "2")
            let next = try node.get("/registry/model?limit=1&cursor=\(page["next"]?.string ?? "")").json
            #expect(next["subjects"]?.elements.first?["id"]?.string == other["id"]?.string && next["next"] == nil)
            let keys = [page["countKey"]?.string, page["subjects"]?.elements.first?["key"]?.string].compactMap { $0 }
            #expect(keys.count == 2)
            for key in keys { #expect(try node.get("/state/registry/\(key)?prove=true").status == 200) }
            for (path, status) in [
                ("/registry/thing", 400), ("/registry/model?cursor=AAAA", 400), ("/registry/model?limit=0", 400),
                ("/registry/statement?limit=1", 200),
            ] {
                #expect(try node.get(path).status == status, "\(path)")
            }
        }

        @Test("Versions, uses and words are answered over HTTPS, and a withdrawal takes the words away")
        func overHTTPS() throws {
            let node = try RunningNode.started()
            let (orders, sorter) = try Self.story(node)
            let model = try node.get("/registry/model/\(sorter)").json
            #expect(model["version"]?.string == "2" && model["newest"]?.string == "2")
            #expect(model["edges"]?.elements.map { $0["relation"]?.string } == ["trainedOn", "derivedFrom"])
            let first = try node.get("/registry/model/\(sorter)?version=1").json
            #expect(first["uses"]?.string == "1" && first["measures"]?.elements.first?["value"]?.string == "0.93")
            let page = try node.get("/registry/dataset/\(orders)/uses?limit=3").json
            #expect(page["count"]?.string == "4" && page["uses"]?.elements.count == 3)
            let next = try node.get("/registry/dataset/\(orders)/uses?limit=3&cursor=\(page["next"]?.string ?? "")")
                .json
            #expect(next["uses"]?.elements.map { $0["kind"]?.string } == ["statement"] && next["next"] == nil)
            // What an answer names leads to a proof.
            let key = try #require(page["uses"]?.elements.first?["key"]?.string)
            #expect(try node.get("/state/registry/\(key)?prove=true").status == 200)
            for (path, status) in [
                ("/registry/model/\(orders)", 404), ("/registry/model/\(sorter)?version=3", 404),
                ("/registry/thing/\(sorter)", 400), ("/registry/model/\(sorter.dropLast())", 400),
                ("/registry/model/\(sorter)?version=0", 400),
                ("/registry/model/\(sorter)/uses?version=18446744073709551616", 400),
                ("/registry/model/\(sorter)/uses?cursor=AAAA", 400),
            ] {
                let reply = try node.get(path)
                #expect(reply.status == status, "\(path): \(reply.status)")
            }

            // The Python client reads the same, page after page.
            let script = """
                import sys, vivian, vivian.embedding
                client = vivian.Client(sys.argv[1], ca_file=sys.argv[2], api_key=sys.argv[3])
                version = client.registry_version("model", sys.argv[4], 1)
                assert (version.name, version.newest, version.uses) == ("sorter", 2, 1), version
                assert version.measures == (("accuracy", "0.93"),) and not version.is_withdrawn, version
                edge = version.edges[0]
                uses = list(client.registry_uses(edge.kind, edge.subject_id, edge.version, page_size=1))
                assert uses == list(client.registry_uses(edge.kind, edge.subject_id)) and len(uses) == 4, uses
                assert uses[0] == vivian.RegistryEdge("trainedOn", "model", sys.argv[4], 1), uses
                subjects = list(client.registry_subjects("model", page_size=1))
                assert [(each.name, each.newest) for each in subjects] == [("sorter", 2)], subjects
                assert b"sorter" in client.state("registry", version.key).value
                # The vector that the ledger has made is that of the second embedder, to the last digit.
                newest = client.registry_version("model", sys.argv[4])
                vector = vivian.embedding.vector(newest.title + "\\n" + newest.text)
                hit = client.search(1, vector, mode="exact", limit=1)[0]
                assert (hit.subject, hit.distance) == (sys.argv[4], -sum(part * part for part in vector)), hit
                """
            let client = try Tool.run(
                "/usr/bin/env",
                [
                    "PYTHONPATH=\(PythonClientTests.folder.path)/src", Tool.python, "-c", script, node.address,
                    node.authority,
                    node.key, sorter,
                ])
            #expect(client.status == 0, "\(client.errors)")

            let found = try node.vivian("registry", "find", "steel pipe orders", "--kind", "dataset", "--json")
            #expect(found.status == 0 && found.text.contains(orders), "\(found.errors)")
            let withdrawn = try node.vivian("registry", "withdraw", "dataset:acme/orders", "--reason", "7")
            #expect(withdrawn.status == 0, "\(withdrawn.errors)")
            try node.wait("the withdrawal's proof") {
                try node.get("/registry/dataset/\(orders)").json["withdrawn"]?["reason"]?.string == "7"
            }
            #expect(try node.get("/registry/dataset/\(orders)").json["title"]?.string == "")
            let gone = try node.vivian("registry", "find", "steel pipe orders", "--kind", "dataset", "--json")
            #expect(gone.status == 0 && !gone.text.contains(orders))
            let late = try node.vivian(
                "registry", "publish", "model:late", "--digest", String(repeating: "00", count: 32), "--title", "Late",
                "--trained-on", "dataset:acme/orders")
            #expect(late.status != 0 && late.errors.contains("withdrawn"), "\(late.errors)")
            // What was trained on it still says so.
            let lineage = try node.vivian("registry", "lineage", "model:sorter")
            #expect(lineage.status == 0 && lineage.text.contains("WITHDRAWN"), "\(lineage.text)\(lineage.errors)")
        }

        @Test("What is wrong is said before anything is sent")
        func refusals() throws {
            let node = try RunningNode.started()
            let digest = String(repeating: "ab", count: 32)
            let wrong: [(arguments: [String], says: String)] = [
                (["publish", "dataset:a", "--title", "t"], "--file"),
                (["publish", "thing:a", "--title", "t", "--digest", digest], "KIND:NAME"),
                (["publish", "dataset:A", "--title", "t", "--digest", digest], "segments"),
                (["publish", "dataset:a@2", "--title", "t", "--digest", digest], "counted by the ledger"),
                (["publish", "dataset:a", "--title", "", "--digest", digest], "title"),
                (["publish", "dataset:a", "--title", "t", "--digest", "abc"], "64 lower-case"),
                (["publish", "dataset:a", "--title", "t", "--digest", digest, "--measure", "x"], "NAME=VALUE"),
                (
                    ["publish", "dataset:a", "--title", "t", "--digest", digest, "--trained-on", "dataset:b"],
                    "no such version"
                ),
                (["publish", "statement:a", "--title", "t"], "--text"),
                (["publish", "dataset:a", "--title", "t", "--file", "/nowhere"], "cannot be read"),
                (["show", "dataset:a"], "no such version"), (["withdraw", "dataset:a"], "no such version"),
                (["lineage", "dataset:a", "--prove"], "-o FOLDER"), (["find", "?!"], "no words"),
                (["find", "orders"], "nothing was published"),
            ]
            for (arguments, says) in wrong {
                let result = try Tool.run(Tool.vivian, ["registry"] + arguments + ["--data", node.data.path])
                #expect(result.status != 0 && result.errors.contains(says), "\(arguments): \(result.errors)")
            }
            let folder = try Self.lineage(["dataset:a", "--from", "/nowhere", "--data", node.data.path])
            #expect(folder.status != 0 && folder.errors.contains("--prove -o FOLDER` makes one"), "\(folder.errors)")
            // Words of strangers do not steer a reader's terminal.
            _ = try Self.publish(
                node, "statement:loud", "--title", "a\u{202e}b\u{9b}2J", "--text", "one\ntwo\u{9b}31m")
            let shown = try node.vivian("registry", "show", "statement:loud")
            #expect(shown.text.contains("a?b?2J") && shown.text.contains("one\ntwo?31m"), "\(shown.text)")
            let once = try Self.publish(node, "dataset:a", "--title", "t", "--digest", digest)
            let again = try Self.publish(node, "dataset:a", "--title", "t", "--digest", digest)
            let later = try node.vivian("registry", "show", "dataset:a@7")
            #expect(later.status == 1 && later.errors.contains("dataset:a@7; the newest is 1"), "\(later.errors)")
            #expect(once["version"] == again["version"] && again["transaction"] == .null)
        }
    }
}
