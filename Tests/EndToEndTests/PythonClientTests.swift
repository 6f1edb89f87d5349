import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The Python client and its verifier agree with the gateway", .serialized)
    struct PythonClientTests {
        static let folder = Tool.package.appending(path: "deploy/clients/python")

        /// Runs one of the client's own test modules.
        static func run(_ module: String, _ variables: [String: String] = [:]) throws -> ToolResult {
            let vectors = VectorFolder.root.map { ["VIVIAN_VECTORS=\($0.path)"] } ?? []
            let settings = variables.map { "\($0)=\($1)" } + vectors + ["PYTHONPATH=\(folder.path)/src", "CI=true"]
            return try Tool.run("/usr/bin/env", settings + [Tool.python, "\(folder.path)/tests/\(module).py"])
        }

        @Test("A record from capture to proof, and refusals, as its user sees them")
        func client() throws {
            let node = try RunningNode.started()
            // What only a transaction makes: collection 1, with a vector.
            let made = try VectorTests.create(node, "cards", "--public")
            #expect(made.status == 0, "\(made.errors)")
            let file = try VectorTests.file(
                node, "v.jsonl", [.init(name: "put", number: 7, vector: [Int](1...VectorTests.dimension))])
            #expect(try node.vivian("vector", "insert", "cards", file).status == 0)
            try VectorTests.settle(node, count: 1)
            let result = try Self.run(
                "test_gateway",
                [
                    "VIVIAN_GATEWAY": node.address, "VIVIAN_CA_FILE": node.authority,
                    "VIVIAN_API_KEY": node.key,
                ])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("OK") && !result.errors.contains("skipped"))
        }

        @Test("What is sent again, to whom, and what is sent once")
        func wire() throws {
            let result = try Self.run("test_wire")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("OK") && !result.errors.contains("skipped"))
        }

        @Test("Texts get the pinned vectors, and those without one are refused")
        func embedding() throws {
            let result = try Self.run("test_embedding")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("OK") && !result.errors.contains("skipped"))
        }

        @Test("Every published bundle gets its published verdict, and no damage is taken for another fact")
        func bundles() throws {
            let result = try Self.run("test_bundles")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("OK") && !result.errors.contains("skipped"))
        }
    }
}
