import Codec
import Foundation
import GatewayAPI
import Testing

@Suite("The OpenAPI document lists the routes of the table")
struct RouteTableTests {
    /// The routes as the source names them: a table needs a running gateway's parts, its text does not.
    static func written() throws -> Set<String> {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/GatewayAPI")
        var routes: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: sources.path) where name.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            for match in text.matches(of: /Route\(\s*\.([a-z]+),\s*"([^"]+)"/) {
                routes.insert("\(match.1) \(match.2.replacing("...}", with: "}"))")
            }
        }
        return routes
    }

    @Test("Both name the same methods and paths")
    func documentAndTableAgree() throws {
        let root = JSON(try JSONDocument(parsing: OpenAPIDocument.bytes).root)
        var documented: Set<String> = []
        for path in root["paths"]?.object ?? [] {
            for method in path.value.object ?? [] where method.name != "parameters" {
                documented.insert("\(method.name) \(path.name)")
            }
        }
        let written = try Self.written()
        #expect(written.count >= 15)
        #expect(written.subtracting(documented) == [])
        #expect(documented.subtracting(written) == [])
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
