/// HMAC-SHA256 (RFC 2104).
package enum HMACSHA256 {
    private static let blockBytes = 64

    /// The code over parts, one after another; the parts' lengths are not part of it.
    package static func authenticate(_ parts: [[UInt8]], key: [UInt8]) -> Digest {
        // The pointer is used during the call only.
        unsafe key.withUnsafeBytes { unsafe authenticate(parts, key: $0) }
    }

    /// The same under a key in locked memory.
    package static func authenticate(_ parts: [[UInt8]], key: borrowing SecretBytes) -> Digest {
        // The pointer is used during the call only.
        unsafe key.withUnsafeBytes { unsafe authenticate(parts, key: $0) }
    }

    private static func authenticate(_ parts: [[UInt8]], key: UnsafeRawBufferPointer) -> Digest {
        var block = [UInt8](repeating: 0, count: blockBytes)
        defer { wipe(&block) }
        if key.count > blockBytes {
            var hash = SHA256()
            unsafe hash.update(key)
            block.replaceSubrange(..<Digest.byteCount, with: hash.finalize().bytes)
        } else {
            for index in 0..<key.count { block[index] = unsafe key[index] }
        }
        for index in block.indices { block[index] ^= 0x36 }
        var inner = SHA256()
        inner.update(block)
        for part in parts { inner.update(part) }
        // From the inner pad to the outer one.
        for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
        var outer = SHA256()
        outer.update(block)
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
