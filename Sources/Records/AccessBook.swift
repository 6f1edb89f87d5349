import Codec
import Cryptography
package import Foundation
package import GatewayStore

/// What an API key grants, and what recognises its secret.
package struct APIKeyGrant: Sendable {
    /// 16 digits of lower-case hex, the public part.
    package var id: String
    package var tenant: String
    /// SHA-256 of the secret's 32 bytes.
    package var secretHash: [UInt8]
    /// Names of scopes, sorted.
    package var scopes: [String]
    package var label: String
    /// Who made it, as the audit log names them.
    package var createdBy: String
    /// Nanoseconds since 1970.
    package var createdAt: UInt64
    package var expiresAt: UInt64?
    package var revokedAt: UInt64?

    package init(
        id: String, tenant: String, secretHash: [UInt8], scopes: [String], label: String, createdBy: String,
        createdAt: UInt64, expiresAt: UInt64?
    ) {
        self.id = id
        self.tenant = tenant
        self.secretHash = secretHash
        self.scopes = scopes
        self.label = label
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    init(_ row: APIKeyRow) {
        self.init(
            id: row.id, tenant: row.tenant, secretHash: row.secretHash, scopes: row.scopes, label: row.label,
            createdBy: row.createdBy, createdAt: row.createdAt, expiresAt: row.expiresAt)
        revokedAt = row.revokedAt
    }

    var row: APIKeyRow {
        APIKeyRow(
            id: id, tenant: tenant, secretHash: secretHash, scopes: scopes, label: label, createdBy: createdBy,
            createdAt: createdAt, expiresAt: expiresAt, revokedAt: revokedAt)
    }
}

/// API keys and the audit log: who may call, and who did what.
///
/// What changes a key stands in the audit log in the same SQL transaction.
package final class AccessBook: Sendable {
    private let store: GatewayStore

    package init(_ store: GatewayStore) { self.store = store }

    /// Opens the gateway's folder for its operator.
    package convenience init(folder: URL) throws(RecordsFailure) {
        do { self.init(try GatewayStore(folder: folder)) } catch { throw RecordsFailure(error) }
    }

    /// Adds a key.
    /// - Throws: ``RecordsFailure``, `tooManyKeys` where the tenant holds as many as it may.
    package func add(_ key: APIKeyGrant, audit: AuditLine) throws(RecordsFailure) {
        do {
            try store.addAPIKey(key.row, audit: audit.entry)
        } catch let failure as GatewayStoreFailure where failure.code == .conflict {
            throw .tooManyKeys(failure.description)
        } catch { throw RecordsFailure(error) }
    }

    /// The key of an id, whichever tenant's: who presents it is not known before.
    package func key(_ id: String) throws(RecordsFailure) -> APIKeyGrant? {
        do { return try store.apiKey(id).map(APIKeyGrant.init) } catch { throw RecordsFailure(error) }
    }

    /// A tenant's keys by time of creation.
    package func keys(tenant: String) throws(RecordsFailure) -> [APIKeyGrant] {
        do { return try store.apiKeys(tenant: tenant).map(APIKeyGrant.init) } catch { throw RecordsFailure(error) }
    }

    /// Bytes of a place in a list of keys: u64 time and the key's id.
    package static let keyPlaceBytes = 16

    /// One page of them.
    package func keys(tenant: String, after place: [UInt8]?, limit: Int) throws(RecordsFailure) -> ListPage<APIKeyGrant>
    {
        let start = place.map { (time: UInt64(bigEndianBytes: $0.prefix(8)), id: Hex.encode(Array($0.dropFirst(8)))) }
        let rows: [APIKeyRow]
        do { rows = try store.apiKeys(tenant: tenant, after: start ?? (0, ""), limit: limit + 1) } catch {
            throw RecordsFailure(error)
        }
        let shown = rows.prefix(limit)
        let last = rows.count > shown.count ? shown.last : nil
        return ListPage(
            items: shown.map(APIKeyGrant.init),
            next: last.map { $0.createdAt.bigEndianBytes + (Hex.decode($0.id) ?? []) })
    }

    /// Revokes a tenant's key.
    ///
    /// `check`: given the key as it stands when it is revoked; it stays as it is where that throws.
    /// - Returns: nil where the tenant has no such key; false where it was revoked before.
    package func revoke(
        _ id: String, tenant: String, now: UInt64, audit: AuditLine, check: (APIKeyGrant) throws -> Void = { _ in }
    ) throws -> Bool? {
        try change(id, tenant: tenant, audit: audit) { key in
            try check(key)
            var key = key
            key.revokedAt = key.revokedAt ?? now
            return key
        }.map { $0.before.revokedAt == nil }
    }

    /// Changes scopes, label, expiry or revocation of a tenant's key.
    ///
    /// `change`: given the key as it stands there now, what shall stand there; nothing is changed where it throws. No
    /// other change comes in between.
    /// - Returns: the key before and after; nil where the tenant has no such key.
    /// - Throws: ``RecordsFailure``, or what `change` throws.
    package func change(
        _ id: String, tenant: String, audit: AuditLine, _ change: (APIKeyGrant) throws -> APIKeyGrant
    ) throws -> (before: APIKeyGrant, after: APIKeyGrant)? {
        do {
            return try store.changeAPIKey(id, tenant: tenant, audit: audit.entry) {
                try change(APIKeyGrant($0)).row
            }.map { (APIKeyGrant($0.before), APIKeyGrant($0.after)) }
        } catch let failure as GatewayStoreFailure { throw RecordsFailure(failure) }
    }

    /// The key under which cursors of paged lists are authenticated: drawn once for the store, 32 bytes.
    package func pageKey() throws(RecordsFailure) -> [UInt8] {
        do { return try store.pageKey(drawn: SecureRandom.bytes(32)) } catch { throw RecordsFailure(error) }
    }

    /// Appends lines to the chains of their tenants, in order; they are durable when this returns.
    package func append(_ lines: [AuditLine]) throws(RecordsFailure) {
        do { try store.appendAudit(lines.map(\.entry)) } catch { throw RecordsFailure(error) }
    }

    /// A tenant's lines after one number, oldest first.
    package func audit(tenant: String, after sequence: UInt64, limit: Int) throws(RecordsFailure) -> [ChainedAuditLine]
    {
        do {
            return try store.audit(tenant: tenant, after: sequence, limit: limit).map(ChainedAuditLine.init)
        } catch { throw RecordsFailure(error) }
    }
}
