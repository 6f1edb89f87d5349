import CSodium

/// The cofactored Ed25519 equation with ZIP-215's rules: A and R may be spelled non-canonically, s must be below L, and
/// [8][s]B = [8]R + [8][k]A.
///
/// Slow on purpose (plain field arithmetic, about 10 ms): honest signatures never come here.
enum ZIP215 {
    static func isValid(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        let scalar = Array(signature[32...])
        guard isCanonicalScalar(scalar), let keyPoint = EdwardsPoint(decoding: publicKey),
            let commitment = EdwardsPoint(decoding: Array(signature[..<32]))
        else { return false }
        let challenge = reducedHash(Array(signature[..<32]) + publicKey + message)
        // [8]([s]B - [k]A - R) must be the neutral element.
        var sum = EdwardsPoint.base.multiplied(by: scalar)
        sum = sum.adding(keyPoint.negated.multiplied(by: challenge)).adding(commitment.negated)
        for _ in 0..<3 { sum = sum.adding(sum) }
        return sum.isNeutral
    }

    /// The group order L, little-endian.
    static let order: [UInt8] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]

    private static func isCanonicalScalar(_ scalar: [UInt8]) -> Bool {
        for (byte, limit) in zip(scalar.reversed(), order.reversed()) where byte != limit { return byte < limit }
        return false
    }

    /// SHA-512 of bytes, reduced modulo L.
    private static func reducedHash(_ bytes: [UInt8]) -> [UInt8] {
        Sodium.ready
        var hash = [UInt8](repeating: 0, count: 64)
        unsafe _ = crypto_hash_sha512(&hash, bytes, UInt64(bytes.count))
        var reduced = [UInt8](repeating: 0, count: 32)
        unsafe crypto_core_ed25519_scalar_reduce(&reduced, hash)
        return reduced
    }
}
