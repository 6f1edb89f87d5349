import CSodium

/// Ed25519 (RFC 8032) under two predicates, frozen by name (D6).
package enum Ed25519 {
    package static let publicKeyBytes = 32
    package static let signatureBytes = 64
    package static let seedBytes = 32

    /// Exactly libsodium 1.0.18's `crypto_sign_verify_detached`: cofactorless, small-order keys and R refused.
    package static func isValidStrict(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureBytes, publicKey.count == publicKeyBytes else { return false }
        Sodium.ready
        return unsafe crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    /// ZIP-215: what libsodium accepts is inside; the rest is decided by the cofactored equation.
    package static func isValidZIP215(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureBytes, publicKey.count == publicKeyBytes else { return false }
        return isValidStrict(signature: signature, message: message, publicKey: publicKey)
            || ZIP215.isValid(signature: signature, message: message, publicKey: publicKey)
    }

    /// The public key of a 32-byte seed and libsodium's 64-byte secret key, the second half of which is the public one.
    static func keyPair(seed: borrowing SecretBytes) -> KeyPair {
        precondition(seed.count == seedBytes)
        Sodium.ready
        var publicKey = [UInt8](repeating: 0, count: publicKeyBytes)
        // The one writes 64 bytes, the other reads 32: what was allocated.
        let secret = unsafe SecretBytes(count: 64) { memory in
            unsafe _ = seed.withBytes { unsafe crypto_sign_ed25519_seed_keypair(&publicKey, memory, $0) }
        }
        return KeyPair(publicKey: publicKey, secret: secret)
    }

    /// Signs with a secret key of 64 bytes.
    static func sign(_ message: [UInt8], secret: borrowing SecretBytes) -> [UInt8] {
        precondition(secret.count == 64)
        var signature = [UInt8](repeating: 0, count: signatureBytes)
        unsafe _ = secret.withBytes {
            unsafe crypto_sign_ed25519_detached(&signature, nil, message, UInt64(message.count), $0)
        }
        return signature
    }

    /// What ``keyPair(seed:)`` makes.
    struct KeyPair: ~Copyable {
        let publicKey: [UInt8]
        let secret: SecretBytes
    }
}
