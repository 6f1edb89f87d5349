/// 32 bytes of a hash, held in line; ordered as its bytes are.
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let byteCount = 32
    package static let zero = Digest(0, 0, 0, 0)

    /// The bytes as four big-endian words.
    @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

    @inline(__always)
    init(_ one: UInt64, _ two: UInt64, _ three: UInt64, _ four: UInt64) { words = (one, two, three, four) }

    /// 32 bytes, or nil.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        // 32 bytes are there: exactly four words, wherever they lie.
        words = unsafe bytes.withUnsafeBytes { buffer in
            unsafe (
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
            )
        }
    }

    /// The same of a slice, without a copy of it.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ offset: Int) -> UInt64 {
            var value: UInt64 = 0
            for index in bytes.startIndex + offset..<bytes.startIndex + offset + 8 {
                value = value << 8 | UInt64(bytes[index])
            }
            return value
        }
        words = (word(0), word(8), word(16), word(24))
    }

    package var bytes: [UInt8] {
        // Words in big-endian order are the digest's bytes.
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return unsafe withUnsafeBytes(of: ordered) { unsafe Array($0) }
    }

    /// Lower-case hex.
    package var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * Self.byteCount)
        appendHex(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends 64 characters of lower-case hex.
    package func appendHex(to text: inout [UInt8]) {
        func append(_ word: UInt64) {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> shift & 15)
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
        append(words.0)
        append(words.1)
        append(words.2)
        append(words.3)
    }

    package var description: String { hex }

    /// The first 64 bits.
    @inlinable package var prefix: UInt64 { words.0 }

    /// The bit at an index from 0, the most significant bit of the first byte first.
    @inlinable
    package func bit(_ index: Int) -> Bool {
        let word = index < 128 ? (index < 64 ? words.0 : words.1) : (index < 192 ? words.2 : words.3)
        return word >> UInt64(63 - index & 63) & 1 == 1
    }

    /// How many leading bits two digests share, 0 to 256.
    package func commonPrefix(with other: Digest) -> Int {
        if words.0 != other.words.0 { return (words.0 ^ other.words.0).leadingZeroBitCount }
        if words.1 != other.words.1 { return 64 + (words.1 ^ other.words.1).leadingZeroBitCount }
        if words.2 != other.words.2 { return 128 + (words.2 ^ other.words.2).leadingZeroBitCount }
        return 192 + (words.3 ^ other.words.3).leadingZeroBitCount
    }

    package static func == (left: Digest, right: Digest) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
            && left.words.3 == right.words.3
    }

    package static func < (left: Digest, right: Digest) -> Bool {
        if left.words.0 != right.words.0 { return left.words.0 < right.words.0 }
        if left.words.1 != right.words.1 { return left.words.1 < right.words.1 }
        if left.words.2 != right.words.2 { return left.words.2 < right.words.2 }
        return left.words.3 < right.words.3
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
