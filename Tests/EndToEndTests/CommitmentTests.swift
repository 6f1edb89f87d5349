import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A commitment to the private index, and what is proven by it", .serialized)
    struct CommitmentTests {
        /// Commits by the command line; the commitment's id.
        static func commit(_ node: RunningNode) throws -> String {
            let result = try node.vivian("similar", "--commit")
            #expect(result.status == 0 && result.text.hasSuffix(" records\n"), "\(result.text) \(result.errors)")
            return result.text.split(separator: " ").first.map(String.init) ?? ""
        }

        static func run(_ node: RunningNode, _ arguments: [String]) throws -> ToolResult {
            try Tool.run(Tool.vivian, arguments + ["--data", node.data.path])
        }

        static func trusted(_ node: RunningNode) throws -> String {
            try node.get("/status").json["validatorsHash"]?.string ?? ""
        }

        @Test(
            "Of hundreds of events the file proves the nearest; erased, nothing is proven by that commitment any more")
        func proven() throws {
            let node = try RunningNode.started()
            var ids: [String] = []
            for day in 1...3 { ids += try node.captured(SimilarTests.document(SimilarTests.day(day, lots: 40))) }
            let commitment = try Self.commit(node)
            let record = try node.get("/records/\(commitment)").json
            #expect(record["state"]?.string == "anchored")
            #expect(record["mediaType"]?.string == "application/vnd.vivian.index+json")
            let trusted = try Self.trusted(node)
            let file = node.folder.appending(path: "a.similar.json")
            let near = SimilarTests.hits(try node.get("/records/\(ids[100])/similar?limit=5"))
            for more in [[], ["--exact"], ["--lists", "4", "--supers", "2", "--finalists", "40"]] {
                let made = try Self.run(
                    node, ["similar", ids[100], "--limit", "5", "--prove", commitment, "-o", file.path] + more)
                #expect(made.status == 0 && made.errors.contains("shows whoever gets it vectors"), "\(made.errors)")
                let verified = try node.vivianAlone("verify", file.path, "--trusted-validators", trusted, "--json")
                #expect(verified.status == 0, "\(verified.text) \(verified.errors)")
                let holds = JSON(try JSONDocument(parsing: Array(verified.text.utf8)).root)["holds"]?.elements ?? []
                let lines = holds.compactMap(\.string)
                #expect(
                    lines.contains {
                        $0.contains("committed to the newest \(ids.count) records of its private index at ")
                    })
                #expect(lines.contains { $0.hasPrefix("answer 1: record \(ids[100]), distance 0, ") })
                if more != ["--lists", "4", "--supers", "2", "--finalists", "40"] {
                    for (index, hit) in near.enumerated() {
                        #expect(
                            lines.contains {
                                $0.hasPrefix("answer \(index + 2): record \(hit.id), distance \(hit.distance), ")
                            }, "\(index)")
                    }
                }
                // Who holds the records makes their vectors again.
                let bundles = try [ids[100], near[0].id].map { id throws -> String in
                    let bundle = node.folder.appending(path: "\(id).record.json")
                    #expect(try node.vivian("record", id, "--bundle", "-o", bundle.path).status == 0)
                    return bundle.path
                }
                let held = try node.vivianAlone(
                    "verify", file.path, "--trusted-validators", trusted, "--record", bundles[0], "--record", bundles[1]
                )
                #expect(held.status == 0, "\(held.text)")
                #expect(held.text.contains("record \(ids[100]): the query is the vector that is made of its document"))
                #expect(held.text.contains("record \(near[0].id): the vector that is made of its document is as far"))
                let strange = node.folder.appending(path: "strange.record.json")
                #expect(try node.vivian("record", ids[1], "--bundle", "-o", strange.path).status == 0)
                let refused = try node.vivianAlone(
                    "verify", file.path, "--trusted-validators", trusted, "--record", strange.path)
                #expect(refused.status == 1 && refused.text.contains("REFUSED: record 1 in hand: "), "\(refused.text)")
                let alone = try Tool.run(
                    Tool.vivian + "-verify", [file.path, "--trusted-validators", trusted])
                #expect(alone.status == 0, "\(alone.text)")
                #expect(try node.vivianAlone("verify", file.path, "--trusted-validators", commitment).status == 1)
            }

            // The commitment itself is compared with nothing, and committing again is another record.
            #expect(SimilarTests.hits(try node.get("/records/\(commitment)/similar")).isEmpty)
            let again = try Self.commit(node)
            #expect(again != commitment)

            // Erased: the old file still holds for whoever has it, and no new one is made.
            #expect(try node.request("DELETE", "/records/\(ids[7])").status == 200)
            for isRestarted in [false, true] {
                if isRestarted {
                    #expect(node.stop() == 0)
                    try node.start()
                }
                for old in [commitment, again] {
                    let gone = try node.get("/records/\(ids[100])/similar/proof?commitment=\(old)")
                    #expect(gone.status == 410 && gone.problem == "commitment-outdated", "\(gone.text)")
                }
                let erased = try node.get("/records/\(ids[7])/similar/proof?commitment=\(commitment)")
                #expect(erased.status == 410 && erased.problem == "erased")
            }
            #expect(try node.vivianAlone("verify", file.path, "--trusted-validators", trusted).status == 0)
            let fresh = try Self.commit(node)
            let proof = try node.get("/records/\(ids[100])/similar/proof?commitment=\(fresh)&limit=100&mode=exact")
            #expect(proof.status == 200 && proof.type == "application/vnd.vivian.similar+json")
            #expect(!proof.text.contains(ids[7]))

            // The commitment's own erasure leaves no file to be made of it.
            #expect(try node.request("DELETE", "/records/\(fresh)").status == 200)
            let blind = try node.get("/records/\(ids[100])/similar/proof?commitment=\(fresh)")
            #expect(blind.status == 410 && blind.problem == "erased", "\(blind.text)")
        }

        @Test("Who may commit and prove, by what, and of what")
        func refused() throws {
            let node = try RunningNode.started()
            let empty = try node.request("POST", "/records/commitments")
            #expect(empty.status == 409 && empty.problem == "nothing-to-commit", "\(empty.text)")
            let ids = try node.captured(SimilarTests.document(SimilarTests.day(1, lots: 3)))
            let commitment = try Self.commit(node)
            func proof(_ id: String, _ query: String, key: String? = nil) throws -> Reply {
                let path = "/records/\(id)/similar/proof?\(query)"
                return try key.map { try node.request("GET", path, key: $0) } ?? node.get(path)
            }
            let good = "commitment=\(commitment)"
            #expect(try proof(ids[0], good).status == 200)
            for query in [
                "", "commitment=x", "commitment=\(commitment.uppercased())", good + "&limit=0", good + "&limit=101",
                good + "&mode=all", good + "&mode=exact&lists=3", good + "&lists=0", good + "&lists=16385",
                good + "&supers=01", good + "&finalists=4097", good + "&trusted=x",
            ] { #expect(try proof(ids[0], query).status == 400, "\(query)") }
            let unknown = String(repeating: "0", count: 64)
            #expect(try proof(unknown, good).problem == "not-found")
            #expect(try proof(ids[0], "commitment=\(unknown)").problem == "not-found")
            let event = try proof(ids[0], "commitment=\(ids[1])")
            #expect(event.status == 422 && event.problem == "no-commitment", "\(event.text)")
            let itself = try proof(commitment, good)
            #expect(itself.status == 422 && itself.problem == "not-compared", "\(itself.text)")

            // Another tenant has neither this commitment nor these records.
            let mill = try AccessTests.makeKey(node, ["records:capture", "records:read"], tenant: "mill")
            let body = SimilarTests.document(Array(SimilarTests.day(1, lots: 3)))
            let captured = try node.request(
                "POST", "/epcis/capture", headers: ["Content-Type: application/ld+json"], body: body, key: mill)
            let theirs = captured.json["records"]?.elements.compactMap(\.string) ?? []
            #expect(theirs.count == ids.count)
            #expect(try proof(theirs[0], good, key: mill).problem == "not-found")
            #expect(try proof(ids[0], good, key: mill).problem == "not-found")
            #expect(try proof(theirs[0], good).problem == "not-found")

            let reader = try AccessTests.makeKey(node, ["records:read"])
            #expect(try node.request("POST", "/records/commitments", key: reader).status == 403)
            let writer = try AccessTests.makeKey(node, ["records:capture"])
            #expect(try proof(ids[0], good, key: writer).status == 403)
            #expect(try proof(ids[0], good, key: "").status == 401)

            for arguments in [
                ["similar"], ["similar", ids[0], "--commit"], ["similar", ids[0], "--prove", commitment],
                ["similar", ids[0], "--exact"], ["similar", ids[0], "-o", "x"],
                ["similar", ids[0], "--prove", commitment, "-o", "x", "--exact", "--lists", "3"],
            ] { #expect(try Self.run(node, arguments).status == 64, "\(arguments)") }
        }

        @Test("Where records are anchored by interval, whoever holds one knows it by its vector")
        func interval() throws {
            let node = try BatchTests.started(BatchTests.batch)
            let ids = try node.captured(SimilarTests.document(SimilarTests.day(1, lots: 3)))
            let commitment = try Self.commit(node)
            let (file, bundle) = (
                node.folder.appending(path: "a.similar.json"), node.folder.appending(path: "a.record.json")
            )
            let made = try node.vivian("similar", ids[0], "--prove", commitment, "-o", file.path)
            #expect(made.status == 0, "\(made.errors)")
            #expect(try node.vivian("record", ids[0], "--bundle", "-o", bundle.path).status == 0)
            let verified = try node.vivianAlone(
                "verify", file.path, "--trusted-validators", try Self.trusted(node), "--record", bundle.path)
            #expect(verified.status == 0 && verified.text.contains("that its id is \(ids[0]) is the file's word"))
        }

        @Test("Switched off, nothing is committed to or proven")
        func switchedOff() throws {
            let node = try RunningNode()
            try Data(#"{"similar":{"enabled":false}}"#.utf8).write(to: node.data.appending(path: "vivian.json"))
            try node.start()
            let ids = try node.captured(SimilarTests.document(SimilarTests.day(1, lots: 1)))
            let committed = try node.request("POST", "/records/commitments")
            #expect(committed.status == 404 && committed.problem == "index-off")
            let proof = try node.get("/records/\(ids[0])/similar/proof?commitment=\(ids[0])")
            #expect(proof.status == 404 && proof.problem == "index-off")
        }
    }
}
