import COpenSSL

/// RSA signatures with SHA-256 (RFC 8017), checking only: PKCS #1 v1.5, and PSS with MGF1-SHA-256 and a salt of 32 bytes.
package enum RSA {
    /// How the digest is padded.
    package enum Padding: Sendable { case pkcs1, pss }

    /// Below it a key can be broken, above it a check takes long.
    package static let modulusBits = 2_048...8_192
    /// Longest public exponent, in bytes: the usual one has three.
    package static let exponentBytesMax = 8

    /// Whether a public key may be used: big-endian numbers without leading zeros, within the limits, both odd.
    package static func isAcceptable(modulus: [UInt8], exponent: [UInt8]) -> Bool {
        guard let first = modulus.first, first != 0, let last = modulus.last, last & 1 == 1,
            let head = exponent.first, head != 0, let tail = exponent.last, tail & 1 == 1,
            exponent.count <= exponentBytesMax, exponent != [1]
        else { return false }
        return modulusBits.contains(modulus.count * 8 - first.leadingZeroBitCount)
    }

    /// Whether a signature, exactly as long as the modulus, is valid.
    package static func isValid(
        signature: [UInt8], message: [UInt8], modulus: [UInt8], exponent: [UInt8], padding: Padding
    ) -> Bool {
        guard isAcceptable(modulus: modulus, exponent: exponent), signature.count == modulus.count,
            let rsa = unsafe RSA_new()
        else { return false }
        // The key takes over both numbers.
        let isSet = unsafe RSA_set0_key(
            rsa, BN_bin2bn(modulus, Int32(modulus.count), nil), BN_bin2bn(exponent, Int32(exponent.count), nil), nil)
        let key = unsafe EVP_PKEY_new()
        let context = unsafe EVP_MD_CTX_new()
        defer {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_PKEY_free(key)
            unsafe RSA_free(rsa)
            // A refused signature leaves notes in the thread's queue.
            ERR_clear_error()
        }
        var parameters: OpaquePointer?
        guard isSet == 1, unsafe EVP_PKEY_set1_RSA(key, rsa) == 1,
            unsafe EVP_DigestVerifyInit(context, &parameters, EVP_sha256(), nil, key) == 1
        else { return false }
        switch padding {
        case .pkcs1:
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PADDING) == 1 else { return false }
        case .pss:
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha256()) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1
            else { return false }
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
