package import Codec
package import HTTPTypes
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
    /// Fields of the answer beside the usual ones, such as what would be taken.
    package var headers: HTTPFields

    package init(
        _ name: String, _ status: HTTPResponse.Status, title: String, detail: String,
        violations: [SchemaViolation] = [], members: [(name: String, value: JSON)] = [], retryAfterSeconds: Int? = nil,
        headers: HTTPFields = [:]
    ) {
        self.name = name
        self.status = status
        self.title = title
        self.detail = detail
        self.violations = violations
        self.members = members
        self.retryAfterSeconds = retryAfterSeconds
        self.headers = headers
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

    /// The answer to the client; the request id names this occurrence (RFC 9457 §3.1.5).
    func reply(requestID: String) -> Reply {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        guard case .object(var members) = json else { return Reply(status, headers: headers) }
        members.append(.init(name: "instance", value: .string("urn:vivian:request:\(requestID)")))
        return Reply(status, headers: headers, body: JSON.object(members).serialized())
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
