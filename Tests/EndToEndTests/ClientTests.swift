import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("The client sends again where it may, and only there", .serialized)
    struct ClientTests {
        /// A document that is longer than any other request.
        static func document(_ node: RunningNode, _ serial: String) throws -> String {
            let file = node.folder.appending(path: "\(serial).jsonld")
            try Data(Samples.document(serial, events: 100)).write(to: file)
            return file.path
        }

        static func run(_ node: RunningNode, _ peer: JSON, _ arguments: String...) throws -> ToolResult {
            guard case .number(let port)? = peer["port"] else { throw PeerFailure(peer: "lossy", complaint: "no port") }
            return try Tool.run(
                Tool.vivian,
                arguments + [
                    "--gateway", "https://127.0.0.1:\(port)", "--ca", node.authority, "--api-key-file",
                    node.keyFile.path, "--json",
                ])
        }

        @Test("A capture whose answer was lost, and lost again, has one effect", arguments: [1, 3])
        func lostAnswers(_ count: Int) throws {
            let node = try RunningNode.started()
            let line = try LivePeer("lossy", node.address, String(count))
            let port = try line.line()
            let result = try Self.run(node, port, "capture", try Self.document(node, "lost"))
            #expect(result.status == 0, "\(result.errors)")
            #expect(try line.ask("")["lost"] == .number(String(count)))
            #expect(try CommandTests.lines(result).count == 100)
            let jobs = try node.get("/epcis/capture").json.elements
            #expect(jobs.count == 1 && jobs[0]["recordCount"] == .number("100"))
            #expect(try node.logSize() == 101)
        }

        @Test("When no answer ever comes it gives up and says so; sent once more by hand it is the same")
        func noAnswer() throws {
            let node = try RunningNode.started()
            let line = try LivePeer("lossy", node.address, "1000")
            let port = try line.line()
            let file = try Self.document(node, "silent")
            let result = try Self.run(node, port, "capture", file)
            #expect(result.status == 2 && result.errors.contains("got no answer"), "\(result.errors)")
            #expect(try line.ask("")["lost"] == .number("5"))
            #expect(try node.get("/epcis/capture").json.elements.count == 1)
            let again = try node.vivian("capture", file, "--json")
            #expect(try CommandTests.lines(again).count == 100)
            #expect(try node.logSize() == 101)
        }

        @Test("A gateway that is not there is said at once, and a credential goes to no other kind of address")
        func notThere() throws {
            let node = try RunningNode()
            for address in ["https://127.0.0.1:1", "http://127.0.0.1:1", "127.0.0.1", "https://user@127.0.0.1:1"] {
                let result = try Tool.run(
                    Tool.vivian, ["status", "--gateway", address, "--api-key-file", node.keyFile.path])
                #expect(result.status == 2 && !result.errors.isEmpty, "\(address)")
                #expect(!result.errors.contains(node.key), "\(address)")
            }
        }

        @Test("A gateway that asks for patience gets it")
        func rateLimited() throws {
            let node = try RunningNode()
            try node.start("--requests-per-second", "2")
            var refused = false
            for _ in 0..<20 where !refused { refused = try node.get("/status").status == 429 }
            #expect(refused)
            #expect(try node.vivian("status").status == 0)
        }
    }
}
