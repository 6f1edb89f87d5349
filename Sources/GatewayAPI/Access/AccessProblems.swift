import Codec
import HTTPTypes

extension Problem {
    static let realm = "Bearer realm=\"vivian\""

    /// Nothing was shown, or nothing that is read here (RFC 6750 §3: no error code then).
    static let unauthenticated = Problem(
        "unauthenticated", .unauthorized, title: "A credential is needed",
        detail: "Send an API key or an access token: Authorization: Bearer ...", headers: [.wwwAuthenticate: realm])

    /// What was shown does not hold.
    static func invalidToken(_ reason: String) -> Problem {
        Problem(
            "invalid-token", .unauthorized, title: "The credential does not hold", detail: reason,
            headers: [
                .wwwAuthenticate: "\(realm), error=\"invalid_token\", error_description=\"\(reason)\""
            ])
    }

    /// More than one credential (RFC 6750 §3.1).
    static let ambiguousCredentials = Problem(
        "ambiguous-credentials", .badRequest, title: "There is more than one credential",
        detail: "Send one Authorization header.", headers: [.wwwAuthenticate: "\(realm), error=\"invalid_request\""])

    /// The credential holds, and is not enough.
    static func insufficientScope(_ scope: Scope) -> Problem {
        Problem(
            "insufficient-scope", .forbidden, title: "The credential does not allow this",
            detail: "The scope \(scope.rawValue) is needed.",
            members: [(name: "scope", value: .string(scope.rawValue))],
            headers: [
                .wwwAuthenticate: "\(realm), error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
            ])
    }

    /// The issuer's keys cannot be had.
    static func issuerUnavailable(_ reason: String) -> Problem {
        Problem(
            "issuer-unavailable", .serviceUnavailable, title: "The token cannot be checked now", detail: reason,
            retryAfterSeconds: 5)
    }
}
