import Codec
import Cryptography
import Testing

@testable import GatewayAPI

/// Tokens signed here with a key of the test's own.
struct TokenMint {
    static let issuer = "https://issuer.example/realms/orchard"
    static let audience = "https://gateway.example"
    /// Seconds since 1970.
    static let now: UInt64 = 1_800_000_000

    let key: SigningKey
    let id: String

    init(id: String = "one") throws {
        key = try SigningKey.generate(.edDSA)
        self.id = id
    }

    /// The public key as an issuer's key set holds it.
    func publicKeys() throws -> [JSONWebKey] {
        guard case .ed25519(let x) = key.publicKey else { return [] }
        let set = JSON.object([
            .init(
                "keys",
                [["kty": "OKP", "crv": "Ed25519", "kid": .string(id), "x": .string(Base64.encodeURL(x))]])
        ])
        return try JSONWebKeySet(parsing: set.serialized()).keys
    }

    /// The claims of a good token.
    static let claims: [(String, JSON)] = [
        ("iss", .string(issuer)), ("aud", .string(audience)), ("sub", "worker-7"), ("client_id", "erp"),
        ("iat", .integer(now - 10)), ("exp", .integer(now + 300)), ("jti", "1"), ("tenant", "orchard"),
        ("scope", "records:capture ledger:read something:else"),
    ]

    /// A token whose claims differ: a null takes one away.
    func token(_ changes: [(String, JSON)] = [], type: JSON = "at+jwt", text: String? = nil) -> String {
        var claims = Self.claims
        for (name, value) in changes {
            claims.removeAll { $0.0 == name }
            if value != .null { claims.append((name, value)) }
        }
        let header = JSON.object([.init("alg", "EdDSA"), .init("typ", type), .init("kid", .string(id))]).serialized()
        let body = text.map { Array($0.utf8) } ?? JSON.object(claims.map { JSON.Member($0.0, $0.1) }).serialized()
        let message = "\(Base64.encodeURL(header)).\(Base64.encodeURL(body))"
        return "\(message).\(Base64.encodeURL(key.sign(Array(message.utf8))))"
    }
}

struct TokenPolicyTests {
    static let issuer = TokenIssuer(
        issuer: TokenMint.issuer, audiences: [TokenMint.audience, "urn:gateway"],
        tenant: .claim("tenant", map: nil), rolesClaim: "/realm_access/roles",
        roles: ["auditor": [.auditRead, .recordsRead], "nobody": []])

    static func grant(
        _ changes: [(String, JSON)] = [], type: JSON = "at+jwt", issuer: TokenIssuer = issuer, text: String? = nil
    ) throws -> TokenPolicy.Grant {
        let mint = try TokenMint()
        let token = try UnverifiedToken(decoding: mint.token(changes, type: type, text: text))
        let verified = try #require(token.verified(by: try mint.publicKeys()))
        return try TokenPolicy(issuer: issuer).grant(verified, algorithm: token.algorithm, now: TokenMint.now)
    }

    @Test func `a good token says who, for whom and what`() throws {
        let grant = try Self.grant()
        #expect(
            grant.principal
                == Principal(
                    tenant: try #require(Tenant("orchard")), subject: "worker-7",
                    scopes: [.recordsCapture, .ledgerRead], authentication: .token(issuer: TokenMint.issuer)))
        #expect(grant.expiresAt == TokenMint.now + 360)
        #expect(grant.certificate == nil)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let changes: [(String, JSON)]
        let refusal: TokenPolicy.Refusal
        init(_ name: String, _ value: JSON, _ refusal: TokenPolicy.Refusal) {
            changes = [(name, value)]
            self.refusal = refusal
        }
        var testDescription: String {
            changes.map { "\($0.0)=\(String(decoding: $0.1.serialized().prefix(60), as: UTF8.self))" }.joined()
        }
    }

    static let now = TokenMint.now
    static let wrong: [Refused] = [
        Refused("iss", .null, .issuer), Refused("iss", 7, .issuer), Refused("iss", "https://evil.example", .issuer),
        Refused("iss", .string(TokenMint.issuer + "/"), .issuer), Refused("iss", [.string(TokenMint.issuer)], .issuer),
        Refused("iss", .string(TokenMint.issuer.uppercased()), .issuer),
        Refused("aud", .null, .audience), Refused("aud", "https://other.example", .audience),
        Refused("aud", [], .audience), Refused("aud", ["a", "b"], .audience), Refused("aud", 7, .audience),
        Refused("aud", [.string(TokenMint.audience), 7], .audience),
        Refused("aud", .string(TokenMint.audience + "/"), .audience),
        Refused("aud", .string(TokenMint.audience + " x"), .audience),
        Refused("sub", .null, .subject), Refused("sub", "", .subject), Refused("sub", 7, .subject),
        Refused("sub", .string(String(repeating: "x", count: 256)), .subject), Refused("sub", "a\nb", .subject),
        Refused("exp", .null, .times), Refused("exp", "1800000300", .times), Refused("exp", -1, .times),
        Refused("exp", .number("1e300"), .times), Refused("exp", true, .times),
        Refused("exp", .number("9999999999999999999999"), .times),
        Refused("exp", .integer(now - 60), .expired), Refused("exp", .integer(now - 3_600), .expired),
        Refused("exp", 0, .expired),
        Refused("iat", .null, .times), Refused("iat", "now", .times), Refused("iat", .integer(now + 61), .notYet),
        Refused("nbf", .integer(now + 61), .notYet), Refused("nbf", "never", .times),
        Refused("tenant", .null, .tenant), Refused("tenant", "", .tenant), Refused("tenant", 7, .tenant),
        Refused("tenant", "Orchard", .tenant), Refused("tenant", "../mill", .tenant),
        Refused("tenant", ["orchard"], .tenant),
        Refused("tenant", .string(String(repeating: "a", count: 65)), .tenant),
        Refused("scope", 7, .scopes), Refused("scope", ["ledger:read", 7], .scopes), Refused("scope", true, .scopes),
        Refused("scp", .object([]), .scopes), Refused("realm_access", ["roles": 7], .scopes),
        Refused("cnf", "x", .confirmation), Refused("cnf", .object([]), .confirmation),
        Refused("cnf", ["x5t#S256": "AAAA"], .confirmation), Refused("cnf", ["jkt": "AAAA"], .confirmation),
        Refused(
            "cnf",
            ["x5t#S256": .string(Base64.encodeURL([UInt8](repeating: 1, count: 32))), "jkt": "A"], .confirmation),
        Refused("cnf", ["x5t": .string(Base64.encodeURL([UInt8](repeating: 1, count: 32)))], .confirmation),
    ]

    @Test(arguments: wrong) func `a token with a claim that is wrong is refused`(_ given: Refused) {
        #expect(throws: given.refusal) { try Self.grant(given.changes) }
    }

    @Test(arguments: ["JWT", "jwt", "id_token", "at+jwt+x", "", "application/", "dpop+jwt", "secevent+jwt"])
    func `a token of another type is refused`(_ type: String) {
        #expect(throws: TokenPolicy.Refusal.type) { try Self.grant(type: .string(type)) }
    }

    @Test(arguments: ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"])
    func `the type of access tokens is taken in all its spellings`(_ type: String) throws {
        #expect(try Self.grant(type: .string(type)).principal.subject == "worker-7")
    }

    @Test func `times are taken within the leeway, and as numbers of any spelling`() throws {
        for changes: [(String, JSON)] in [
            [("exp", .integer(Self.now - 59))], [("iat", .integer(Self.now + 60))], [("nbf", .integer(Self.now + 60))],
            [("exp", .number("1800000300.75"))], [("exp", .number("18000003e2"))],
        ] {
            #expect(try Self.grant(changes).principal.subject == "worker-7")
        }
    }

    @Test func `an audience may be one of several`() throws {
        #expect(try Self.grant([("aud", ["x", "urn:gateway"])]).principal.subject == "worker-7")
    }

    @Test func `scopes come from the claims that are configured, as arrays or text`() throws {
        #expect(try Self.grant([("scope", .null)]).principal.scopes == [])
        #expect(try Self.grant([("scope", .null), ("scp", ["audit:read"])]).principal.scopes == [.auditRead])
        #expect(
            try Self.grant([("scope", "Ledger:Read LEDGER:READ ledger:read\u{0301} ledger:*")]).principal.scopes == [])
    }

    @Test func `an issuer's scopes mean what configuration says, and nothing else`() throws {
        var issuer = Self.issuer
        issuer.scopes = ["partner.write": [.recordsCapture]]
        #expect(
            try Self.grant([("scope", "partner.write audit:read")], issuer: issuer).principal.scopes
                == [.recordsCapture])
    }

    @Test func `roles mean scopes`() throws {
        let claim: [(String, JSON)] = [("realm_access", ["roles": ["auditor", "nobody", "king"]]), ("scope", .null)]
        #expect(try Self.grant(claim).principal.scopes == [.auditRead, .recordsRead])
    }

    @Test func `a tenant may come from a map, and from nowhere else then`() throws {
        var issuer = Self.issuer
        issuer.tenant = .claim("client_id", map: ["erp": try #require(Tenant("mill"))])
        #expect(try Self.grant(issuer: issuer).principal.tenant.name == "mill")
        #expect(throws: TokenPolicy.Refusal.tenant) { try Self.grant([("client_id", "mill")], issuer: issuer) }
        #expect(throws: TokenPolicy.Refusal.tenant) {
            try Self.grant([("client_id", "e\u{0301}rp")], issuer: issuer)
        }
    }

    @Test func `an algorithm that is not configured is refused`() {
        var issuer = Self.issuer
        issuer.algorithms = [.rs256]
        #expect(throws: TokenPolicy.Refusal.algorithm) { try Self.grant(issuer: issuer) }
    }

    @Test func `a bound token names its certificate, and may be required`() throws {
        let hash = [UInt8](repeating: 5, count: 32)
        var issuer = Self.issuer
        issuer.requiresCertificate = true
        let cnf: [(String, JSON)] = [("cnf", ["x5t#S256": .string(Base64.encodeURL(hash))])]
        #expect(try Self.grant(cnf, issuer: issuer).certificate == hash)
        #expect(throws: TokenPolicy.Refusal.certificateRequired) { try Self.grant(issuer: issuer) }
    }
}
