import GatewayStore

/// Who did what, and how it ended: one line of the audit log before it has its place.
///
/// No payload and no secret stands in it.
package struct AuditLine: Equatable, Sendable {
    package var tenant: String
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// `api-key:ID`, `token:ISSUER#SUBJECT`, `anonymous`, or `operator` for what was done on the data folder itself.
    package var who: String
    package var method: String
    /// The route's template, not the path.
    package var route: String
    /// The id of what it was done to; empty where there is none.
    package var target: String
    /// The answer's HTTP status.
    package var status: Int
    /// The request's id, as its answer names it.
    package var request: String

    package init(
        tenant: String, time: UInt64, who: String, method: String, route: String, target: String, status: Int,
        request: String
    ) {
        self.tenant = tenant
        self.time = time
        self.who = who
        self.method = method
        self.route = route
        self.target = target
        self.status = status
        self.request = request
    }
}

/// A line with its place in its tenant's chain.
package struct ChainedAuditLine: Sendable {
    /// From 1, without a gap.
    package let sequence: UInt64
    package let line: AuditLine
    /// 32 bytes; it covers the line and the hash before (`GatewayStore.AuditEntry` says how).
    package let hash: [UInt8]
}

extension AuditLine {
    /// As the store writes it.
    var entry: AuditEntry {
        AuditEntry(
            tenant: tenant, time: time, who: who, method: method, route: route, target: target, status: status,
            request: request)
    }
}

extension ChainedAuditLine {
    init(_ row: AuditRow) {
        sequence = row.sequence
        line = AuditLine(
            tenant: row.entry.tenant, time: row.entry.time, who: row.entry.who, method: row.entry.method,
            route: row.entry.route, target: row.entry.target, status: row.entry.status, request: row.entry.request)
        hash = row.hash
    }
}
