import Codec
import Cryptography

/// One line of the audit log: who did what, and how it ended.
///
/// No payload and no secret stands in it. Entries of a tenant are numbered from 1 without a gap, and each one's hash
/// covers the one before, so that a change anywhere shows in every later hash:
///
///     hash(n) = SHA-256("vivian/gateway/audit/v1" || hash(n - 1) || u64 n || u64 time || u64 status
///               || tenant || who || method || route || target || request), each text behind its u32 length
///
/// with big-endian numbers, and 32 zeros as hash(0).
package struct AuditEntry: Equatable, Sendable {
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

    /// The entry's hash as the `sequence`-th of its tenant, after one of hash `previous`.
    package func hash(sequence: UInt64, after previous: [UInt8]) -> [UInt8] {
        var message =
            Array(StoreDomain.audit.utf8) + previous + sequence.bigEndianBytes + time.bigEndianBytes
            + UInt64(status).bigEndianBytes
        for text in [tenant, who, method, route, target, request] {
            message += UInt64(text.utf8.count).bigEndianBytes[4...] + Array(text.utf8)
        }
        return SHA256.hash(message).bytes
    }
}

/// An entry with its place in its tenant's chain.
package struct AuditRow: Equatable, Sendable {
    /// From 1.
    package var sequence: UInt64
    package var entry: AuditEntry
    /// 32 bytes.
    package var hash: [UInt8]

    /// Rows are read from a store or from a gateway's answer.
    package init(sequence: UInt64, entry: AuditEntry, hash: [UInt8]) {
        self.sequence = sequence
        self.entry = entry
        self.hash = hash
    }

    /// What an empty chain ends with.
    package static let start = [UInt8](repeating: 0, count: 32)
}
