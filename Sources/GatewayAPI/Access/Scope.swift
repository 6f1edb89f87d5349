/// What a caller may do: a closed list, spelled as in tokens (RFC 6749 §3.3).
package enum Scope: String, CaseIterable, Comparable, Sendable {
    case recordsCapture = "records:capture"
    case recordsRead = "records:read"
    case recordsErase = "records:erase"
    case ledgerRead = "ledger:read"
    case ledgerSubmit = "ledger:submit"
    case operationsRead = "operations:read"
    case keysManage = "keys:manage"
    case auditRead = "audit:read"
    case schemasRead = "schemas:read"
    case schemasWrite = "schemas:write"

    package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
}

/// Who may call a route.
enum RouteAccess: Hashable, Sendable {
    /// Anybody: it tells nothing of a tenant or of the ledger.
    case open
    /// Whoever holds the scope.
    case scope(Scope)
}
