import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Every command answers people and programs, and ends as its help says", .serialized)
    struct CommandTests {
        static let zeros = String(repeating: "0", count: 64)
        static let commands = [
            "init", "start", "status", "keys", "capture", "record", "verify", "refresh", "block", "tx", "state",
            "snapshot", "erase", "doctor", "records", "jobs", "api-keys", "audit",
        ]

        /// JSON of a command that must succeed, an object a line.
        static func lines(_ result: ToolResult) throws -> [JSON] {
            #expect(result.status == 0, "\(result.errors)")
            return try result.text.split(separator: "\n").map { JSON(try JSONDocument(parsing: Array($0.utf8)).root) }
        }

        @Test("A reader that goes away ends a command quietly; an answer that cannot be written is an error")
        func reader() throws {
            let node = try RunningNode.started()
            func shell(_ script: String, _ arguments: String...) throws -> ToolResult {
                try Tool.run("/bin/bash", ["-c", script, Tool.vivian, "--data", node.data.path] + arguments)
            }
            let document = node.folder.appending(path: "document.jsonld")
            try Data(Samples.document("json", events: 3)).write(to: document)
            let left = try shell(#"exec 3> >(exit); wait "$!"; "$0" capture "$@" >&3; exit "$?""#, document.path)
            #expect(left.status == 128 + SIGPIPE && left.errors.isEmpty)
            let full = try shell(#""$0" status "$@" >/dev/full"#)
            #expect(full.status == 1 && full.errors == "Error: standard output: No space left on device\n")
            let folder = try shell(#""$0" capture "$@" - </tmp"#)
            #expect(folder.status == 1 && folder.errors == "Error: standard input cannot be read\n")
        }

        @Test("With --json every command prints JSON alone")
        func json() throws {
            let node = try RunningNode.started()
            func ask(_ arguments: String...) throws -> JSON {
                let lines = try Self.lines(try Tool.run(Tool.vivian, arguments + ["--json", "--data", node.data.path]))
                return try #require(lines.first, "\(arguments)")
            }
            let status = try ask("status")
            for member in ["chainId", "genesisHash", "height", "validatorsHash", "logSize"] {
                #expect(status[member]?.string?.isEmpty == false, "\(member)")
            }
            let document = node.folder.appending(path: "document.jsonld")
            try Data(Samples.document("json", events: 3)).write(to: document)
            let captured = try Self.lines(try node.vivian("capture", document.path, "--json"))
            let ids = captured.compactMap { $0["recordId"]?.string }
            #expect(
                ids.count == 3 && Set(ids).count == 3 && captured.allSatisfy { $0["file"]?.string == document.path })
            try node.settle(ids)
            let record = try ask("record", ids[0])
            #expect(record["recordId"]?.string == ids[0] && record["state"]?.string == "anchored")
            #expect(try ask("record", ids[0], "--bundle")["format"]?.string == "vivian-record/1")
            let receipt = try ask("record", ids[0], "--receipt")["receipt"]?.string.flatMap(Base64.decode)
            #expect(receipt == (try node.get("/records/\(ids[0])/receipt").body))
            let file = node.folder.appending(path: "one.record.json").path
            #expect(try ask("record", ids[0], "--bundle", "--receipts", "-o", file)["file"]?.string == file)
            let trusted = status["validatorsHash"]?.string ?? ""
            #expect(try ask("refresh", file)["refreshed"]?.isTrue == true)
            let verified = try Self.lines(
                try Tool.run(Tool.vivian, ["verify", file, "--trusted-validators", trusted, "--json"]))
            #expect(verified.first?["ok"]?.isTrue == true)
            let height = record["height"]?.string ?? ""
            let block = try ask("block", height)
            let transaction = try #require(block["transactions"]?.elements.first)
            let id = transaction["id"]?.string ?? ""
            let shown = try ask("tx", "show", id)
            #expect(shown["state"]?.string == "included" && shown["height"]?.string == height)
            #expect(shown["code"] == .number("0"))
            // Sent once more it is the same transaction.
            let sent = node.folder.appending(path: "transaction.cose")
            try Data(Base64.decode(transaction["bytes"]?.string ?? "") ?? []).write(to: sent)
            #expect(try ask("tx", "send", sent.path)["id"]?.string == id)
            #expect(try ask("state", "get", "anchor/log")["value"]?.string?.isEmpty == false)
            #expect(try ask("state", "get", "anchor/hex:6c6f67")["store"]?.string == "anchor")
            #expect(try ask("state", "get", "anchor/nothing")["value"] == .null)
            #expect(try ask("state", "get", "anchor/log", "--prove")["format"]?.string == "vivian-proof/1")
            #expect(try ask("keys", "new", "partner", "--algorithm", "p256")["name"]?.string == "partner")
            let keys = try Self.lines(try node.vivian("keys", "list", "--json")).compactMap { $0["name"]?.string }
            #expect(keys == ["account", "consensus", "node", "partner", "receipt"])
            #expect(try ask("keys", "show", "partner")["coseKey"]?.string?.isEmpty == false)
            #expect(try ask("erase", ids[2], "--reason", "1")["alreadyErased"] == .boolean(false))
            #expect(try ask("erase", ids[2])["alreadyErased"] == .boolean(true))
            let findings = try ask("doctor").elements
            #expect(findings.count >= 8 && findings.allSatisfy { $0["ok"]?.isTrue == true })
            #expect(node.stop() == 0)
            let copy = node.folder.appending(path: "snapshot").path
            #expect(try ask("snapshot", "export", copy)["height"]?.string?.isEmpty == false)
            let other = node.folder.appending(path: "other").path
            let imported = try Self.lines(
                try Tool.run(Tool.vivian, ["snapshot", "import", copy, "--data", other, "--json"]))
            #expect(imported.first?["logSize"]?.string?.isEmpty == false)
            let made = try Self.lines(
                try Tool.run(Tool.vivian, ["init", "--data", node.folder.appending(path: "third").path, "--json"]))
            #expect(made.first?["validatorsHash"]?.string?.count == 64)
        }

        @Test("Exit codes are those of the help")
        func exitCodes() throws {
            let node = try RunningNode.started()
            let junk = node.folder.appending(path: "junk")
            try Data("junk".utf8).write(to: junk)
            let ids = try node.captured(Samples.document("codes"))
            try node.settle(ids)
            let bundle = node.folder.appending(path: "one.record.json").path
            let data = ["--data", node.data.path]
            let nowhere = ["--gateway", "https://127.0.0.1:1"]
            #expect(try node.vivian("record", ids[0], "--bundle", "-o", bundle).status == 0)
            let kept = try Data(contentsOf: URL(fileURLWithPath: bundle))
            let cases: [(code: Int32, arguments: [String])] = [
                (0, ["--help"]), (0, ["--version"]), (0, ["status"] + data), (0, ["doctor"] + data),
                // The answer is no.
                (1, ["verify", bundle]), (1, ["verify", bundle, "--trusted-validators", Self.zeros]),
                (1, ["verify", junk.path, "--trusted-validators", Self.zeros]), (1, ["verify", "/nowhere"]),
                (1, ["verify", bundle, "--policy", junk.path]), (1, ["verify", bundle, "--policy", "/nowhere"]),
                (1, ["init"] + data), (1, ["keys", "show", "nobody"] + data), (1, ["capture", "/nowhere"] + data),
                (1, ["tx", "send", "/nowhere"] + data), (1, ["refresh", junk.path] + data),
                (1, ["start", "--data", "/nowhere"]), (1, ["start", "--listen", "127.0.0.1:0"] + data),
                (1, ["snapshot", "export", junk.path] + data), (1, ["snapshot", "import", junk.path] + data),
                (1, ["keys", "new", "account"] + data),
                // The gateway refused, or is not there.
                (2, ["status"] + nowhere), (2, ["status", "--data", "/nowhere"]), (2, ["capture", junk.path] + data),
                (2, ["capture", junk.path] + nowhere), (2, ["record", Self.zeros] + data),
                (2, ["record", "xyz"] + data),
                (2, ["record", ids[0], "--bundle", "--trusted", Self.zeros] + data),
                (2, ["record", ids[0], "--bundle", "--trusted", "12"] + data),
                (2, ["refresh", bundle, "--trusted", Self.zeros] + data), (2, ["refresh", bundle] + nowhere),
                (2, ["block", "4000000"] + data), (2, ["tx", "show", Self.zeros] + data),
                (2, ["tx", "send", junk.path] + data), (2, ["state", "get", "nowhere/x"] + data),
                (2, ["state", "get", "anchor/log", "--prove", "--trusted", Self.zeros] + data),
                (2, ["state", "get", "anchor/log", "--height", "4000000"] + data), (2, ["erase", Self.zeros] + data),
                (2, ["erase", ids[0], "--reason", "4"] + data),
                // The command line is wrong.
                (64, ["frob"]), (64, ["status", "--frob"]), (64, ["block", "x"] + data), (64, ["capture"] + data),
                (64, ["state", "get", "anchor"] + data), (64, ["state", "get", "anchor/hex:zz"] + data),
                (64, ["verify", bundle, "--trusted-validators", "abc"]), (64, ["verify"]),
                (64, ["verify", bundle, "--genesis-hash", "00"]), (64, ["keys", "new", "../x"] + data),
                (64, ["keys", "new", "x", "--algorithm", "rsa"] + data), (64, ["start", "--listen", "here"] + data),
                (64, ["start", "--log-level", "loud"] + data), (64, ["start", "--block-file-megabytes", "0"] + data),
                (64, ["start", "--retained-megabytes", "-1"] + data),
            ]
            for (code, arguments) in cases {
                let result = try Tool.run(Tool.vivian, arguments)
                #expect(result.status == code, "\(arguments): \(result.text) \(result.errors)")
                if code != 0 {
                    #expect(!(result.errors + result.text).isEmpty, "\(arguments)")
                    #expect(!result.errors.contains("Fatal"), "\(arguments): \(result.errors)")
                }
            }
            // A refusal changed neither file nor record.
            #expect(try Data(contentsOf: URL(fileURLWithPath: bundle)) == kept)
            #expect(try node.get("/records/\(ids[0])").json["state"]?.string == "anchored")
        }

        @Test("Help teaches: first steps, exit codes, and a line for every command and option")
        func help() throws {
            let help = try Tool.run(Tool.vivian, ["--help"]).text
            for line in ["vivian init", "vivian start", "vivian capture", "vivian verify", "Exit codes:"] {
                #expect(help.contains(line), "\(line)")
            }
            for command in Self.commands {
                #expect(help.contains("\n  \(command) "), "\(command)")
                let own = try Tool.run(Tool.vivian, ["help", command])
                #expect(own.status == 0 && own.text.hasPrefix("OVERVIEW: "), "\(command)")
                // An option without words is a line that ends with its name, followed by one that explains nothing.
                let lines = own.text.split(separator: "\n", omittingEmptySubsequences: false)
                for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  --") {
                    let isExplained =
                        line.dropFirst(2).contains("  ") || line.contains("> ")
                        || next.hasPrefix(String(repeating: " ", count: 20))
                    #expect(isExplained, "\(command): \(line)")
                }
            }
        }

        @Test("Doctor names what is wrong, and what to do about each")
        func doctor() throws {
            let node = try RunningNode.started()
            func wrong() throws -> [String: String] {
                let result = try node.vivian("doctor", "--json")
                let findings = try JSONDocument(parsing: result.output).root.elements.map { JSON($0) }
                let failed = findings.filter { $0["ok"]?.isTrue != true }
                #expect(result.status == (failed.isEmpty ? 0 : 1))
                return Dictionary(
                    uniqueKeysWithValues: failed.map { ($0["check"]?.string ?? "", $0["remedy"]?.string ?? "") })
            }
            #expect(try wrong() == [:])
            let keys = node.data.appending(path: "keys")
            let files = FileManager.default
            try files.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: keys.appending(path: "account.key").path)
            try files.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: keys.appending(path: "tls/server.key").path)
            let exposed = try wrong()
            #expect(exposed.count == 2 && exposed.values.allSatisfy { $0.contains("chmod 600") }, "\(exposed)")
            try files.removeItem(at: keys.appending(path: "receipt.key"))
            try Data("no key".utf8).write(to: keys.appending(path: "consensus.key"))
            try files.removeItem(at: keys.appending(path: "tls/server.pem"))
            try files.removeItem(at: keys.appending(path: "records.keys"))
            let broken = try wrong()
            for name in ["keys/receipt.key", "keys/consensus.key", "keys/tls/server.pem", "keys/records.keys"] {
                #expect(broken[name]?.contains("restore") == true, "\(name): \(broken[name] ?? "is well")")
            }
            node.stop()
            #expect(try wrong()["the gateway answers"]?.contains("vivian start") == true)
            try files.removeItem(at: node.ledger.appending(path: "genesis.json"))
            #expect(try wrong()["ledger/genesis.json"]?.contains("vivian init") == true)
            let words = try node.vivian("doctor")
            #expect(words.status == 1 && words.text.contains("FAIL  ledger/genesis.json\n      "), "\(words.text)")
        }

        @Test("The small verifier decides as the large one, and holds no server, SQL, store or engine")
        func smallVerifier() throws {
            let node = try RunningNode.started()
            let ids = try node.captured(Samples.document("small"))
            try node.settle(ids)
            let bundle = node.folder.appending(path: "one.record.json").path
            #expect(try node.vivian("record", ids[0], "--bundle", "--receipts", "-o", bundle).status == 0)
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            let small = URL(fileURLWithPath: Tool.vivian).deletingLastPathComponent().appending(path: "vivian-verify")
            for arguments in [
                [bundle, "--trusted-validators", trusted], [bundle], [bundle, "--trusted-validators", Self.zeros],
                [bundle, "--trusted-validators", trusted, "--chain-id", "elsewhere-1"],
                [bundle, "--trusted-validators", trusted, "--genesis-hash", Self.zeros],
                [bundle, "--trusted-validators", "abc"], ["/nowhere"], [],
            ] {
                let one = try Tool.run(small.path, arguments)
                let other = try Tool.run(Tool.vivian, ["verify"] + arguments)
                #expect(one.status == other.status && one.text == other.text, "\(arguments): \(one.errors)")
            }
            // Neither as a library that it loads nor as code of its own; the large one shows that the words are right.
            let words = ["NIOCore", "GRDB", "sqlite3_open", "mdb_env_open", "wasmtime_"]
            let (inSmall, inLarge) = (
                try Self.words(words, in: small), try Self.words(words, in: URL(fileURLWithPath: Tool.vivian))
            )
            #expect(inSmall == [])
            #expect(inLarge.isSuperset(of: ["NIOCore", "GRDB", "sqlite3_open", "mdb_env_open"]))
            let loaded = try Tool.run("/usr/bin/ldd", [small.path]).text
            for library in ["sqlite", "lmdb", "wasmtime", "libssl", "curl"] {
                #expect(!loaded.contains(library), "\(loaded)")
            }
        }

        /// Which of the words stand in a file.
        static func words(_ words: [String], in file: URL) throws -> Set<String> {
            let content = try Data(contentsOf: file, options: .mappedIfSafe)
            return Set(words.filter { content.range(of: Data($0.utf8)) != nil })
        }
    }
}
