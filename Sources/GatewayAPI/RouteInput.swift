import Codec
import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import LedgerModel
import Records

/// One request as the routes see it.
struct RouteInput {
    /// What does not change on the way: held once, so that handing the request on copies next to nothing.
    private final class Facts: Sendable {
        let request: Request
        let context: GatewayContext
        let route: Route
        let principal: Principal
        let now: @Sendable () -> UInt64
        let mark: AuditMark
        let queryItems: [(name: String, value: String)]

        init(
            _ request: Request, _ context: GatewayContext, _ route: Route, _ principal: Principal,
            _ now: @escaping @Sendable () -> UInt64
        ) {
            self.request = request
            self.context = context
            self.route = route
            self.principal = principal
            self.now = now
            queryItems = RouteInput.queryItems(of: request)
            mark = route.isAudited ? AuditMark() : .unused
        }
    }

    private let facts: Facts
    /// Whole and decoded; empty where the route takes none.
    var body: [UInt8] = []
    /// What the client has seen of that which is to be changed.
    var preconditions = Preconditions()

    init(
        request: Request, context: GatewayContext, route: Route, principal: Principal,
        now: @escaping @Sendable () -> UInt64
    ) {
        facts = Facts(request, context, route, principal, now)
    }

    var request: Request { facts.request }
    var context: GatewayContext { facts.context }
    var route: Route { facts.route }
    /// Who asks.
    var principal: Principal { facts.principal }
    /// Set where the route writes its entry of the audit log together with its effect.
    var mark: AuditMark { facts.mark }

    /// Nanoseconds since 1970.
    func now() -> UInt64 { facts.now() }

    /// The organisation for which the caller asks; no route sees another one's.
    var tenant: String { principal.tenant.name }

    /// The request's line in the audit log; the target is the path's id if none is named.
    func auditLine(status: Int, target: String? = nil) -> AuditLine {
        AuditLine(
            tenant: tenant, time: now(), who: principal.name, method: route.method.rawValue, route: route.template,
            target: target ?? String(parameter("id").prefix(Self.targetCharactersMax)), status: status,
            request: context.requestID)
    }

    /// Ids are hex; anything longer in a path's place is cut in the audit log.
    private static let targetCharactersMax = 128

    /// A path parameter.
    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// Query parameters in the order of the text, percent-decoded; what does not decode stays as it is.
    var queryItems: [(name: String, value: String)] { facts.queryItems }

    private static func queryItems(of request: Request) -> [(name: String, value: String)] {
        guard let query = request.uri.query, !query.isEmpty else { return [] }
        return query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: decoded(parts[0]), value: parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    /// A query parameter, or nil.
    func query(_ name: String) -> String? { queryItems.first { $0.name == name }?.value }

    /// The path parameters of a route, by name.
    func pathParameters(_ route: Route) -> [String: String] {
        var values: [String: String] = [:]
        let segments = request.uri.path.split(separator: "/")
        for (index, part) in route.template.split(separator: "/").enumerated() where part.hasPrefix("{") {
            if part.hasSuffix("...}") {
                let rest = segments.dropFirst(index).joined(separator: "/")
                values[String(part.dropFirst().dropLast(4))] = Self.decoded(rest[...])
            } else {
                let name = String(part.dropFirst().dropLast())
                values[name] = parameter(name)
            }
        }
        return values
    }

    private static func decoded(_ text: Substring) -> String {
        // A vector is thousands of characters, none of them encoded.
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return String(text).removingPercentEncoding ?? String(text)
    }

    /// A path parameter of so many bytes in hex.
    func hex(_ name: String, byteCount: Int) throws -> [UInt8] {
        guard let bytes = Hex.decode(parameter(name)), bytes.count == byteCount else {
            throw Problem.badParameter(name, "\(byteCount) bytes in lower-case hex")
        }
        return bytes
    }

    /// An optional query parameter of so many bytes in hex.
    func queryHex(_ name: String, byteCount: Int) throws -> [UInt8]? {
        guard let text = query(name) else { return nil }
        guard let bytes = Hex.decode(text), bytes.count == byteCount else {
            throw Problem.badParameter(name, "\(byteCount) bytes in lower-case hex")
        }
        return bytes
    }

    /// The `trusted` parameter: a validators hash.
    func trusted() throws -> Digest? { try queryHex("trusted", byteCount: 32).flatMap { Digest($0) } }

    /// An optional query parameter that is `true` or `false`.
    func flag(_ name: String) throws -> Bool {
        switch query(name) {
        case nil, "false": false
        case "true": true
        default: throw Problem.badParameter(name, "true or false")
        }
    }

    /// A decimal number without leading zeros.
    static func number(_ text: String, named name: String) throws -> UInt64 {
        guard let value = UInt64(text), String(value) == text else {
            throw Problem.badParameter(name, "a decimal number")
        }
        return value
    }

    /// An optional time: RFC 3339, as nanoseconds since 1970.
    func time(_ name: String) throws -> UInt64? {
        try query(name).map { text in
            guard let time = TimeText.nanoseconds(text) else {
                throw Problem.badParameter(name, "a time since 1970 such as 2026-05-01T08:00:00Z (RFC 3339)")
            }
            return time
        }
    }

    /// An optional height.
    func height(_ name: String) throws -> Height? {
        try query(name).map { Height(try Self.number($0, named: name)) }
    }

}

extension Problem {
    static func badParameter(_ name: String, _ wanted: String) -> Problem {
        Problem(
            "bad-parameter", .badRequest, title: "A parameter is malformed", detail: "\(name) must be \(wanted).")
    }

    static func tooLarge(_ max: Int) -> Problem {
        Problem(
            "too-large", .contentTooLarge, title: "The body is too large",
            detail: "This route takes \(max) bytes. Nothing was stored; send less at a time.",
            members: [(name: "limitBytes", value: .number(String(max)))])
    }
}
