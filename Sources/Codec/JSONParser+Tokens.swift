/// Strings and numbers.
extension JSONParser {
    /// A string or name; returns its index.
    mutating func string() throws(JSONFailure) -> Int {
        offset += 1
        let index = try open(.string)
        var hasEscapes = false
        while true {
            skipPlain()
            guard offset < end else { throw unexpected() }
            let byte = unsafe bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                entries[index].end = UInt32(offset)
                entries[index].hasEscapes = hasEscapes
                offset += 1
                return index
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0x20..<0x80: offset += 1
            case ..<0x20: throw refused(.controlCharacter(byte), at: offset)
            default: try scalar(leadBy: byte)
            }
        }
    }

    /// Steps over bytes that stand for themselves in a string (ASCII but controls, quote and backslash), eight at a time.
    ///
    /// May stop before such a byte; never steps over another.
    @inline(__always)
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while end &- offset >= 8 {
            // Eight bytes from `offset` on are within the text.
            let word = unsafe UInt64(
                littleEndian: UnsafeRawPointer(bytes + offset).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5c)
            // The high bit of the lowest byte that is one of the four is set; above it others may be (borrows).
            let hits =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word | word)
                & highs
            guard hits == 0 else {
                offset &+= hits.trailingZeroBitCount >> 3
                return
            }
            offset &+= 8
        }
    }

    private mutating func escape() throws(JSONFailure) {
        let start = offset
        offset += 1
        guard offset < source.count else { throw unexpected() }
        if source[offset] != UInt8(ascii: "u") {
            guard JSONText.character(ofEscape: source[offset]) != nil else { throw refused(.invalidEscape, at: start) }
            offset += 1
            return
        }
        guard let unit = JSONText.hex4(source[...], at: offset + 1) else { throw refused(.invalidEscape, at: start) }
        offset += 5
        guard unit & 0xf800 == 0xd800 else { return }
        guard unit & 0xfc00 == 0xd800, offset + 1 < source.count, source[offset] == UInt8(ascii: "\\"),
            source[offset + 1] == UInt8(ascii: "u"), let low = JSONText.hex4(source[...], at: offset + 2),
            low & 0xfc00 == 0xdc00
        else { throw refused(.loneSurrogate, at: start) }
        offset += 6
    }

    /// Steps over a scalar of two to four bytes (the table of RFC 3629 §4).
    private mutating func scalar(leadBy lead: UInt8) throws(JSONFailure) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef:
            length = 3
            if lead == 0xe0 { second = 0xa0...0xbf }
            if lead == 0xed { second = 0x80...0x9f }
        case 0xf0...0xf4:
            length = 4
            if lead == 0xf0 { second = 0x90...0xbf }
            if lead == 0xf4 { second = 0x80...0x8f }
        default: throw refused(.invalidUTF8, at: offset)
        }
        guard offset + length <= source.count, second.contains(source[offset + 1]) else {
            throw refused(.invalidUTF8, at: offset)
        }
        for position in offset + 2..<max(offset + 2, offset + length) where source[position] & 0xc0 != 0x80 {
            throw refused(.invalidUTF8, at: offset)
        }
        offset += length
    }

    /// A number (RFC 8259 §6).
    mutating func number() throws(JSONFailure) {
        let start = offset
        let index = try open(.number)
        if byte == UInt8(ascii: "-") { offset += 1 }
        if byte == UInt8(ascii: "0") {
            offset += 1
            if Self.isDigit(byte) { throw refused(.malformedNumber, at: start) }
        } else {
            try digits(start)
        }
        if byte == UInt8(ascii: ".") {
            offset += 1
            try digits(start)
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            try digits(start)
        }
        entries[index].end = UInt32(offset)
    }

    private mutating func digits(_ start: Int) throws(JSONFailure) {
        guard Self.isDigit(byte) else { throw refused(.malformedNumber, at: start) }
        while Self.isDigit(byte) { offset &+= 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9") }
}
