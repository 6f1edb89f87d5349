package import Records

/// API keys made on the data folder itself, by whoever may read and write it: the operator.
///
/// It is the only way to a tenant's first key, and is written to that tenant's audit log like every other.
package enum OperatorKeys {
    static let name = "operator"

    /// Makes a key and stores what recognises it.
    ///
    /// Times are nanoseconds since 1970.
    package static func create(
        in book: AccessBook, tenant: Tenant, label: String, scopes: Set<Scope>, expiresAt: UInt64?, now: UInt64
    ) throws -> APIKey {
        let key = APIKey.make()
        try register(key, in: book, tenant: tenant, label: label, scopes: scopes, expiresAt: expiresAt, now: now)
        return key
    }

    /// Stores what recognises a key that exists already, as in a file that outlived the store.
    package static func register(
        _ key: APIKey, in book: AccessBook, tenant: Tenant, label: String, scopes: Set<Scope>,
        expiresAt: UInt64? = nil, now: UInt64
    ) throws {
        try book.add(
            APIKeyGrant(
                id: key.id, tenant: tenant.name, secretHash: key.secretHash, scopes: scopes.map(\.rawValue).sorted(),
                label: label, createdBy: name, createdAt: now, expiresAt: expiresAt),
            audit: entry("POST", "/api-keys", tenant: tenant, target: key.id, status: 201, now: now))
    }

    /// Revokes a tenant's key; nil where there is none, false where it was revoked before.
    package static func revoke(_ id: String, in book: AccessBook, tenant: Tenant, now: UInt64) throws -> Bool? {
        try book.revoke(
            id, tenant: tenant.name, now: now,
            audit: entry("DELETE", "/api-keys/{id}", tenant: tenant, target: id, status: 200, now: now))
    }

    private static func entry(
        _ method: String, _ route: String, tenant: Tenant, target: String, status: Int, now: UInt64
    ) -> AuditLine {
        AuditLine(
            tenant: tenant.name, time: now, who: name, method: method, route: route, target: target, status: status,
            request: "")
    }
}
