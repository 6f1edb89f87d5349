import Codec
import HTTPTypes
import SchemaValidation
import Testing

@testable import GatewayAPI

struct ProblemTests {
    @Test func `a problem document has RFC 9457's members and its violations`() throws {
        let problem = Problem(
            "invalid-document", .unprocessableContent, title: "The document breaks its schema",
            detail: "One violation.",
            violations: [
                SchemaViolation(
                    instancePointer: "/a", schemaPointer: "", rule: "type", message: "must be text", line: 3, column: 7)
            ])
        let root = try JSONDocument(parsing: problem.json.serialized()).root
        #expect(root["type"]?.string == "urn:vivian:problem:invalid-document")
        #expect(root["status"]?.int64 == 422)
        let violation = try #require(root["violations"]?.elements.first { _ in true })
        #expect(violation["pointer"]?.string == "/a")
        #expect(violation["line"]?.int64 == 3)
    }

    @Test func `an unknown failure tells nothing of itself`() {
        struct Secret: Error { let password = "hunter2" }
        let problem = ProblemTable.problem(for: Secret())
        #expect(problem.name == "internal")
        let text = String(decoding: problem.json.serialized(), as: UTF8.self)
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("Secret"))
    }

    @Test func `every metric is shown before it moves`() {
        let text = Metrics().exposition()
        for metric in Metrics.catalogue { #expect(text.contains("vivian_\(metric.name)")) }
    }

    @Test func `the contract is OpenAPI 3.1 and names every problem's media type`() throws {
        let root = try JSONDocument(parsing: OpenAPIDocument.bytes).root
        #expect(root["openapi"]?.string == "3.1.0")
        #expect(root["paths"]?.count ?? 0 > 15)
    }
}
