import Codec

/// A private key of one of the three kinds, in locked memory.
///
/// As a file it is a COSE_Key with its private part (RFC 9053 §7): label -4, the seed or the secret number, 32 bytes.
package final class SigningKey: Sendable {
    package let publicKey: COSEKey
    /// Ed25519: libsodium's 64 bytes (seed and public key); else the secret number of 32 bytes.
    private let secret: SecretBytes

    /// Makes a key from 32 secret bytes: an Ed25519 seed, or a number from 1 to below the group order.
    package convenience init(_ algorithm: COSEAlgorithm, secret bytes: [UInt8]) throws(COSEFailure) {
        try self.init(algorithm, secret: SecretBytes(copying: bytes))
    }

    private init(_ algorithm: COSEAlgorithm, secret number: consuming SecretBytes) throws(COSEFailure) {
        guard number.count == 32 else { throw .key("a secret has 32 bytes") }
        switch algorithm {
        case .edDSA:
            let pair = Ed25519.keyPair(seed: number)
            publicKey = .ed25519(x: pair.publicKey)
            secret = pair.secret
        case .es256:
            guard let point = P256.publicKey(secret: number) else { throw .key("the secret is out of range") }
            publicKey = .p256(x: point.x, y: point.y)
            secret = number
        case .es256K:
            guard let point = Secp256k1.publicKey(secret: number) else { throw .key("the secret is out of range") }
            publicKey = .secp256k1(x: point.x, y: point.y)
            secret = number
        }
    }

    /// A fresh key.
    ///
    /// - Throws: ``COSEFailure/key(_:)`` where several random numbers in a row are out of range: one is once in 2^32.
    package static func generate(_ algorithm: COSEAlgorithm) throws(COSEFailure) -> SigningKey {
        for _ in 1..<generateAttemptsMax {
            if let key = try? SigningKey(algorithm, secret: SecretBytes(random: 32)) { return key }
        }
        return try SigningKey(algorithm, secret: SecretBytes(random: 32))
    }

    private static let generateAttemptsMax = 4

    /// Signs a message: 64 bytes, accepted by ``COSEKey/isValid(signature:for:lowS:)`` of the public key.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        switch publicKey {
        case .ed25519: return Ed25519.sign(message, secret: secret)
        case .p256:
            guard let signature = P256.sign(message, secret: secret) else {
                preconditionFailure("a key in range signs")
            }
            return signature
        case .secp256k1:
            guard let signature = Secp256k1.sign(message, secret: secret) else {
                preconditionFailure("a key in range signs")
            }
            return signature
        }
    }

    /// The key as its file holds it.
    ///
    /// Whoever has these bytes can sign.
    package func encodedSecret() -> [UInt8] {
        guard var entries = publicKey.cbor.map else { preconditionFailure("a COSE_Key is a map") }
        entries.append(
            CBOR.Entry(key: -4, value: .bytes(unsafe secret.withUnsafeBytes { unsafe Array($0.prefix(32)) })))
        return CBOR.map(entries).encoded()
    }

    /// Reads a key file; the public part must be the secret's.
    package convenience init(encoded bytes: [UInt8]) throws(COSEFailure) {
        let cbor: CBOR
        do { cbor = try CBOR.decode(bytes) } catch { throw .cbor(error) }
        guard let entries = cbor.map, let secret = cbor[-4]?.bytes else { throw .key("no private part") }
        let publicKey = try COSEKey(cbor: .map(entries.filter { $0.key != -4 }))
        try self.init(publicKey.algorithm, secret: secret)
        guard self.publicKey == publicKey else { throw .key("the public part is not the secret's") }
    }
}
