package import Cryptography

/// Who is let in.
package struct AccessConfiguration: Sendable {
    /// Scopes of callers who show nothing, within the tenant ``anonymousTenant``; none at first: deny by default.
    package var anonymousScopes: Set<Scope>
    package var anonymousTenant: Tenant
    /// Authorization servers whose tokens are taken; issuer names are unique.
    package var issuers: [TokenIssuer]

    package init(
        anonymousScopes: Set<Scope> = [], anonymousTenant: Tenant = .standard, issuers: [TokenIssuer] = []
    ) {
        self.anonymousScopes = anonymousScopes
        self.anonymousTenant = anonymousTenant
        self.issuers = issuers
    }
}

/// One authorization server, and how its claims are read.
package struct TokenIssuer: Sendable {
    /// Which tenant a token speaks for.
    package enum TenantRule: Sendable {
        /// All of the issuer's tokens are one organisation's.
        case fixed(Tenant)
        /// A claim names it; with a map, only values that stand in the map are taken.
        case claim(String, map: [String: Tenant]?)
    }

    /// Tolerated difference between the issuer's clock and ours.
    package static let leewaySecondsDefault = 60
    package static let typesDefault: Set<String> = ["at+jwt"]
    package static let scopeClaimsDefault = ["scope", "scp"]

    /// `iss`, compared byte by byte (RFC 9068 §4).
    package var issuer: String
    /// What `aud` must name one of.
    package var audiences: Set<String>
    /// Where the keys are; found by discovery (RFC 8414, OpenID Connect Discovery) if nil.
    package var keySetURL: String?
    package var algorithms: Set<TokenAlgorithm>
    /// `typ` values that are taken, in lower case.
    package var types: Set<String>
    package var tenant: TenantRule
    /// Claims that hold scopes: a name, or a JSON pointer where it begins with `/`.
    package var scopeClaims: [String]
    /// What the issuer's scopes mean here; nil where they are ours by name.
    package var scopes: [String: Set<Scope>]?
    /// The claim that holds roles.
    package var rolesClaim: String?
    /// What roles mean here.
    package var roles: [String: Set<Scope>]
    /// Whether only tokens that are bound to a client certificate (RFC 8705) are taken.
    package var requiresCertificate: Bool
    package var leewaySeconds: Int
    /// PEM file of the authority that the issuer's own TLS certificate hangs from; the system's if nil.
    package var rootsFile: String?

    package init(
        issuer: String, audiences: Set<String>, tenant: TenantRule, keySetURL: String? = nil,
        algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.allCases), types: Set<String> = typesDefault,
        scopeClaims: [String] = scopeClaimsDefault, scopes: [String: Set<Scope>]? = nil, rolesClaim: String? = nil,
        roles: [String: Set<Scope>] = [:], requiresCertificate: Bool = false,
        leewaySeconds: Int = leewaySecondsDefault, rootsFile: String? = nil
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.tenant = tenant
        self.keySetURL = keySetURL
        self.algorithms = algorithms
        self.types = types
        self.scopeClaims = scopeClaims
        self.scopes = scopes
        self.rolesClaim = rolesClaim
        self.roles = roles
        self.requiresCertificate = requiresCertificate
        self.leewaySeconds = leewaySeconds
        self.rootsFile = rootsFile
    }
}
