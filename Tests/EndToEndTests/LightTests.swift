import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("A light client believes proofs and no gateway", .serialized)
    struct LightTests {
        static func set(of node: RunningNode) throws -> String {
            try #require(try node.status()["validatorsHash"]?.string)
        }

        /// One look at gateways of the same keys, by a light client in a folder of its own.
        static func follow(
            _ nodes: [RunningNode], folder: URL, trusted: String? = nil, _ more: String...
        ) throws -> ToolResult {
            try Tool.run(
                Tool.vivian,
                ["light", "follow", "--json", "--data", folder.path, "--ca", nodes[0].authority]
                    + ["--api-key-file", nodes[0].keyFile.path] + nodes.flatMap { ["--gateway", $0.address] }
                    + (trusted.map { ["--trusted-validators", $0] } ?? []) + more)
        }

        static func head(_ result: ToolResult) -> String? {
            (try? JSONDocument(parsing: Array(result.text.utf8)))?.root["head"]?["height"]?.string
        }

        @Test("It follows from a named set, remembers, and refuses another set, chain, genesis or stranger's gateway")
        func follows() throws {
            let node = try RunningNode.started()
            try node.settle(try node.captured(Samples.document("light")))
            let folder = node.folder.appending(path: "light")
            let unnamed = try Self.follow([node], folder: folder)
            #expect(unnamed.status == 1 && unnamed.errors.contains("--trusted-validators"), "\(unnamed.errors)")
            let wrong = String(repeating: "7", count: 64)
            for (trusted, more, reason) in [
                (wrong, [], "no header of the set of validators that is trusted here"),
                (try Self.set(of: node), ["--chain-id", "elsewhere-1"], "chain"),
                (try Self.set(of: node), ["--genesis-hash", wrong], "genesis"),
            ] {
                let refused = try Tool.run(
                    Tool.vivian,
                    [
                        "light", "follow", "--json", "--data", folder.path, "--ca", node.authority, "--api-key-file",
                        node.keyFile.path, "--gateway", node.address, "--trusted-validators", trusted,
                    ] + more)
                #expect(refused.status == 1 && refused.text.lowercased().contains(reason), "\(refused.text)")
                #expect(Self.head(refused) == nil)
            }
            let first = try Self.follow([node], folder: folder, trusted: try Self.set(of: node))
            #expect(first.status == 0, "\(first.text)\(first.errors)")
            #expect(Self.head(first) == String(try node.height()))
            try node.settle(try node.captured(Samples.document("more")))
            let second = try Self.follow([node], folder: folder)
            let height = String(try node.height())
            #expect(second.status == 0 && Self.head(second) == height, "\(second.text)")
            // Another ledger behind the same address is nothing to go on with.
            let stranger = try RunningNode.started()
            let other = try Self.follow([stranger], folder: folder)
            #expect(other.status == 1 && Self.head(other) == Self.head(second), "\(other.text)")
            // A damaged memory is no memory.
            try Data("{}".utf8).write(to: folder.appending(path: "light.json"))
            let damaged = try Self.follow([node], folder: folder)
            #expect(damaged.status == 1 && damaged.errors.contains("begin again"), "\(damaged.errors)")
        }

        @Test("It answers on loopback with what it has proven, and with nothing else")
        func answers() throws {
            let node = try RunningNode.started()
            let record = try node.captured(Samples.document("answers"))[0]
            try node.settle([record])
            let light = try RunningLight(beside: node, trusted: try Self.set(of: node))
            func get(_ path: String) throws -> Reply { try node.request("GET", path, key: "", base: light.address) }
            let status = try get("/status")
            #expect(status.status == 200 && status.json["chainId"]?.string != nil)
            let bundle = try get("/records/\(record)/bundle")
            #expect(bundle.status == 200, "\(bundle.text)")
            let bundles = try BundleFolder(of: node, named: "light-bundles")
            try bundles.add("one.record.json", bundle)
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            let state = try get("/state/anchor/bG9n")
            #expect(state.status == 200 && state.json["value"]?.string != nil, "\(state.text)")
            let absent = try get("/state/anchor/bm9uZQ")
            #expect(absent.status == 200 && absent.json["value"] == .null, "\(absent.text)")
            for (path, code) in [
                ("/records/12/bundle", 400), ("/state/anchor/b*", 400), ("/state/anchor/bG9n?height=x", 400),
                ("/records/\(String(repeating: "0", count: 64))/bundle", 502), ("/state/nowhere/bG9n", 502),
                ("/state/anchor/bG9n?height=4000000", 502),
            ] {
                let reply = try get(path)
                #expect(reply.status == code && reply.problem != nil, "\(path): \(reply.status) \(reply.text)")
            }
            // Whoever stands behind the address from now on is somebody else, and cannot answer in its place.
            #expect(node.stop() == 0)
            let silent = try get("/state/anchor/bG9n")
            #expect(silent.status == 502 && silent.text.contains(node.address), "\(silent.text)")
        }

        @Test("A validator that signs two ledgers is convicted on both by what the light client hands in")
        func forked() throws {
            let one = try RunningNode.started()
            try one.settle(try one.captured(Samples.document("common")))
            #expect(one.stop() == 0)
            let other = try RunningNode()
            try RestoredLedgerTests.replace(other.data, by: one.data)
            try one.start()
            let folder = one.folder.appending(path: "light")
            let set = try Self.set(of: one)
            let before = try Self.follow([one], folder: folder, trusted: set)
            #expect(before.status == 0, "\(before.text)\(before.errors)")
            try other.start()
            for (index, node) in [one, other].enumerated() {
                try node.settle(try node.captured(Samples.document("way-\(index)")))
            }
            let found = try Self.follow([one, other], folder: folder)
            #expect(found.status == 1 && found.errors.contains("two blocks of height"), "\(found.text)\(found.errors)")
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: "fork.json").path))
            let validator = try #require(try one.status()["validator"]?.string)
            let fork = try JSONDocument(parsing: Array(try Data(contentsOf: folder.appending(path: "fork.json")))).root
            let height = try #require(fork["height"]?.string)
            let key = Base64.encodeURL(Array("misbehaviour/\(validator)/\(height)".utf8))
            for node in [one, other] {
                try node.wait("the conviction") { try node.get("/state/staking/\(key)").json["value"]?.string != nil }
                // It goes on: a ledger without validators is none.
                try node.settle(try node.captured(Samples.document("after-\(node === one)")))
                // The ledger has it: once is enough.
                let evidence = try #require(
                    (fork["evidence"].map { Array($0.elements) } ?? []).first?.string.flatMap(Base64.decode))
                let again = try node.request(
                    "POST", "/evidence", headers: ["Content-Type: application/protobuf"], body: evidence)
                #expect(again.status == 422 && again.problem == "evidence-refused", "\(again.text)")
                #expect(node.stop() == 0)
                try node.start()
                try node.settle(try node.captured(Samples.document("restarted-\(node === one)")))
            }
            // It is remembered.
            let later = try Self.follow([one], folder: folder)
            #expect(later.status == 1 && later.errors.contains("two blocks of height"), "\(later.errors)")
        }
    }
}

/// `vivian light start` beside a node.
final class RunningLight: @unchecked Sendable {
    private(set) var address = ""
    private let process = Process()

    init(beside node: RunningNode, trusted: String) throws {
        let output = node.folder.appending(path: "light.out")
        process.executableURL = URL(fileURLWithPath: Tool.vivian)
        process.arguments = [
            "light", "start", "--json", "--port", "0", "--data", node.folder.appending(path: "light").path, "--ca",
            node.authority, "--api-key-file", node.keyFile.path, "--gateway", node.address, "--trusted-validators",
            trusted, "--interval", "1",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Tool.handle(output)
        process.standardError = try Tool.handle(node.folder.appending(path: "light.log"))
        try process.run()
        try node.wait("the light client") {
            let line = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").first ?? ""
            address = (try? JSONDocument(parsing: Array(line.utf8)))?.root["address"]?.string ?? ""
            return !address.isEmpty
        }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }
}
