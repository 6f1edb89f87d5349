import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Nothing on the ledger allows a guess, and erased is erased", .serialized)
    struct PrivacyTests {
        /// What a search found: nothing, in a search that had needles and files.
        static func search(_ input: [String: [String]], in folders: [URL], by node: RunningNode) throws -> [String] {
            let file = node.folder.appending(path: "search.json")
            try JSONEncoder().encode(input).write(to: file)
            let script = Tool.package.appending(path: "Tests/EndToEndTests/Peers/privacy.py").path
            let result = try Tool.run(Tool.python, [script, file.path] + folders.map(\.path))
            guard result.status == 0 else { throw PeerFailure(peer: "privacy", complaint: result.errors) }
            let root = JSON(try JSONDocument(parsing: result.output).root)
            for member in ["needles", "bytes"] {
                guard case .number(let count)? = root[member], Int(count) ?? 0 >= 4 else {
                    throw PeerFailure(peer: "privacy", complaint: "no \(member)")
                }
            }
            return (root["found"]?.object ?? []).map { "\($0.name): \($0.value.elements.compactMap(\.string))" }
        }

        /// Captures the documents and keeps the bundles of their records; gives record ids and the bundles' files.
        static func capture(_ documents: [URL], on node: RunningNode) throws -> (ids: [String], files: [String]) {
            var ids: [String] = []
            for file in documents {
                let type = file.pathExtension == "xml" ? "application/xml" : "application/ld+json"
                ids += try node.captured(try Samples.bytes(file), type: type)
            }
            ids = Array(Set(ids)).sorted()
            try node.settle(ids)
            let bundles = try BundleFolder(of: node, named: "bundles")
            for id in ids { try bundles.add("\(id).record.json", try node.get("/records/\(id)/bundle")) }
            return (ids, ids.map { bundles.url.appending(path: "\($0).record.json").path })
        }

        /// Payload and wrap of a record and of its captured original, in hex, as the gateway's database holds them.
        static func sealed(of id: String, in node: RunningNode) throws -> [String] {
            let names = try FileManager.default.contentsOfDirectory(atPath: node.gateway.path)
            let name = try #require(names.first { $0.hasSuffix(".sqlite") || $0.hasSuffix(".db") })
            let output = try Tool.peer("sealed", node.gateway.appending(path: name).path, id)
            return try JSONDocument(parsing: output).root.elements.compactMap(\.string)
        }

        @Test("Blocks, state values, logs and tiles hold no trace of the documents")
        func ledgerHoldsNoTrace() throws {
            let node = try RunningNode.started()
            let documents = Samples.tour + Samples.tourXML + Samples.published
            let (ids, files) = try Self.capture(documents, on: node)
            // What is served of blocks and state counts as well.
            let served = node.folder.appending(path: "served")
            try FileManager.default.createDirectory(at: served, withIntermediateDirectories: true)
            for height in 1...(try node.height()) {
                let reply = try node.get("/blocks/\(height)")
                #expect(reply.status == 200)
                for (index, transaction) in (reply.json["transactions"]?.elements ?? []).enumerated() {
                    let bytes = Base64.decode(transaction["bytes"]?.string ?? "") ?? []
                    try Data(bytes).write(to: served.appending(path: "\(height)-\(index)"))
                }
            }
            for id in ids {
                let key = Base64.encodeURL(Array("record/".utf8) + Hex.decode(id)!)
                let value = try node.get("/state/anchor/\(key)").json["value"]?.string ?? ""
                try Data(Base64.decode(value) ?? []).write(to: served.appending(path: "value-\(id)"))
            }
            // A clean stop writes a checkpoint: every state value is in a file then.
            #expect(node.stop() == 0)
            let input = ["documents": documents.map(\.path), "records": files]
            // What the process printed and logged counts as well.
            for name in ["out", "log"] {
                try FileManager.default.copyItem(
                    at: node.folder.appending(path: name), to: served.appending(path: "process-\(name)"))
            }
            #expect(try !node.heldCheckpoints().isEmpty)
            #expect(try Self.search(input, in: [node.ledger, served], by: node) == [])
            // The search is not blind: the bundles' own folder holds what the ledger must not.
            #expect(try Self.search(input, in: [node.folder.appending(path: "bundles")], by: node) != [])
        }

        @Test("After an erasure the gateway's files hold nothing of the record")
        func erasureLeavesNothing() throws {
            let node = try RunningNode.started()
            let secret = Samples.document("8271")
            let file = node.folder.appending(path: "secret.jsonld")
            try Data(secret).write(to: file)
            let (ids, files) = try Self.capture([file], on: node)
            try node.settle(try node.captured(try Samples.bytes(Samples.tour[0])))
            // What the gateway holds of it before: the ciphertexts and the wraps of the record and of its original.
            let held = try Self.sealed(of: ids[0], in: node)
            #expect(held.count == 4)
            let before = try Self.search(["hex": held], in: [node.gateway], by: node)
            #expect(before.count == held.count, "\(before)")
            let erased = try node.vivian("erase", ids[0], "--json")
            #expect(erased.status == 0, "\(erased.errors)")
            let record = try node.get("/records/\(ids[0])").json
            #expect(record["erasedAt"]?.string != nil)
            // Its receipt and its proof of existence stay; its content does not.
            let bundles = try BundleFolder(of: node, named: "after")
            try node.wait("the proof of existence") { try node.get("/records/\(ids[0])/bundle").status == 200 }
            let bundle = try node.get("/records/\(ids[0])/bundle")
            #expect(bundle.json["recordFile"] == nil && bundle.json["mediaType"] == nil)
            try bundles.add("erased.record.json", bundle)
            if Tool.hasJudge { #expect(try bundles.judged().filter { $0.value != nil } == [:]) }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            // While it runs, with the write-ahead log as it lies there, and after a stop.
            let input = ["documents": [file.path], "records": files, "hex": held]
            #expect(try Self.search(input, in: [node.gateway, node.ledger], by: node) == [])
            #expect(node.stop() == 0)
            #expect(try Self.search(input, in: [node.gateway, node.ledger], by: node) == [])
            // The erased record's key is gone, so a copy of the files from before would not open either.
            try node.start()
            #expect(try node.get("/records/\(ids[0])/bundle").json["recordFile"] == nil)
        }
    }
}
