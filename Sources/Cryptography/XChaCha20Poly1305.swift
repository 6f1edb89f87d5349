import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce in front: nonce 24, ciphertext, tag 16.
package enum XChaCha20Poly1305 {
    package static let keyBytes = 32
    package static let nonceBytes = 24
    package static let tagBytes = 16

    package static func seal(_ plaintext: [UInt8], key: [UInt8], additionalData: [UInt8] = []) -> [UInt8] {
        seal(plaintext, key: key, nonce: SecureRandom.bytes(nonceBytes), additionalData: additionalData)
    }

    /// The same with a nonce that the caller has drawn: 24 random bytes, never used before under this key.
    package static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: some Collection<UInt8>, additionalData: [UInt8])
        -> [UInt8]
    {
        precondition(key.count == keyBytes && nonce.count == nonceBytes)
        Sodium.ready
        let count = nonceBytes + plaintext.count + tagBytes
        // The nonce fills the first 24 bytes; the rest is what the function writes: ciphertext and tag.
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            _ = unsafe buffer.initialize(fromContentsOf: nonce)
            let start = buffer.baseAddress!
            unsafe _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                start + nonceBytes, nil, plaintext, UInt64(plaintext.count), additionalData,
                UInt64(additionalData.count), nil, start, key)
            initialised = count
        }
    }

    /// The plaintext, or nil where key, bytes or additional data are not the ones.
    package static func open(_ sealed: [UInt8], key: [UInt8], additionalData: [UInt8] = []) -> [UInt8]? {
        guard key.count == keyBytes, sealed.count >= nonceBytes + tagBytes else { return nil }
        Sodium.ready
        let nonce = Array(sealed[..<nonceBytes])
        let ciphertext = Array(sealed[nonceBytes...])
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count - tagBytes)
        let result = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
            &plaintext, nil, nil, ciphertext, UInt64(ciphertext.count), additionalData, UInt64(additionalData.count),
            nonce, key)
        return result == 0 ? plaintext : nil
    }
}
