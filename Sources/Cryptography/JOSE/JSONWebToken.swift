package import Codec

/// A JSON Web Token in JWS compact form (RFC 7519, RFC 7515 §7.1) whose signature nobody has checked yet.
///
/// Only `typ`, `kid` and the issuer can be asked of it: what is needed to find the keys. A key or an address of one that
/// the token brings along (`jwk`, `jku`, `x5u`, `x5c`) is never looked at.
package struct UnverifiedToken: Sendable {
    /// Longest token that is read, in bytes.
    package static let byteCountMax = 16 << 10
    /// Keys that are tried on one token: who names no `kid` must not make us try a whole set.
    package static let candidatesMax = 8
    /// How deep its JSON may go.
    private static let limits = JSONLimits(byteCountMax: byteCountMax, levelsMax: 16, nodesMax: 4_096)

    package let algorithm: TokenAlgorithm
    /// `typ` in lower case, without the `application/` that may be left out (RFC 7515 §4.1.9).
    package let type: String?
    /// `kid`.
    package let keyID: String?
    private let claims: JSONDocument
    private let message: [UInt8]
    private let signature: [UInt8]

    /// Takes a token apart.
    /// - Throws: ``TokenFailure``; base64url must be in its one spelling, and no member may be there twice.
    package init(decoding text: String) throws(TokenFailure) {
        guard text.utf8.count <= Self.byteCountMax else { throw .tooLarge }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]) else {
            throw .malformed
        }
        guard let name = header.root["alg"]?.string else { throw .malformed }
        guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .algorithm(String(name.prefix(16))) }
        guard header.root["crit"] == nil else { throw .critical }
        guard let signature = Base64.decodeURL(String(decoding: parts[2], as: UTF8.self)), !signature.isEmpty else {
            throw .malformed
        }
        var type: String?
        if let node = header.root["typ"] {
            guard let text = node.string?.lowercased() else { throw .malformed }
            type = text.hasPrefix("application/") ? String(text.dropFirst("application/".count)) : text
        }
        var keyID: String?
        if let node = header.root["kid"] {
            guard let text = node.string else { throw .malformed }
            keyID = text
        }
        self.algorithm = algorithm
        self.type = type
        self.keyID = keyID
        self.claims = claims
        self.signature = signature
        message = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    private static func object(_ part: Substring.UTF8View.SubSequence) -> JSONDocument? {
        guard let bytes = Base64.decodeURL(String(decoding: part, as: UTF8.self)),
            let document = try? JSONDocument(parsing: bytes, limits: limits), document.root.kind == .object
        else { return nil }
        return document
    }

    /// `iss`, as the token claims it.
    package var issuer: String? { claims.root["iss"]?.string }

    /// The keys that could have signed it, at most ``candidatesMax``: of its `kid`, or any where it names none, and of its
    /// algorithm's kind.
    package func candidates(among keys: [JSONWebKey]) -> [JSONWebKey] {
        let fitting = keys.filter { key in
            if let keyID, key.id?.utf8.elementsEqual(keyID.utf8) != true { return false }
            return key.serves(algorithm)
        }
        return Array(fitting.prefix(Self.candidatesMax))
    }

    /// The token's claims if one of the keys signed it, else nil.
    package func verified(by keys: [JSONWebKey]) -> VerifiedToken? {
        let isValid = candidates(among: keys).contains { key in
            key.isValid(signature: signature, message: message, algorithm: algorithm)
        }
        return isValid ? VerifiedToken(claims: claims.root, type: type) : nil
    }
}

/// Claims that a known key has signed.
///
/// Whether they hold here and now is the reader's to say.
package struct VerifiedToken: Sendable {
    package let claims: JSONNode
    package let type: String?

    fileprivate init(claims: JSONNode, type: String?) {
        self.claims = claims
        self.type = type
    }
}
