/// Who asks, and for whom.
package struct Principal: Equatable, Sendable {
    /// How it was established who asks.
    package enum Authentication: Equatable, Sendable {
        /// Nothing was shown; configuration grants scopes to such callers.
        case anonymous
        /// An API key by its public id.
        case apiKey(id: String)
        /// An access token of an issuer.
        case token(issuer: String)
    }

    /// The organisation whose payloads, jobs and keys are seen, and nobody else's.
    package var tenant: Tenant
    /// The token's `sub`, or the API key's id.
    package var subject: String
    package var scopes: Set<Scope>
    package var authentication: Authentication

    package init(tenant: Tenant, subject: String, scopes: Set<Scope>, authentication: Authentication) {
        self.tenant = tenant
        self.subject = subject
        self.scopes = scopes
        self.authentication = authentication
    }

    /// A caller who showed nothing.
    package static func anonymous(tenant: Tenant, scopes: Set<Scope>) -> Principal {
        Principal(tenant: tenant, subject: "", scopes: scopes, authentication: .anonymous)
    }

    /// As the audit log names it.
    var name: String {
        switch authentication {
        case .anonymous: "anonymous"
        case .apiKey(let id): "api-key:\(id)"
        case .token(let issuer): "token:\(issuer)#\(subject)"
        }
    }
}

/// The name of an organisation on this gateway: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
package struct Tenant: Hashable, Sendable {
    package static let standard = Tenant(unchecked: "default")
    package static let byteCountMax = 64

    package let name: String

    private init(unchecked name: String) { self.name = name }

    /// A name that keeps to the rule, or nil.
    package init?(_ name: String) {
        func isPlain(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        guard let first = name.utf8.first, isPlain(first), name.utf8.count <= Self.byteCountMax,
            name.utf8.allSatisfy({ isPlain($0) || ".-_".utf8.contains($0) })
        else { return nil }
        self.name = name
    }
}
