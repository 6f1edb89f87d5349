import COpenSSL

/// ECDSA over P-256 with SHA-256 (FIPS 186-5), signatures as r || s of 32 bytes each, low s only.
package enum P256 {
    package static let coordinateBytes = 32
    package static let signatureBytes = 64

    /// Half of the group order: a larger s is refused.
    private static let halfOrder: [UInt8] = [
        0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56,
        0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
    ]

    /// Whether a signature is valid and in its one spelling.
    package static func isValid(signature: [UInt8], message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
        guard signature.count == signatureBytes, isLow(Array(signature[32...])) else { return false }
        return isValidAnyS(signature: signature, message: message, x: x, y: y)
    }

    /// The same without asking for a low s, as other systems sign.
    package static func isValidAnyS(signature: [UInt8], message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
        guard signature.count == signatureBytes, let key = unsafe publicKey(x: x, y: y) else { return false }
        defer { unsafe EC_KEY_free(key) }
        guard let parts = unsafe ECDSA_SIG_new() else { return false }
        defer { unsafe ECDSA_SIG_free(parts) }
        // The signature takes over both numbers.
        unsafe ECDSA_SIG_set0(
            parts, BN_bin2bn(Array(signature[..<32]), 32, nil), BN_bin2bn(Array(signature[32...]), 32, nil))
        return unsafe ECDSA_do_verify(SHA256.hash(message).bytes, 32, parts, key) == 1
    }

    static func isLow(_ s: [UInt8]) -> Bool { !halfOrder.lexicographicallyPrecedes(s) }

    /// A key on the curve, or nil.
    ///
    /// The caller frees it.
    private static func publicKey(x: [UInt8], y: [UInt8]) -> OpaquePointer? {
        guard x.count == coordinateBytes, y.count == coordinateBytes,
            let key = unsafe EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)
        else { return nil }
        let xNumber = unsafe BN_bin2bn(x, 32, nil)
        let yNumber = unsafe BN_bin2bn(y, 32, nil)
        defer {
            unsafe BN_free(xNumber)
            unsafe BN_free(yNumber)
        }
        guard unsafe EC_KEY_set_public_key_affine_coordinates(key, xNumber, yNumber) == 1 else {
            unsafe EC_KEY_free(key)
            return nil
        }
        return unsafe key
    }

    /// Whether 32 + 32 bytes are a point of the curve.
    package static func isPoint(x: [UInt8], y: [UInt8]) -> Bool {
        guard let key = unsafe publicKey(x: x, y: y) else { return false }
        unsafe EC_KEY_free(key)
        return true
    }

    /// The public key of a secret number of 32 bytes, or nil where it is 0 or not below the group order.
    static func publicKey(secret: borrowing SecretBytes) -> (x: [UInt8], y: [UInt8])? {
        guard let key = unsafe privateKey(secret) else { return nil }
        defer { unsafe EC_KEY_free(key) }
        let (x, y) = unsafe (BN_new(), BN_new())
        defer {
            unsafe BN_free(x)
            unsafe BN_free(y)
        }
        guard
            unsafe EC_POINT_get_affine_coordinates(
                EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), x, y, nil) == 1
        else { return nil }
        return unsafe (padded(x), padded(y))
    }

    /// Signs with low s.
    static func sign(_ message: [UInt8], secret: borrowing SecretBytes) -> [UInt8]? {
        guard let key = unsafe privateKey(secret) else { return nil }
        defer { unsafe EC_KEY_free(key) }
        guard let parts = unsafe ECDSA_do_sign(SHA256.hash(message).bytes, 32, key) else { return nil }
        defer { unsafe ECDSA_SIG_free(parts) }
        let r = unsafe padded(ECDSA_SIG_get0_r(parts))
        var s = unsafe padded(ECDSA_SIG_get0_s(parts))
        if !isLow(s) {
            let number = unsafe BN_bin2bn(s, 32, nil)
            defer { unsafe BN_free(number) }
            unsafe _ = BN_sub(number, EC_GROUP_get0_order(EC_KEY_get0_group(key)), number)
            s = unsafe padded(number)
        }
        return r + s
    }

    private static func privateKey(_ secret: borrowing SecretBytes) -> OpaquePointer? {
        guard secret.count == 32, let key = unsafe EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        let number = unsafe secret.withBytes { unsafe BN_bin2bn($0, 32, nil) }
        let group = unsafe EC_KEY_get0_group(key)
        let point = unsafe EC_POINT_new(group)
        defer {
            unsafe BN_clear_free(number)
            unsafe EC_POINT_free(point)
        }
        guard unsafe BN_is_zero(number) == 0, unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0,
            unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
            unsafe EC_KEY_set_private_key(key, number) == 1, unsafe EC_KEY_set_public_key(key, point) == 1
        else {
            unsafe EC_KEY_free(key)
            return nil
        }
        return unsafe key
    }

    /// A number as 32 bytes, big-endian.
    private static func padded(_ number: OpaquePointer?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        unsafe _ = BN_bn2binpad(number, &bytes, 32)
        return bytes
    }
}
