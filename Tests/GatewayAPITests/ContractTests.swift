import Codec
import HTTPTypes
import SchemaValidation
import Testing

@testable import GatewayAPI

struct ContractTests {
    private static let contract = Result { try Contract(OpenAPIDocument.bytes) }

    private func check(
        _ method: String, _ template: String, path: [String: String] = [:], _ query: KeyValuePairs<String, String> = [:]
    ) throws -> [String] {
        let operation = try #require(try Self.contract.get()[method, template])
        do throws(Problem) {
            try operation.checkParameters(path: path, query: query.map { (name: $0, value: $1) }, headers: [:])
            return []
        } catch {
            #expect(error.status == .badRequest && error.name == "bad-parameter")
            return error.violations.map { "\($0.instancePointer) \($0.rule)" }
        }
    }

    private let id = String(repeating: "ab", count: 32)

    @Test func `what the document allows goes through`() throws {
        #expect(try check("get", "/records/{id}", path: ["id": id]) == [])
        #expect(try check("get", "/records/{id}/bundle", path: ["id": id], ["receipts": "true", "trusted": id]) == [])
        #expect(try check("get", "/log/consistency", ["from": "1", "to": "18446744073709551615"]) == [])
        #expect(try check("get", "/log/tile/{path}", path: ["path": "0/x001/067.p/5"]) == [])
    }

    @Test func `what it does not is refused, with the parameter and the rule`() throws {
        #expect(try check("get", "/records/{id}", path: ["id": "AB"]) == ["/path/id pattern"])
        #expect(try check("get", "/records/{id}", path: ["id": id.uppercased()]) == ["/path/id pattern"])
        #expect(try check("get", "/records/{id}", path: ["id": id], ["x": "1"]) == ["/query/x unknown"])
        #expect(
            try check("get", "/records/{id}/bundle", path: ["id": id], ["receipts": "yes"]) == ["/query/receipts type"])
        #expect(
            try check("get", "/records/{id}/bundle", path: ["id": id], ["receipts": "true", "receipts": "true"])
                == ["/query/receipts duplicate"])
        #expect(try check("get", "/log/consistency", ["from": "1"]) == ["/query/to required"])
        #expect(try check("get", "/log/consistency", ["from": "01", "to": "+2"]).count == 2)
        #expect(try check("get", "/log/consistency", ["from": "1", "to": ""]) == ["/query/to pattern"])
    }

    @Test func `media types are taken without regard to case and parameters`() throws {
        let operation = try #require(try Self.contract.get()["post", "/epcis/capture"])
        #expect(try operation.checkMediaType("Application/LD+JSON; charset=utf-8") == "application/ld+json")
        for field in [nil, "", "text/csv", "application/ld+jsonx", ";application/xml", "application/ld json"] {
            #expect(throws: Problem.self) { try operation.checkMediaType(field) }
        }
    }

    @Test func `a document that is none is our own bug, and said so`() {
        #expect(throws: ContractFailure.self) { try Contract(Array("{".utf8)) }
        let text = #"{"paths":{"/a":{"get":{"parameters":[{"name":"a","in":"query","schema":{"pattern":"("}}]}}}}"#
        #expect(throws: ContractFailure.self) { try Contract(Array(text.utf8)) }
    }

    @Test func `the page holds every operation and nothing from elsewhere`() throws {
        let page = String(decoding: ContractPage.bytes, as: UTF8.self)
        let root = try JSONDocument(parsing: OpenAPIDocument.bytes).root
        for path in root["paths"]?.fields.map({ $0 }) ?? [] {
            for method in path.value.fields {
                #expect(page.contains("id='\(method.value["operationId"]?.string ?? "?")'"))
            }
        }
        for word in ["<script", "http://", "https://fonts", "src="] { #expect(!page.contains(word), "\(word)") }
        #expect(page.contains("&lt;") || !page.contains("<N>"))
    }
}
