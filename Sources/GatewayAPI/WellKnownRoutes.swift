import Codec
import Foundation
import HTTPTypes

/// Where tools find the contract, and people a page to read it: RFC 9727, RFC 9116.
struct WellKnownRoutes {
    let parts: GatewayParts
    /// How long a published contact is good (RFC 9116 §2.5.5 recommends less than a year).
    private static let contactSeconds: TimeInterval = 180 * 86_400

    var routes: [Route] {
        [
            Route(.get, "/docs", .open) { _ in
                Reply.bytes(
                    ContractPage.bytes, type: "text/html; charset=utf-8",
                    headers: [.contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'"])
            },
            Route(.get, "/.well-known/api-catalog", .open, catalog),
            Route(.get, "/.well-known/security.txt", .open, contact),
        ]
    }

    /// A linkset (RFC 9264) with the one API there is.
    @Sendable func catalog(_ input: RouteInput) async throws -> Reply {
        func link(_ target: String, _ type: String) -> JSON {
            .array([.object(of: ["href": .string(target), "type": .string(type)])])
        }
        let entry: JSON = .object(of: [
            "anchor": .string("/"),
            "service-desc": link("/openapi.json", "application/vnd.oai.openapi+json;version=3.1"),
            "service-doc": link("/docs", "text/html"),
            "status": link("/healthz", "application/json"),
        ])
        return Reply.bytes(
            JSON.object(of: ["linkset": .array([entry])]).serialized(),
            type: "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"")
    }

    @Sendable func contact(_ input: RouteInput) async throws -> Reply {
        guard let contact = parts.configuration.securityContact else {
            throw Problem(
                "not-found", .notFound, title: "No contact is published",
                detail: "The operator has not set one (vivian start --security-contact).")
        }
        let expires = Date(timeIntervalSinceNow: Self.contactSeconds).ISO8601Format()
        return Reply.text("Contact: \(contact)\nExpires: \(expires)\n")
    }
}
