import CSodium

/// libsodium, initialised once before its first use.
enum Sodium {
    /// Touch before any call. A library that cannot start leaves us without random bytes: nothing may go on.
    static let ready: Void = {
        precondition(sodium_init() >= 0, "libsodium cannot be initialised")
    }()
}

/// Random bytes from the operating system.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.ready
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }
}

/// Secret bytes in memory of their own: locked against swapping, guarded on both sides, wiped at the end.
@safe package struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is written only in the initialisers and read afterwards.
    private let memory: UnsafeMutableRawPointer
    package let count: Int

    /// Takes a copy. The caller wipes or forgets its own.
    package init(copying bytes: [UInt8]) {
        Sodium.ready
        count = bytes.count
        guard let memory = unsafe sodium_malloc(bytes.count) else { preconditionFailure("no locked memory left") }
        unsafe self.memory = memory
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { unsafe memory.copyMemory(from: base, byteCount: source.count) }
        }
        unsafe _ = sodium_mprotect_readonly(memory)
    }

    /// Fresh random bytes.
    package init(random count: Int) {
        Sodium.ready
        self.count = count
        guard let memory = unsafe sodium_malloc(count) else { preconditionFailure("no locked memory left") }
        unsafe self.memory = memory
        unsafe randombytes_buf(memory, count)
        unsafe _ = sodium_mprotect_readonly(memory)
    }

    deinit { unsafe sodium_free(memory) }

    package borrowing func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        unsafe try body(UnsafeRawBufferPointer(start: memory, count: count))
    }
}

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce in front: nonce 24, ciphertext, tag 16.
package enum XChaCha20Poly1305 {
    package static let keyBytes = 32
    package static let nonceBytes = 24
    package static let tagBytes = 16

    package static func seal(_ plaintext: [UInt8], key: [UInt8], additionalData: [UInt8] = []) -> [UInt8] {
        seal(plaintext, key: key, nonce: SecureRandom.bytes(nonceBytes), additionalData: additionalData)
    }

    static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], additionalData: [UInt8]) -> [UInt8] {
        precondition(key.count == keyBytes && nonce.count == nonceBytes)
        Sodium.ready
        var sealed = [UInt8](repeating: 0, count: plaintext.count + tagBytes)
        unsafe _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, plaintext, UInt64(plaintext.count), additionalData, UInt64(additionalData.count), nil, nonce,
            key)
        return nonce + sealed
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
