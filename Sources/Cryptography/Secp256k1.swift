import CSecp256k1

/// ECDSA over secp256k1 with SHA-256 (ES256K, RFC 8812), signatures as r || s of 32 bytes each, low s only.
package enum Secp256k1 {
    package static let signatureBytes = 64

    /// The library's context: made once, never changed afterwards, so that all threads may use it.
    @safe private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer?

        init() {
            let made = unsafe secp256k1_context_create(
                UInt32(SECP256K1_CONTEXT_SIGN) | UInt32(SECP256K1_CONTEXT_VERIFY))
            // Blinds signing against side channels; done before any thread can see the context.
            if let made = unsafe made { unsafe _ = secp256k1_context_randomize(made, SecureRandom.bytes(32)) }
            unsafe pointer = made
        }
    }
    private static let context = Context()

    /// Whether a signature is valid and its s low: the library refuses high s.
    package static func isValid(signature: [UInt8], message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
        isValid(signature: signature, message: message, x: x, y: y, lowS: true)
    }

    /// The same without asking for a low s, as other systems sign.
    package static func isValidAnyS(signature: [UInt8], message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
        isValid(signature: signature, message: message, x: x, y: y, lowS: false)
    }

    private static func isValid(signature: [UInt8], message: [UInt8], x: [UInt8], y: [UInt8], lowS: Bool) -> Bool {
        guard signature.count == signatureBytes, x.count == 32, y.count == 32 else { return false }
        var key = secp256k1_pubkey()
        var parsed = secp256k1_ecdsa_signature()
        let encoded = [4] + x + y
        guard unsafe secp256k1_ec_pubkey_parse(context.pointer!, &key, encoded, encoded.count) == 1,
            unsafe secp256k1_ecdsa_signature_parse_compact(context.pointer!, &parsed, signature) == 1
        else { return false }
        if !lowS {
            let given = parsed
            unsafe _ = withUnsafePointer(to: given) { source in
                unsafe secp256k1_ecdsa_signature_normalize(context.pointer!, &parsed, source)
            }
        }
        return unsafe secp256k1_ecdsa_verify(context.pointer!, &parsed, SHA256.hash(message).bytes, &key) == 1
    }

    /// Whether 32 + 32 bytes are a point of the curve.
    package static func isPoint(x: [UInt8], y: [UInt8]) -> Bool {
        guard x.count == 32, y.count == 32 else { return false }
        var key = secp256k1_pubkey()
        return unsafe secp256k1_ec_pubkey_parse(context.pointer!, &key, [4] + x + y, 65) == 1
    }

    /// The public key of a secret number of 32 bytes, or nil where it is out of range.
    static func publicKey(secret: borrowing SecretBytes) -> (x: [UInt8], y: [UInt8])? {
        guard secret.count == 32 else { return nil }
        var key = secp256k1_pubkey()
        let isMade = unsafe secret.withBytes { unsafe secp256k1_ec_pubkey_create(context.pointer!, &key, $0) }
        guard isMade == 1 else { return nil }
        var encoded = [UInt8](repeating: 0, count: 65)
        var count = 65
        unsafe _ = secp256k1_ec_pubkey_serialize(
            context.pointer!, &encoded, &count, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
        return (Array(encoded[1..<33]), Array(encoded[33...]))
    }

    /// Signs with low s (RFC 6979 nonces).
    static func sign(_ message: [UInt8], secret: borrowing SecretBytes) -> [UInt8]? {
        guard secret.count == 32 else { return nil }
        var signature = secp256k1_ecdsa_signature()
        let hash = SHA256.hash(message).bytes
        let isMade = unsafe secret.withBytes {
            unsafe secp256k1_ecdsa_sign(context.pointer!, &signature, hash, $0, nil, nil)
        }
        guard isMade == 1 else { return nil }
        var compact = [UInt8](repeating: 0, count: signatureBytes)
        unsafe _ = secp256k1_ecdsa_signature_serialize_compact(context.pointer!, &compact, &signature)
        return compact
    }
}
