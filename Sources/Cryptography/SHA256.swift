import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL's low-level calls: no allocation, no lookup of an algorithm for each hash.
package struct SHA256: Sendable {
    private var context = SHA256_CTX()

    package init() { unsafe _ = SHA256_Init(&context) }

    package mutating func update(_ bytes: [UInt8]) {
        // The buffer is valid during the call.
        unsafe bytes.withUnsafeBytes { unsafe _ = SHA256_Update(&context, $0.baseAddress, $0.count) }
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe _ = SHA256_Update(&context, $0.baseAddress, $0.count) }
    }

    package mutating func update(_ buffer: UnsafeRawBufferPointer) {
        unsafe _ = SHA256_Update(&context, buffer.baseAddress, buffer.count)
    }

    package mutating func update(_ byte: UInt8) {
        unsafe withUnsafeBytes(of: byte) { unsafe _ = SHA256_Update(&context, $0.baseAddress, 1) }
    }

    package mutating func update(_ digest: Digest) {
        // Words in big-endian order are the digest's bytes.
        let words = (
            digest.words.0.bigEndian, digest.words.1.bigEndian, digest.words.2.bigEndian, digest.words.3.bigEndian
        )
        unsafe withUnsafeBytes(of: words) { unsafe _ = SHA256_Update(&context, $0.baseAddress, Digest.byteCount) }
    }

    /// The digest of everything so far.
    ///
    /// The value must not be used afterwards.
    package mutating func finalize() -> Digest {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        // 32 bytes are exactly the four words.
        unsafe withUnsafeMutableBytes(of: &words) { buffer in
            unsafe _ = SHA256_Final(buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), &context)
        }
        return Digest(words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }

    /// The digest of bytes.
    package static func hash(_ bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of parts, one after another.
    package static func hash(_ parts: [UInt8]...) -> Digest {
        var hash = SHA256()
        for part in parts { hash.update(part) }
        return hash.finalize()
    }

    /// An inner Merkle node: a one-byte prefix and two digests.
    package static func hash(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        var hash = SHA256()
        hash.update(prefix)
        hash.update(left)
        hash.update(right)
        return hash.finalize()
    }

    /// A Merkle node under a textual tag.
    package static func hash(tag: StaticString, _ left: Digest, _ right: Digest) -> Digest {
        var hash = SHA256()
        unsafe hash.update(UnsafeRawBufferPointer(start: tag.utf8Start, count: tag.utf8CodeUnitCount))
        hash.update(left)
        hash.update(right)
        return hash.finalize()
    }
}
