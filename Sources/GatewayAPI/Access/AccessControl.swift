import Cryptography
import HTTPTypes
package import Records

/// Tells from a request's credential who asks (RFC 6750): an API key, an access token, or nothing.
///
/// Deny by default: without a credential a caller may do what configuration grants to everybody, which is nothing at
/// first.
package final class AccessControl: Sendable {
    /// How long an API key that was looked up is believed without looking again, in nanoseconds: a revocation through
    /// this gateway counts at once, one on the data folder after this time.
    static let apiKeyTrustedFor: UInt64 = 2_000_000_000

    package let book: AccessBook
    let now: @Sendable () -> UInt64
    private let configuration: AccessConfiguration
    private let issuers: [[UInt8]: (policy: TokenPolicy, keys: IssuerKeys)]
    private let cache = TokenCache()

    /// `now`: nanoseconds since 1970.
    package convenience init(
        configuration: AccessConfiguration, book: AccessBook, now: @escaping @Sendable () -> UInt64
    ) {
        self.init(configuration: configuration, book: book, now: now, fetch: IssuerDiscovery.keys)
    }

    /// `fetch`: where an issuer's keys come from.
    init(
        configuration: AccessConfiguration, book: AccessBook, now: @escaping @Sendable () -> UInt64,
        fetch: @escaping @Sendable (TokenIssuer) async throws -> [JSONWebKey]
    ) {
        self.configuration = configuration
        self.book = book
        self.now = now
        var issuers: [[UInt8]: (policy: TokenPolicy, keys: IssuerKeys)] = [:]
        for issuer in configuration.issuers {
            issuers[Array(issuer.issuer.utf8)] = (TokenPolicy(issuer: issuer), IssuerKeys { try await fetch(issuer) })
        }
        self.issuers = issuers
    }

    /// Who asks.
    ///
    /// `certificate`: SHA-256 of the certificate that the client showed; asked for only where a token is bound to one.
    /// `isAnew`: whether the credential is checked though it was before, so that a revocation counts from its commit on.
    /// Throws the ``Problem`` of a credential that does not hold.
    func principal(
        _ headers: HTTPFields, isAnew: Bool = false, certificate: () async -> [UInt8]?
    ) async throws -> Principal {
        var credentials = headers[fields: .authorization].makeIterator()
        guard let credential = credentials.next()?.value else {
            return .anonymous(tenant: configuration.anonymousTenant, scopes: configuration.anonymousScopes)
        }
        guard credentials.next() == nil else { throw Problem.ambiguousCredentials }
        guard let token = Self.bearer(credential) else { throw Problem.unauthenticated }
        var hash = SHA256()
        hash.update(token)
        let key = hash.finalize()
        let time = now()
        let entry: TokenCache.Entry
        if !isAnew, let known = cache.entry(key, at: time) {
            entry = known
        } else {
            let epoch = cache.epoch
            // It reads a table, checks a signature, or asks an issuer: not on the connection's event loop.
            let text = String(decoding: token, as: UTF8.self)
            entry = try await EventLoopExecutor.aside { try await check(text, now: time) }
            cache.insert(entry, for: key, checkedAt: epoch)
        }
        if let bound = entry.certificate {
            guard let shown = await certificate(), ConstantTime.isEqual(shown, bound) else {
                throw Problem.invalidToken("The token is bound to a client certificate that was not shown.")
            }
        }
        return entry.principal
    }

    /// Forgets what was checked: after a revocation.
    func forget() { cache.removeAll() }

    private static let scheme = Array("bearer ".utf8)

    /// The token of `Bearer token` (RFC 6750 §2.1), the scheme in either case; nil for other schemes.
    ///
    /// Copied at once: byte by byte out of a string, a long token costs more than its hash.
    static func bearer(_ credential: String) -> ArraySlice<UInt8>? {
        let bytes = Array(credential.utf8)
        let token = bytes.dropFirst(scheme.count)
        // The letters' cases differ in one bit, which the space has set as well.
        guard !token.isEmpty, bytes.prefix(scheme.count).elementsEqual(scheme, by: { $0 | 0x20 == $1 }),
            bytes[scheme.count - 1] == UInt8(ascii: " "), !token.contains(UInt8(ascii: " "))
        else { return nil }
        return token
    }

    private func check(_ token: String, now: UInt64) async throws -> TokenCache.Entry {
        token.hasPrefix(APIKey.prefix) ? try checkKey(token, now: now) : try await checkToken(token, now: now)
    }

    /// One answer for every key that does not hold: whether an id exists is nobody's business.
    private func checkKey(_ text: String, now: UInt64) throws -> TokenCache.Entry {
        let refusal = Problem.invalidToken("The API key is unknown, expired or revoked.")
        guard let key = APIKey(text) else { throw refusal }
        let row = try book.key(key.id)
        // The comparison is made whether or not the key exists.
        let isRight = ConstantTime.isEqual(key.secretHash, row?.secretHash ?? [UInt8](repeating: 0, count: 32))
        guard let row, isRight, row.revokedAt == nil, now < row.expiresAt ?? .max, let tenant = Tenant(row.tenant)
        else { throw refusal }
        return TokenCache.Entry(
            principal: Principal(
                tenant: tenant, subject: row.id, scopes: Set(row.scopes.compactMap(Scope.init)),
                authentication: .apiKey(id: row.id)),
            until: min(row.expiresAt ?? .max, now + Self.apiKeyTrustedFor), certificate: nil)
    }

    private func checkToken(_ text: String, now: UInt64) async throws -> TokenCache.Entry {
        let token: UnverifiedToken
        do { token = try UnverifiedToken(decoding: text) } catch {
            throw Problem.invalidToken(
                issuers.isEmpty ? "No issuer of access tokens is configured here." : Self.reason(error))
        }
        guard let name = token.issuer, let issuer = issuers[Array(name.utf8)] else {
            throw Problem.invalidToken("The token's issuer is not one of this gateway's.")
        }
        let keys: [JSONWebKey]
        do { keys = try await issuer.keys.candidates(for: token) } catch {
            throw Problem.issuerUnavailable(error.reason)
        }
        guard let verified = token.verified(by: keys) else {
            throw Problem.invalidToken("No key of the issuer has signed the token.")
        }
        let grant: TokenPolicy.Grant
        do {
            grant = try issuer.policy.grant(verified, algorithm: token.algorithm, now: now / 1_000_000_000)
        } catch { throw Problem.invalidToken(error.rawValue) }
        return TokenCache.Entry(
            principal: grant.principal, until: grant.expiresAt * 1_000_000_000, certificate: grant.certificate)
    }

    private static func reason(_ failure: TokenFailure) -> String {
        switch failure {
        case .tooLarge: "The token is larger than is read here."
        case .malformed: "The token is no signed JSON Web Token."
        case .algorithm: "The token's algorithm is not taken here."
        case .critical: "The token needs an extension that is not known here."
        }
    }
}
