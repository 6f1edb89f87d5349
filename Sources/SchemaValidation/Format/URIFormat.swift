/// URIs and IRIs, references to them, and templates (RFC 3986, RFC 3987, RFC 6570).
enum URIFormat {
    /// An absolute URI or IRI with a scheme.
    static func isURI(_ text: [UInt8], _ range: Range<Int>, isInternational: Bool) -> Bool {
        guard let colon = scheme(text, range) else { return false }
        return isRest(text, colon + 1..<range.upperBound, isInternational)
    }

    static func isReference(_ text: [UInt8], _ range: Range<Int>, isInternational: Bool) -> Bool {
        if let colon = scheme(text, range) {
            return isRest(text, colon + 1..<range.upperBound, isInternational)
        }
        // The first segment of a relative path holds no colon (§4.2).
        for index in range {
            if [0x2f, 0x3f, 0x23].contains(text[index]) { break }
            if text[index] == UInt8(ascii: ":") { return false }
        }
        return isRest(text, range, isInternational)
    }

    /// Where the scheme's colon stands (§3.1), or nil.
    private static func scheme(_ text: [UInt8], _ range: Range<Int>) -> Int? {
        guard let first = range.first, FormatCursor.isLetter(text[first]) else { return nil }
        for index in range.dropFirst() {
            let byte = text[index]
            if byte == UInt8(ascii: ":") { return index }
            guard
                FormatCursor.isLetter(byte) || FormatCursor.isDigit(byte) || byte == UInt8(ascii: "+")
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            else { return nil }
        }
        return nil
    }

    // Bit n of the two words stands for U+0000 + n.

    /// unreserved / sub-delims / ":" / "@" / "/" (§3.3).
    private static let pathLow: UInt64 = 0x2fff_ffd2_0000_0000
    private static let pathHigh: UInt64 = 0x47ff_fffe_87ff_ffff

    /// Whether a byte below 128 may stand in a path.
    @inline(__always)
    private static func isPath(_ byte: UInt8) -> Bool {
        byte < 64 ? pathLow >> UInt64(byte) & 1 != 0 : pathHigh >> UInt64(byte & 63) & 1 != 0
    }

    /// Authority, path, query and fragment.
    private static func isRest(_ text: [UInt8], _ range: Range<Int>, _ isInternational: Bool) -> Bool {
        var index = range.lowerBound
        if range.count >= 2, text[index] == UInt8(ascii: "/"), text[index + 1] == UInt8(ascii: "/") {
            let end = text[(index + 2)..<range.upperBound].firstIndex { [0x2f, 0x3f, 0x23].contains($0) }
            let authority = index + 2..<(end ?? range.upperBound)
            guard isAuthority(text, authority, isInternational) else { return false }
            index = authority.upperBound
        }
        var inPath = true
        var inFragment = false
        while index < range.upperBound {
            let byte = text[index]
            index += 1
            if byte < 0x80, isPath(byte) { continue }
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 1 < range.upperBound, FormatCursor.isHex(text[index]), FormatCursor.isHex(text[index + 1])
                else { return false }
                index += 2
            case UInt8(ascii: "?") where inPath && !inFragment: inPath = false
            case UInt8(ascii: "?"): break
            case UInt8(ascii: "#") where !inFragment: (inPath, inFragment) = (false, true)
            case 0x80...:
                guard isInternational, let count = allowed(text, index - 1, range.upperBound, isQuery: !inPath)
                else { return false }
                index += count - 1
            default: return false
            }
        }
        return true
    }

    /// How many bytes a `ucschar` (or, in a query, `iprivate`) takes; nil for another scalar (RFC 3987 §2.2).
    private static func allowed(_ text: [UInt8], _ index: Int, _ end: Int, isQuery: Bool) -> Int? {
        var iterator = text[index..<end].makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        let value = scalar.value
        let isPrivate = (0xe000...0xf8ff).contains(value) || value >= 0xf_0000
        let isCharacter =
            value >= 0xa0 && !(0xfdd0...0xfdef).contains(value) && !(0xfff0...0xffff).contains(value)
            && value & 0xfffe != 0xfffe && !(0xe_0000...0xe_0fff).contains(value)
        return isPrivate ? (isQuery ? UTF8.width(scalar) : nil) : isCharacter ? UTF8.width(scalar) : nil
    }

    /// [ userinfo "@" ] host [ ":" port ] (§3.2).
    private static func isAuthority(_ text: [UInt8], _ range: Range<Int>, _ isInternational: Bool) -> Bool {
        var start = range.lowerBound
        if let at = text[range].lastIndex(of: UInt8(ascii: "@")) {
            guard isName(text, start..<at, isInternational, colonAllowed: true) else { return false }
            start = at + 1
        }
        if start < range.upperBound, text[start] == UInt8(ascii: "[") {
            guard let close = text[start..<range.upperBound].firstIndex(of: UInt8(ascii: "]")) else { return false }
            var cursor = FormatCursor(text: text, range: start + 1..<close)
            guard cursor.ipv6() && cursor.isAtEnd || isFutureAddress(text, start + 1..<close) else { return false }
            return isPort(text, close + 1..<range.upperBound)
        }
        let colon = text[start..<range.upperBound].firstIndex(of: UInt8(ascii: ":")) ?? range.upperBound
        return isName(text, start..<colon, isInternational, colonAllowed: false)
            && isPort(text, colon..<range.upperBound)
    }

    private static func isPort(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        guard let first = range.first else { return true }
        return text[first] == UInt8(ascii: ":") && text[range.dropFirst()].allSatisfy(FormatCursor.isDigit)
    }

    private static func isFutureAddress(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        guard let first = range.first, text[first] | 0x20 == UInt8(ascii: "v"),
            let dot = text[range].firstIndex(of: UInt8(ascii: ".")), dot > first + 1, dot + 1 < range.upperBound
        else { return false }
        return text[(first + 1)..<dot].allSatisfy(FormatCursor.isHex)
            && isName(text, dot + 1..<range.upperBound, false, colonAllowed: true)
    }

    /// unreserved / pct-encoded / sub-delims, and ":" where allowed.
    private static func isName(
        _ text: [UInt8], _ range: Range<Int>, _ isInternational: Bool, colonAllowed: Bool
    ) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 2 < range.upperBound, FormatCursor.isHex(text[index + 1]),
                    FormatCursor.isHex(text[index + 2])
                else { return false }
                index += 3
            case UInt8(ascii: ":"):
                guard colonAllowed else { return false }
                index += 1
            case UInt8(ascii: "/"), UInt8(ascii: "@"): return false
            case 0x80...:
                guard isInternational, let count = allowed(text, index, range.upperBound, isQuery: false) else {
                    return false
                }
                index += count
            default:
                guard isPath(byte) else { return false }
                index += 1
            }
        }
        return true
    }

    /// RFC 6570 §2: literals and expressions in braces.
    static func isTemplate(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "{"):
                guard let close = text[index..<range.upperBound].firstIndex(of: UInt8(ascii: "}")),
                    isExpression(text[(index + 1)..<close])
                else { return false }
                index = close + 1
            case UInt8(ascii: "%"):
                guard index + 2 < range.upperBound, FormatCursor.isHex(text[index + 1]),
                    FormatCursor.isHex(text[index + 2])
                else { return false }
                index += 3
            case 0...0x20, 0x22, 0x3c, 0x3e, 0x5c, 0x5e, 0x60, 0x7b...0x7d, 0x7f: return false
            default: index += 1
            }
        }
        return true
    }

    private static func isExpression(_ body: ArraySlice<UInt8>) -> Bool {
        var rest = body
        if let first = rest.first, Array("+#./;?&=,!@|".utf8).contains(first) { rest = rest.dropFirst() }
        return !rest.isEmpty
            && rest.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy(isVariable)
    }

    private static func isVariable(_ part: ArraySlice<UInt8>) -> Bool {
        var name = part
        if name.last == UInt8(ascii: "*") {
            name = name.dropLast()
        } else if let colon = name.firstIndex(of: UInt8(ascii: ":")) {
            let length = name[(colon + 1)...]
            guard (1...4).contains(length.count), length.allSatisfy(FormatCursor.isDigit),
                length.first != UInt8(ascii: "0")
            else { return false }
            name = name[..<colon]
        }
        return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty
                && word.allSatisfy {
                    FormatCursor.isLetter($0) || FormatCursor.isDigit($0) || $0 == UInt8(ascii: "_")
                        || $0 == UInt8(ascii: "%")
                }
        }
    }
}
