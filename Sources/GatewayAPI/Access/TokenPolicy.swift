import Codec
package import Cryptography

/// The rules of RFC 9068 §4 on the claims of an access token, each with its refusal.
package struct TokenPolicy: Sendable {
    /// Why a signed token is refused here.
    package enum Refusal: String, Error, CaseIterable, Sendable {
        case type = "The token is not an access token (typ)."
        case algorithm = "The token's algorithm is not taken from this issuer."
        case issuer = "The token's issuer is another one."
        case audience = "The token is for another audience."
        case expired = "The token has expired."
        case notYet = "The token is not valid yet."
        case times = "The token's times (exp, iat, nbf) are missing or malformed."
        case subject = "The token names no subject."
        case tenant = "The token names no tenant of this gateway."
        case scopes = "The token's scopes are malformed."
        case confirmation = "The token is bound in a way that is not known here (cnf)."
        case certificateRequired = "The token must be bound to a client certificate."
    }

    /// What a token that holds says.
    package struct Grant: Equatable, Sendable {
        package var principal: Principal
        /// Seconds since 1970 until which it holds, leeway included.
        package var expiresAt: UInt64
        /// `cnf.x5t#S256`: SHA-256 of the client certificate that must be shown with it.
        package var certificate: [UInt8]?
    }

    /// Longest `sub` that is read, in bytes.
    static let subjectBytesMax = 255
    /// Most values in a claim of scopes or roles.
    static let valuesMax = 256
    /// The year 2262, where nanoseconds since 1970 end as a signed number.
    private static let secondsMax = 9_223_372_035.0

    package let issuer: TokenIssuer

    /// A policy for one issuer's tokens.
    package init(issuer: TokenIssuer) { self.issuer = issuer }

    /// Checks claims that the issuer's key has signed.
    ///
    /// `now`: seconds since 1970.
    package func grant(_ token: VerifiedToken, algorithm: TokenAlgorithm, now: UInt64) throws(Refusal) -> Grant {
        let claims = token.claims
        guard let type = token.type, issuer.types.contains(type) else { throw .type }
        guard issuer.algorithms.contains(algorithm) else { throw .algorithm }
        guard claims["iss"]?.stringEquals(issuer.issuer) == true else { throw .issuer }
        guard let audiences = Self.texts(claims["aud"], splitting: false),
            audiences.contains(where: { Self.exactly($0, in: issuer.audiences) })
        else { throw .audience }
        let expiresAt = try times(claims, now: now)
        guard let subject = claims["sub"]?.string, !subject.isEmpty, subject.utf8.count <= Self.subjectBytesMax,
            subject.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw .subject }
        let certificate = try certificate(claims)
        return Grant(
            principal: Principal(
                tenant: try tenant(claims), subject: subject, scopes: try scopes(claims),
                authentication: .token(issuer: issuer.issuer)), expiresAt: expiresAt, certificate: certificate)
    }

    /// `exp` and `iat` must be there, `nbf` may; the leeway is given on each side.
    private func times(_ claims: JSONNode, now: UInt64) throws(Refusal) -> UInt64 {
        func seconds(_ name: String) throws(Refusal) -> Double? {
            guard let node = claims[name] else { return nil }
            guard let value = node.double, (0...Self.secondsMax).contains(value) else { throw .times }
            return value
        }
        let leeway = Double(issuer.leewaySeconds)
        guard let expiry = try seconds("exp"), let issued = try seconds("iat") else { throw .times }
        guard Double(now) < expiry + leeway else { throw .expired }
        guard issued <= Double(now) + leeway else { throw .notYet }
        if let begin = try seconds("nbf"), begin > Double(now) + leeway { throw .notYet }
        return UInt64(expiry) + UInt64(issuer.leewaySeconds)
    }

    private func tenant(_ claims: JSONNode) throws(Refusal) -> Tenant {
        switch issuer.tenant {
        case .fixed(let tenant): return tenant
        case .claim(let name, let map):
            guard let value = Self.claim(name, in: claims)?.string else { throw .tenant }
            let tenant: Tenant?
            if let map { tenant = Self.exactly(value, in: map) } else { tenant = Tenant(value) }
            guard let tenant else { throw .tenant }
            return tenant
        }
    }

    /// What the scope claims and the roles mean here; what is not known grants nothing.
    private func scopes(_ claims: JSONNode) throws(Refusal) -> Set<Scope> {
        var granted: Set<Scope> = []
        for name in issuer.scopeClaims {
            guard let node = Self.claim(name, in: claims) else { continue }
            guard let values = Self.texts(node, splitting: true) else { throw .scopes }
            for value in values {
                if let scopes = issuer.scopes {
                    granted.formUnion(Self.exactly(value, in: scopes) ?? [])
                } else if let scope = Scope(rawValue: value) {
                    granted.insert(scope)
                }
            }
        }
        if let name = issuer.rolesClaim, let node = Self.claim(name, in: claims) {
            guard let values = Self.texts(node, splitting: true) else { throw .scopes }
            for value in values { granted.formUnion(Self.exactly(value, in: issuer.roles) ?? []) }
        }
        return granted
    }

    /// RFC 8705 §3.1; any other way of binding makes the token useless here, for it is no bearer token then.
    private func certificate(_ claims: JSONNode) throws(Refusal) -> [UInt8]? {
        guard let confirmation = claims["cnf"] else {
            if issuer.requiresCertificate { throw .certificateRequired }
            return nil
        }
        guard confirmation.kind == .object, confirmation.count == 1,
            let hash = confirmation["x5t#S256"]?.string.flatMap(Base64.decodeURL), hash.count == Digest.byteCount
        else { throw .confirmation }
        return hash
    }

    /// Texts of claims are compared by bytes (RFC 8259 §8.3), not as Swift compares strings.
    private static func exactly<Value>(_ text: String, in map: [String: Value]) -> Value? {
        guard let index = map.index(forKey: text), map[index].key.utf8.elementsEqual(text.utf8) else { return nil }
        return map[index].value
    }

    private static func exactly(_ text: String, in set: Set<String>) -> Bool {
        set.contains { $0.utf8.elementsEqual(text.utf8) }
    }

    /// A claim by its name, or by a JSON pointer.
    private static func claim(_ name: String, in claims: JSONNode) -> JSONNode? {
        guard name.hasPrefix("/") else { return claims[name] }
        return JSONPointer(parsing: name).flatMap { claims.node(at: $0) }
    }

    /// A string, or an array of strings; a string may hold several with spaces between.
    private static func texts(_ node: JSONNode?, splitting: Bool) -> [String]? {
        guard let node else { return nil }
        if let text = node.string { return splitting ? text.split(separator: " ").map(String.init) : [text] }
        guard node.kind == .array, node.count <= valuesMax else { return nil }
        var texts: [String] = []
        for element in node.elements {
            guard let text = element.string else { return nil }
            texts.append(text)
        }
        return texts
    }
}
