import Codec
import Foundation
import Testing

extension EndToEnd {
    /// What a stranger can send, from one address with little CPU.
    ///
    /// The times that the health check takes meanwhile are
    /// `deploy/bench-frontdoor`'s; here it must answer at all, and the memory must stay where it is.
    @Suite("The front door under attack", .serialized)
    struct AttackTests {
        /// Megabytes that the process may have in memory during any of these; an idle one has about 70.
        static let memoryMax = 768
        /// Seconds that a client has here, instead of a minute.
        static let clientSeconds = 3

        /// Runs one attack; outcomes by name.
        static func attack(_ node: RunningNode, _ name: String, _ count: Int) throws -> [String: Int] {
            let text = try Tool.peer(
                "attack", node.address, node.authority, node.keyFile.path, "\(node.processIdentifier)", name,
                String(count))
            let answer = JSON(try JSONDocument(parsing: text).root)
            #expect(answer["health"]?["failed"] == .number("0"), "\(name): \(String(decoding: text, as: UTF8.self))")
            let memory = Int(Self.number(answer["memory"])) ?? .max
            #expect(memory < memoryMax, "\(name): \(memory) MB")
            #expect(node.isRunning, "\(name)")
            var outcome: [String: Int] = [:]
            for member in answer["outcome"]?.object ?? [] { outcome[member.name] = Int(Self.number(member.value)) }
            return outcome
        }

        private static func number(_ value: JSON?) -> String {
            if case .number(let text)? = value { text } else { "" }
        }

        static func node() throws -> RunningNode {
            let node = try RunningNode()
            try node.start("--client-seconds", String(clientSeconds), "--requests-per-second", "100000")
            return node
        }

        @Test("Who does not finish a handshake, a head or a body, and who takes no answer, is let go")
        func slowness() throws {
            let node = try Self.node()
            #expect(try Self.attack(node, "handshakes", 100) == ["closed": 100])
            let heads = try Self.attack(node, "slow-heads", 40)
            #expect(heads["not closed"] == nil, "\(heads)")
            #expect(try Self.attack(node, "slow-bodies", 40) == ["408": 40])
            let readers = try Self.attack(node, "slow-readers", 120)
            #expect(readers["not closed"] == nil, "\(readers)")
        }

        @Test("What is too much is refused before it is taken in: bodies of a gigabyte, bombs, endless heads")
        func excess() throws {
            let node = try Self.node()
            let bodies = try Self.attack(node, "big-bodies", 10)
            #expect(bodies.keys.allSatisfy { $0.hasSuffix("cut") }, "\(bodies)")
            #expect(bodies["413 cut"] ?? 0 >= 2, "\(bodies)")
            #expect(try Self.attack(node, "bombs", 40) == ["413": 30, "415": 10])
            let heads = try Self.attack(node, "huge-heads", 16)
            #expect(heads["not closed"] == nil && heads["200"] == nil, "\(heads)")
        }

        @Test("HTTP/2 is no lever: rapid reset, endless continuation, too many streams, floods of control frames")
        func frames() throws {
            let node = try Self.node()
            for name in ["rapid-reset", "continuation", "streams", "control-flood"] {
                let outcome = try Self.attack(node, name, 8)
                #expect(outcome == ["closed": 8], "\(name)")
            }
        }

        @Test("One address takes half of the places at most, hears when to come back, and is in nobody's way")
        func shares() throws {
            let node = try RunningNode.started()
            let text = try Tool.peer("streams", node.address, node.authority, node.keyFile.path, "share", "600")
            let answer = JSON(try JSONDocument(parsing: text).root)
            #expect(answer["waiting"] == .number("512"), "\(answer)")
            #expect(answer["refused"] == [.number("429")], "\(answer)")
            #expect(answer["types"] == ["urn:vivian:problem:too-many-at-once"], "\(answer)")
            #expect(answer["retryAfter"] == .boolean(true), "\(answer)")
            #expect(answer["others"] == [.number("200")] && answer["over"] == .boolean(false), "\(answer)")
        }

        @Test("Where all connections are taken the longest quiet one goes, an address with too many of them first")
        func fullHouse() throws {
            let node = try RunningNode()
            // 256 files are for others.
            node.launcher = ["/usr/bin/prlimit", "--nofile=656:656"]
            try node.start()
            let text = try Tool.peer("crowd", node.address, node.authority, node.keyFile.path, "400")
            let answer = JSON(try JSONDocument(parsing: text).root)
            #expect(answer["made"] == .number("600") && answer["failed"] == .number("0"), "\(answer)")
            let held = Self.number(answer["held"])
            #expect((350...400).contains(Int(held) ?? 0), "\(answer)")
            // The first to come went, not the last.
            #expect(answer["oldestOver"] == .boolean(true) && answer["newestOver"] == .boolean(false), "\(answer)")
            // Somebody else's quiet connection stayed, and so did a stream that was at work.
            #expect(answer["quietAnswers"] == .number("200") && answer["streamOver"] == .boolean(false), "\(answer)")
            #expect(answer["newcomer"] == .number("200"), "\(answer)")
            #expect(try node.get("/status").status == 200)
        }

        @Test("Ten thousand idle connections, or as many as this machine lets a process have, are held")
        func idleConnections() throws {
            let node = try RunningNode.started()
            let most = Int(
                try Tool.run("/bin/sh", ["-c", "ulimit -Hn"]).text.trimmingCharacters(in: .whitespacesAndNewlines))
            let count = min(10_000, (most ?? 20_000) - 1_000)
            try #require(count >= 500, "a process may open \(most ?? 0) files here")
            let outcome = try Self.attack(node, "idle", count)
            #expect(outcome["held"] == count)
            #expect(try node.get("/status").status == 200)
        }
    }
}
