/// Base 64 (RFC 4648 §4 with padding, §5 without), each with the one spelling that an encoder writes.
///
/// Refused: missing or surplus padding, line breaks, characters of the other alphabet, and bits left over after the
/// last byte that are not zero (§3.5).
package enum Base64 {
    /// Standard alphabet, padded.
    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes, alphabet: standard, isPadded: true) }

    /// The bytes of padded standard base64, or nil.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(text, values: standardValues, isPadded: true)
    }

    /// URL-safe alphabet, without padding.
    package static func encodeURL(_ bytes: [UInt8]) -> String { encode(bytes, alphabet: urlSafe, isPadded: false) }

    /// The bytes of base64url without padding, or nil.
    package static func decodeURL(_ text: String) -> [UInt8]? {
        decode(text, values: urlSafeValues, isPadded: false)
    }

    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standard = Array((common + "+/").utf8)
    private static let urlSafe = Array((common + "-_").utf8)
    private static let standardValues = values(of: standard)
    private static let urlSafeValues = values(of: urlSafe)
    private static let invalid: UInt8 = 0xff
    private static let padding = UInt8(ascii: "=")

    /// The inverse of an alphabet: 256 entries, `invalid` for what is not in it.
    private static func values(of alphabet: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8], isPadded: Bool) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        let whole = bytes.count / 3 * 3
        for index in stride(from: 0, to: whole, by: 3) {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(alphabet[Int(group >> 6 & 63)])
            text.append(alphabet[Int(group & 63)])
        }
        if bytes.count - whole == 1 {
            text.append(alphabet[Int(bytes[whole] >> 2)])
            text.append(alphabet[Int(bytes[whole] << 4 & 63)])
            if isPadded { text += [padding, padding] }
        } else if bytes.count - whole == 2 {
            let group = UInt32(bytes[whole]) << 8 | UInt32(bytes[whole + 1])
            text.append(alphabet[Int(group >> 10)])
            text.append(alphabet[Int(group >> 4 & 63)])
            text.append(alphabet[Int(group << 2 & 63)])
            if isPadded { text.append(padding) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func decode(_ text: String, values: [UInt8], isPadded: Bool) -> [UInt8]? {
        var characters = Array(text.utf8)[...]
        if isPadded {
            guard characters.count.isMultiple(of: 4) else { return nil }
            if characters.last == padding { characters.removeLast() }
            if characters.last == padding { characters.removeLast() }
        }
        // One character alone carries less than a byte; that also refuses three padding characters.
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in characters {
            let value = values[Int(character)]
            guard value != invalid else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        guard bits & (1 << bitCount - 1) == 0 else { return nil }
        return bytes
    }
}
