import Codec
import HTTPTypes
import Records

/// The audit log of one's own tenant.
struct AuditRoutes {
    let parts: GatewayParts
    /// Bytes of a place in the log: the last entry's number.
    private static let placeBytes = 8

    var routes: [Route] {
        [Route(.get, "/audit", .scope(.auditRead), isAudited: true, list)]
    }

    /// Oldest first; a cursor leads to the next page for as long as there is one.
    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(input, .own, placeBytes: Self.placeBytes, cursors: try parts.cursors())
        let after = page.place.map { UInt64(bigEndianBytes: $0) } ?? 0
        let rows = try parts.access.book.audit(tenant: input.tenant, after: after, limit: page.limit + 1)
        let shown = rows.prefix(page.limit)
        let next = rows.count > shown.count ? shown.last?.sequence.bigEndianBytes : nil
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.link] = page.link(to: next)
        return Reply.json(
            .object(of: [
                "entries": .array(shown.map(Self.json)), "next": page.cursor(to: next).map { .string($0) },
            ]), headers: headers)
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
