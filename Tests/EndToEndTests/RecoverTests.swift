import Codec
import Foundation
import Testing

extension EndToEnd {
    /// A ledger that goes on as a new revision (D23).
    @Suite("A ledger goes on as a new revision", .enabled(if: Tool.isReady))
    struct RecoverTests {
        @Test("Validators are lost for good: the rest agrees on a genesis, and nothing that was handed in is lost")
        func localnet() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-recover-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let script = Tool.package.appending(path: "deploy/localnet").path
            let result = try Tool.run(
                "/usr/bin/env", ["VIVIAN_BIN=\(Tool.vivian)", script, "--recover", "--data", folder.path])
            #expect(result.status == 0, "\(result.text)\n\(result.errors)")
            #expect(result.text.contains("== Done"))
            func set(_ name: String) throws -> String {
                let line = try #require(result.text.split(separator: "\n").first { $0.hasPrefix("\(name) set: ") })
                return String(line.dropFirst(9))
            }
            let (old, new) = (try set("old"), try set("new"))
            // A second implementation says the same of each, whichever revision its statement was made for.
            func python(_ bundle: URL, _ set: String) throws -> Bool {
                try Tool.run(
                    "/usr/bin/env",
                    [
                        "PYTHONPATH=\(PythonClientTests.folder.path)/src", Tool.python, "-m", "vivian", "verify",
                        bundle.path, "--trusted-validators", set,
                    ]
                ).status == 0
            }
            for (name, home) in [("early-1", old), ("early-2", new), ("late", new), ("waiting", new), ("erased", new)] {
                let bundle = folder.appending(path: "\(name).record.json")
                for set in [old, new] { #expect(try python(bundle, set) == (set == home), "\(name)") }
            }
            // Nothing of the word on the earlier revision can be changed.
            let bundle = folder.appending(path: "early-2.record.json")
            let text = try String(contentsOf: bundle, encoding: .utf8)
            let start = try #require(text.range(of: "\"revision\":{"))
            let end = try #require(text.range(of: "}", range: start.upperBound..<text.endIndex))
            let damaged = folder.appending(path: "damaged.record.json")
            for offset in stride(from: 0, to: text.distance(from: start.upperBound, to: end.lowerBound), by: 41) {
                let place = text.index(start.upperBound, offsetBy: offset)
                guard text[place].isLetter else { continue }
                var changed = text
                changed.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
                try Data(changed.utf8).write(to: damaged)
                let verified = try Tool.run(Tool.vivian, ["verify", damaged.path, "--trusted-validators", new])
                #expect(verified.status == 1, "\(offset)")
                #expect(try !python(damaged, new), "\(offset)")
            }
            guard let judges = Tool.judges else { return }
            // The independent checker knows the new ledger's bundles; of an earlier revision it does not read yet.
            for name in ["late.record.json", "waiting.record.json"] {
                let judged = try Tool.run(
                    Tool.python,
                    [
                        judges.appending(path: "check").path, "record", folder.appending(path: name).path,
                        "--trusted-validators", new,
                    ])
                #expect(judged.status == 0, "\(name): \(judged.text)\n\(judged.errors)")
            }
        }

        @Test("A ledger of one, its key with a signer: no step out of turn is taken, and a kill loses nothing")
        func alone() throws {
            let (node, signer) = try SignerTests.pair()
            let before = try node.captured(Samples.document("before"))
            try node.settle(before)
            #expect(try node.vivian("recover", "--new-revision").status == 1, "a node runs on the folder")
            #expect(node.stop() == 0)
            #expect(signer.stop() == 0)
            #expect(try node.vivian("recover").status == 64)
            let proposed = try node.vivian("recover", "--new-revision")
            #expect(proposed.status == 0, "\(proposed.errors)")
            let genesis = node.data.deletingLastPathComponent().appending(path: "next-\(UUID().uuidString).json")
            try Data(proposed.text.utf8).write(to: genesis)
            defer { try? FileManager.default.removeItem(at: genesis) }
            #expect(try node.vivian("recover", "--new-revision", "--genesis", genesis.path + ".none").status == 1)
            #expect(
                try node.vivian("recover", "--new-revision", "--genesis", genesis.path, "--without", "x").status == 64)
            let begun = try node.vivian("recover", "--new-revision", "--genesis", genesis.path, "--json")
            #expect(begun.status == 0, "\(begun.errors)")
            let answer = try JSONDocument(parsing: Array(begun.text.utf8).dropLast()).root
            let (chain, set) = (answer["chainId"]?.string ?? "", answer["validatorsHash"]?.string ?? "")
            #expect(chain.hasSuffix("-2"))
            // The signer has not been told.
            try signer.start()
            let early = try node.vivian("start")
            #expect(early.status == 1 && early.errors.contains("signer"), "\(early.errors)")
            func turn() throws -> (status: Int32, text: String, errors: String) {
                let told = try node.vivianAlone("signer", "continue", genesis.path, "--data", signer.folder.path)
                return (told.status, told.text, told.errors)
            }
            #expect(try turn().status == 1, "the signer runs")
            #expect(signer.stop() == 0)
            for _ in 0..<2 { #expect(try turn().status == 0) }
            try signer.start()
            try node.start()
            let after = try node.captured(Samples.document("after"))
            try node.settle(after)
            node.kill()
            try node.start()
            for id in before + after {
                let file = node.data.appending(path: "\(id).record.json")
                try Data(node.get("/records/\(id)/bundle").body).write(to: file)
                let verified = try node.vivianAlone("verify", file.path, "--trusted-validators", set)
                #expect(verified.status == 0, "\(verified.text)\(verified.errors)")
                let isOld = verified.text.contains("continues")
                #expect(isOld == before.contains(id), "\(verified.text)")
                // Any bit of the word on the earlier revision that is flipped refuses the bundle.
                guard isOld else { continue }
                let text = try String(contentsOf: file, encoding: .utf8)
                let broken = text.replacing("\"revision\":", with: "\"revisions\":")
                #expect(broken != text)
                try Data(broken.utf8).write(to: file)
                #expect(try node.vivianAlone("verify", file.path, "--trusted-validators", set).status == 1)
            }
            #expect(try node.vivian("doctor").status == 0)
            #expect(node.stop() == 0)
            #expect(signer.stop() == 0)
        }
    }
}
