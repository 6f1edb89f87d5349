package import Codec
package import HTTPTypes
import Hummingbird
import NIOCore
package import SchemaValidation

/// An RFC 9457 problem: what went wrong, where, and what to do.
package struct Problem: Error, Sendable {
    /// `application/problem+json`'s `type` is this behind `urn:vivian:problem:`; it never changes its meaning.
    package var name: String
    package var status: HTTPResponse.Status
    package var title: String
    package var detail: String
    package var violations: [SchemaViolation]
    /// Members beside the standard ones, such as the nearest height that is served.
    package var members: [(name: String, value: JSON)]
    /// Seconds after which a new try may succeed (RFC 9110 §10.2.3).
    package var retryAfterSeconds: Int?

    package init(
        _ name: String, _ status: HTTPResponse.Status, title: String, detail: String,
        violations: [SchemaViolation] = [], members: [(name: String, value: JSON)] = [], retryAfterSeconds: Int? = nil
    ) {
        self.name = name
        self.status = status
        self.title = title
        self.detail = detail
        self.violations = violations
        self.members = members
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The document.
    package var json: JSON {
        var object: [JSON.Member] = [
            .init(name: "type", value: .string("urn:vivian:problem:\(name)")),
            .init(name: "title", value: .string(title)),
            .init(name: "status", value: .number(String(status.code))),
            .init(name: "detail", value: .string(detail)),
        ]
        if !violations.isEmpty {
            object.append(.init(name: "violations", value: .array(violations.map(\.json))))
        }
        object += members.map { .init(name: $0.name, value: $0.value) }
        return .object(object)
    }

    /// The answer to the client.
    func response() -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.serialized())))
    }
}

extension SchemaViolation {
    /// As one entry of a problem's `violations`.
    var json: JSON {
        .object([
            .init(name: "pointer", value: .string(instancePointer)),
            .init(name: "line", value: .number(String(line))),
            .init(name: "column", value: .number(String(column))),
            .init(name: "rule", value: .string(rule)),
            .init(name: "message", value: .string(message)),
        ])
    }
}
