import Codec
import Foundation
import SchemaValidation
import Testing

@testable import GatewayAPI

@Suite("The OpenAPI document lists the routes of the table")
struct RouteTableTests {
    /// The routes as the source names them, with their scopes: a table needs a running gateway's parts, its text does not.
    static func written() throws -> [String: String] {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/GatewayAPI")
        var routes: [String: String] = [:]
        let found = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        for file in found?.compactMap({ $0 as? URL }) ?? [] where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /Route\(\s*\.([a-z]+),\s*"([^"]+)",\s*\.(?:open|scope\(\.(\w+)\))/) {
                let scope = match.3.flatMap { name in Scope.allCases.first { "\($0)" == name } }
                routes["\(match.1) \(match.2.replacing("...}", with: "}"))"] = scope?.rawValue ?? "open"
            }
        }
        return routes
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
