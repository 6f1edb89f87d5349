/// An API key as the gateway holds it: enough to recognise its secret, not the secret.
package struct APIKeyRow: Equatable, Sendable {
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
        createdAt: UInt64, expiresAt: UInt64?, revokedAt: UInt64? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.secretHash = secretHash
        self.scopes = scopes
        self.label = label
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}
