import Codec
import HTTPTypes
import Records

/// The audit log of one's own tenant.
struct AuditRoutes {
    let parts: GatewayParts
    /// Entries in one page.
    static let pageMax: UInt64 = 1_000
    static let pageDefault: UInt64 = 100

    var routes: [Route] {
        [Route(.get, "/audit", .scope(.auditRead), isAudited: true, list)]
    }

    /// Oldest first; a cursor leads to the next page for as long as there is one.
    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let limit = try input.query("limit").map { try RouteInput.number($0, named: "limit") } ?? Self.pageDefault
        guard (1...Self.pageMax).contains(limit) else { throw Problem.badParameter("limit", "1 to \(Self.pageMax)") }
        var after: UInt64 = 0
        if let text = input.query("cursor") {
            guard let bytes = Base64.decodeURL(text), bytes.count == 8 else {
                throw Problem.badParameter("cursor", "a cursor that an earlier page gave")
            }
            after = bytes.reduce(0) { $0 << 8 | UInt64($1) }
            guard after <= UInt64(Int64.max) else {
                throw Problem.badParameter("cursor", "a cursor that an earlier page gave")
            }
        }
        let rows = try parts.access.book.audit(tenant: input.tenant, after: after, limit: Int(limit) + 1)
        let shown = rows.prefix(Int(limit))
        var headers: HTTPFields = [.cacheControl: "no-store"]
        var next: String?
        if rows.count > shown.count, let last = shown.last {
            let cursor = Base64.encodeURL((0..<8).map { UInt8(truncatingIfNeeded: last.sequence >> (56 - 8 * $0)) })
            next = cursor
            headers[.link] = "</audit?limit=\(limit)&cursor=\(cursor)>; rel=\"next\""
        }
        return Reply.json(
            .object(of: ["entries": .array(shown.map(Self.json)), "next": next.map { .string($0) }]), headers: headers)
    }

    private static func json(_ row: ChainedAuditLine) -> JSON {
        .object(of: [
            "sequence": .decimal(row.sequence), "tenant": .string(row.line.tenant),
            "time": .string(TimeText.rfc3339(nanoseconds: row.line.time)),
            "who": .string(row.line.who), "method": .string(row.line.method), "route": .string(row.line.route),
            "target": .string(row.line.target), "status": .number(String(row.line.status)),
            "request": .string(row.line.request), "hash": .hex(row.hash),
        ])
    }
}
