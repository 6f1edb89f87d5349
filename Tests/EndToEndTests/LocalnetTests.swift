import Foundation
import Testing

extension EndToEnd {
    /// Ledgers of several validators, each its own process.
    @Suite("Localnet", .enabled(if: Tool.isReady))
    struct LocalnetTests {
        /// Runs `deploy/localnet` to its end.
        private static func localnet(_ arguments: String...) throws -> ToolResult {
            let script = Tool.package.appending(path: "deploy/localnet").path
            let result = try Tool.run("/usr/bin/env", ["VIVIAN_BIN=\(Tool.vivian)", script] + arguments)
            #expect(result.status == 0, "\(result.text)\n\(result.errors)")
            #expect(result.text.contains("== Done"))
            return result
        }

        @Test("Four validators and three followers agree, a killed one comes back, and three give their places up")
        func agree() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-localnet-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let result = try Self.localnet("--followers", "3", "--demo", "--data", folder.path)
            guard let judges = Tool.judges else { return }
            func judge(_ bundle: String, _ holds: Bool, _ arguments: String...) throws {
                let file = folder.appending(path: bundle).path
                let judged = try Tool.run(
                    Tool.python, [judges.appending(path: "check").path, "record", file] + arguments)
                #expect((judged.status == 0) == holds, "\(bundle) \(arguments): \(judged.text)\n\(judged.errors)")
            }
            func set(_ name: String) throws -> String {
                let line = try #require(result.text.split(separator: "\n").first { $0.hasPrefix("\(name) set: ") })
                return String(line.dropFirst(9))
            }
            let (old, new) = (try set("old"), try set("new"))
            // The second implementation goes the same way, from the first set over the headers between.
            try judge("two.record.json", true, "--trusted-validators", old)
            try judge("two.record.json", false, "--trusted-validators", new)
            try judge("receipts.record.json", true, "--trusted-validators", old, "--min-receipts", "3")
            try judge("receipts.record.json", false, "--trusted-validators", old, "--min-receipts", "5")
        }

        @Test("Nodes join from snapshots where blocks are gone, whatever some disks give, and keep what they signed")
        func stateSync() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-localnet-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let result = try Self.localnet("--state-sync", "--data", folder.path)
            guard let judges = Tool.judges else { return }
            let line = try #require(result.text.split(separator: "\n").first { $0.hasPrefix("trusted set: ") })
            let file = folder.appending(path: "joined.record.json").path
            let check = judges.appending(path: "check").path
            let judged = try Tool.run(
                Tool.python, [check, "record", file, "--trusted-validators", String(line.dropFirst(13))])
            #expect(judged.status == 0, "\(judged.text)\n\(judged.errors)")
        }

        @Test("Vectors leave the old blocks of a validator, and a node joins all the same")
        func vectors() throws {
            _ = try Self.localnet("--vectors")
        }

        @Test("Validators stand still, die, lose their logs and come back from backups, under load")
        func faults() throws {
            _ = try Self.localnet("--faults")
        }

        @Test("Cables between hosts are pulled and put back, under load", .enabled(if: Self.canMakeHosts))
        func partition() throws {
            _ = try Self.localnet("--partition")
        }

        /// Whether this user may make network namespaces here, and what `deploy/localnet-hosts` puts into them.
        static let canMakeHosts: Bool = {
            let name = "vivian-test-\(UUID().uuidString.prefix(8))"
            func ip(_ words: String...) -> Bool { (try? Tool.run("/usr/bin/env", ["ip"] + words))?.status == 0 }
            guard ip("netns", "add", name) else { return false }
            defer { _ = ip("netns", "delete", name) }
            return ip("-n", name, "link", "add", "switch", "type", "bridge")
                && ip("-n", name, "link", "add", "one", "type", "veth", "peer", "name", "other")
                && ip("-n", name, "link", "set", "one", "master", "switch", "up")
        }()
    }
}
