import Codec
import Foundation
import SchemaValidation
import Testing

@testable import GatewayAPI

@Suite("The OpenAPI document lists the routes of the table")
struct RouteTableTests {
    /// The routes as the source names them, with their scopes: a table needs a running gateway's parts, its text does not.
    static func written() throws -> [String: String] {
        var routes: [String: String] = [:]
        for match in try text().matches(of: /Route\(\s*\.([a-z]+),\s*"([^"]+)",\s*\.(?:open|scope\(\.(\w+)\))/) {
            let scope = match.3.flatMap { name in Scope.allCases.first { "\($0)" == name } }
            routes["\(match.1) \(match.2.replacing("...}", with: "}"))"] = scope?.rawValue ?? "open"
        }
        return routes
    }

    /// The module's source.
    static func text() throws -> String {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/GatewayAPI")
        let found = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        return try (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }.map {
            try String(contentsOf: $0, encoding: .utf8)
        }.joined()
    }

    /// The scope of each operation of the document, or `open`.
    static func documented() throws -> [String: String] {
        let root = JSON(try JSONDocument(parsing: OpenAPIDocument.bytes).root)
        var operations: [String: String] = [:]
        for path in root["paths"]?.object ?? [] {
            for method in path.value.object ?? [] where method.name != "parameters" {
                let security = try #require(method.value["security"]?.array, "\(method.name) \(path.name)")
                let scopes = security.flatMap { $0["bearer"]?.array ?? [] }.compactMap(\.string)
                #expect(scopes.count == security.count && scopes.count <= 1)
                operations["\(method.name) \(path.name)"] = scopes.first ?? "open"
            }
        }
        return operations
    }

    @Test("Both name the same methods, paths and scopes")
    func documentAndTableAgree() throws {
        let written = try Self.written()
        #expect(written.count >= 20)
        #expect(written == (try Self.documented()))
    }

    @Test("The document asks for If-Match where the route does, and every PATCH and PUT does")
    func requiredPreconditions() throws {
        let root = JSON(try JSONDocument(parsing: OpenAPIDocument.bytes).root)
        var documented: Set<String> = []
        for path in root["paths"]?.object ?? [] {
            for method in path.value.object ?? [] {
                let fields = (method.value["parameters"]?.array ?? []).filter { $0["name"]?.string == "If-Match" }
                guard fields.contains(where: { $0["required"] == .boolean(true) }) else { continue }
                documented.insert("\(method.name) \(path.name)")
                #expect(method.value["responses"]?["428"] != nil, "\(method.name) \(path.name)")
            }
        }
        let written = try Self.text().matches(
            of: /Route\(\s*\.([a-z]+),\s*"([^"]+)",[^()]*\([^()]*\)[^()]*match: \.required/
        )
        .map { "\($0.1) \($0.2)" }
        #expect(Set(written) == documented)
        let changes = try Self.written().keys.filter { $0.hasPrefix("patch ") || $0.hasPrefix("put ") }
        #expect(documented.isSuperset(of: changes) && !documented.isEmpty)
    }

    @Test("Open are only the routes that tell nothing")
    func openRoutes() throws {
        let open = try Self.written().filter { $0.value == "open" }.keys.sorted()
        #expect(
            open == [
                "get /.well-known/api-catalog", "get /.well-known/security.txt", "get /docs", "get /healthz",
                "get /openapi.json", "get /readyz",
            ])
    }

    @Test("The document and the configuration's schema list the scopes that there are")
    func scopesAreListed() throws {
        let known = Scope.allCases.map(\.rawValue)
        let root = JSON(try JSONDocument(parsing: OpenAPIDocument.bytes).root)
        #expect(root["components"]?["schemas"]?["Scope"]?["enum"]?.array?.compactMap(\.string) == known)
        let schema = try #require(BuiltInSchemas.bytes("json-schema/configuration.json"))
        let configuration = JSON(try JSONDocument(parsing: schema).root)
        #expect(configuration["$defs"]?["scope"]?["enum"]?.array?.compactMap(\.string) == known)
    }

    @Test("Every reference of the document leads somewhere, and every operation names its problem document")
    func documentIsWhole() throws {
        let text = String(decoding: OpenAPIDocument.bytes, as: UTF8.self)
        let root = JSON(try JSONDocument(parsing: OpenAPIDocument.bytes).root)
        let schemas = Set((root["components"]?["schemas"]?.object ?? []).map(\.name))
        for match in text.matches(of: /"#\/components\/schemas\/([^"]+)"/) {
            #expect(schemas.contains(String(match.1)), "\(match.1)")
        }
        for path in root["paths"]?.object ?? [] {
            for method in path.value.object ?? [] where method.name != "parameters" {
                let problem = method.value["responses"]?["default"]?["content"]?["application/problem+json"]
                #expect(problem != nil, "\(method.name) \(path.name)")
            }
        }
    }
}
