/// Reads code points from UTF-8 bytes, strictly (RFC 3629).
struct CodePoints {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next code point, or nil at the end.
    ///
    /// - Throws: `notUTF8` with the offset of the first byte of what is none.
    mutating func next() throws(EmbeddingFailure) -> UInt32? {
        guard offset < bytes.count else { return nil }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return UInt32(first)
        }
        // RFC 3629 §4: the range of the second byte is what rules overlong forms, surrogates and 0x110000 out.
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xc2...0xdf: (2, 0x80...0xbf)
            case 0xe0: (3, 0xa0...0xbf)
            case 0xed: (3, 0x80...0x9f)
            case 0xe1...0xef: (3, 0x80...0xbf)
            case 0xf0: (4, 0x90...0xbf)
            case 0xf1...0xf3: (4, 0x80...0xbf)
            case 0xf4: (4, 0x80...0x8f)
            default: throw .notUTF8(offset: offset)
            }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else {
            throw .notUTF8(offset: offset)
        }
        var point = UInt32(first) & (0x7f >> UInt32(length))
        for index in 1..<length {
            let byte = bytes[offset + index]
            guard byte & 0xc0 == 0x80 else { throw .notUTF8(offset: offset) }
            point = point << 6 | UInt32(byte & 0x3f)
        }
        offset += length
        return point
    }
}
