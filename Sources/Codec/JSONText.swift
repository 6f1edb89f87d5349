/// The characters of JSON strings.
enum JSONText {
    /// The content of a string whose escapes were checked already.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            let escape = raw[index]
            index += 1
            guard escape == UInt8(ascii: "u") else {
                content.append(character(ofEscape: escape) ?? escape)
                continue
            }
            var scalar = UInt32(hex4(raw, at: index) ?? 0)
            index += 4
            if scalar & 0xfc00 == 0xd800 {
                let low = UInt32(hex4(raw, at: index + 2) ?? 0)
                index += 6
                scalar = 0x10000 + (scalar & 0x3ff) << 10 + low & 0x3ff
            }
            append(scalar, to: &content)
        }
        return content
    }

    /// The character of a two-character escape (RFC 8259 §7), or nil.
    static func character(ofEscape escape: UInt8) -> UInt8? {
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escape
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Four hexadecimal digits of either case, or nil.
    static func hex4(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt16? {
        guard index >= bytes.startIndex, index + 4 <= bytes.endIndex else { return nil }
        var value: UInt16 = 0
        for position in index..<index + 4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case ..<0x80: bytes.append(UInt8(scalar))
        case ..<0x800:
            bytes.append(0xc0 | UInt8(scalar >> 6))
            bytes.append(0x80 | UInt8(scalar & 63))
        case ..<0x10000:
            bytes.append(0xe0 | UInt8(scalar >> 12))
            bytes.append(0x80 | UInt8(scalar >> 6 & 63))
            bytes.append(0x80 | UInt8(scalar & 63))
        default:
            bytes.append(0xf0 | UInt8(scalar >> 18))
            bytes.append(0x80 | UInt8(scalar >> 12 & 63))
            bytes.append(0x80 | UInt8(scalar >> 6 & 63))
            bytes.append(0x80 | UInt8(scalar & 63))
        }
    }

    /// Appends a string in quotes with the escapes of RFC 8785 §3.2.2.2: only what must be escaped is, in its shortest
    /// form with lower-case digits.
    static func appendQuoted(_ content: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if !content.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: content)
            bytes.append(UInt8(ascii: "\""))
            return
        }
        for byte in content {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x20...: bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0x0c: bytes.append(contentsOf: "\\f".utf8)
            case 0x0d: bytes.append(contentsOf: "\\r".utf8)
            default: bytes.append(contentsOf: "\\u\(Hex.encode([0, byte]))".utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
