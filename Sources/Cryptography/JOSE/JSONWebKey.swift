package import Codec

/// A public key of a JSON Web Key Set (RFC 7517) that signatures can be checked with.
package struct JSONWebKey: Hashable, Sendable {
    /// The key itself; its kind alone decides which algorithms it can serve.
    enum Material: Hashable, Sendable {
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case p256(x: [UInt8], y: [UInt8])
        case ed25519([UInt8])
    }

    /// `kid`.
    package let id: String?
    /// `alg`: the one algorithm that the key is for, where its set says so.
    let algorithm: TokenAlgorithm?
    let material: Material

    /// Reads one key; nil for a key of another kind or use, and for one that is weak or not on its curve.
    ///
    /// Secrets (`oct`) are not read at all.
    package init?(_ node: JSONNode) {
        guard node.kind == .object, let kind = node["kty"]?.string else { return nil }
        if let use = node["use"], use.string != "sig" { return nil }
        if let operations = node["key_ops"], !operations.elements.contains(where: { $0.stringEquals("verify") }) {
            return nil
        }
        var algorithm: TokenAlgorithm?
        if let named = node["alg"] {
            guard let known = named.string.flatMap(TokenAlgorithm.init) else { return nil }
            algorithm = known
        }
        func bytes(_ name: String) -> [UInt8]? { node[name]?.string.flatMap(Base64.decodeURL) }
        switch (kind, node["crv"]?.string) {
        case ("RSA", _):
            guard let modulus = bytes("n"), let exponent = bytes("e"),
                RSA.isAcceptable(modulus: modulus, exponent: exponent)
            else { return nil }
            material = .rsa(modulus: modulus, exponent: exponent)
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y"), P256.isPoint(x: x, y: y) else { return nil }
            material = .p256(x: x, y: y)
        case ("OKP", "Ed25519"):
            guard let x = bytes("x"), x.count == 32 else { return nil }
            material = .ed25519(x)
        default: return nil
        }
        if let id = node["kid"] {
            guard let text = id.string else { return nil }
            self.id = text
        } else {
            id = nil
        }
        self.algorithm = algorithm
    }

    /// Whether the key can serve an algorithm.
    func serves(_ wanted: TokenAlgorithm) -> Bool {
        if let algorithm, algorithm != wanted { return false }
        return switch (material, wanted) {
        case (.rsa, .rs256), (.rsa, .ps256), (.p256, .es256), (.ed25519, .edDSA): true
        default: false
        }
    }

    func isValid(signature: [UInt8], message: [UInt8], algorithm: TokenAlgorithm) -> Bool {
        guard serves(algorithm) else { return false }
        return switch material {
        case .rsa(let modulus, let exponent):
            RSA.isValid(
                signature: signature, message: message, modulus: modulus, exponent: exponent,
                padding: algorithm == .ps256 ? .pss : .pkcs1)
        case .p256(let x, let y): P256.isValidAnyS(signature: signature, message: message, x: x, y: y)
        case .ed25519(let key): Ed25519.isValidStrict(signature: signature, message: message, publicKey: key)
        }
    }
}

/// The keys of an issuer.
package struct JSONWebKeySet: Hashable, Sendable {
    /// Largest set that is read, in bytes: some issuers add certificate chains.
    package static let byteCountMax = 256 << 10
    /// Most keys in a set: an issuer has two or three, with rotation.
    package static let keysMax = 64

    /// The keys that can check signatures; others in the set are left out.
    package let keys: [JSONWebKey]

    /// Reads a set (RFC 7517 §5).
    /// - Throws: `tooLarge`, `malformed`.
    package init(parsing bytes: [UInt8]) throws(TokenFailure) {
        guard bytes.count <= Self.byteCountMax else { throw .tooLarge }
        guard let document = try? JSONDocument(parsing: bytes), let list = document.root["keys"], list.kind == .array
        else { throw .malformed }
        guard list.count <= Self.keysMax else { throw .tooLarge }
        keys = list.elements.compactMap(JSONWebKey.init)
    }
}
