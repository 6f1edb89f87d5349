/// Host names and mail addresses.
enum HostFormat {
    /// RFC 1123 §2.1: labels of letters, digits and inner hyphens, 63 bytes each and 253 in all.
    ///
    /// A label that begins with `xn--` must be the Punycode of a valid international label.
    static func isHostname(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        guard (1...253).contains(range.count) else { return false }
        if let isPlain = isPlainHostname(text, range) { return isPlain }
        var labels: [[Unicode.Scalar]] = []
        var isInternational = false
        for label in text[range].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard let scalars = scalars(of: label) else { return false }
            if scalars.contains(where: { !$0.isASCII }) { isInternational = true }
            labels.append(scalars)
        }
        return !isInternational || InternationalLabel.areBidirectional(labels)
    }

    /// The answer for a name without hyphens in the third and fourth place of a label, as nearly all are; nil for others.
    private static func isPlainHostname(_ text: [UInt8], _ range: Range<Int>) -> Bool? {
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound {
            let byte = index < range.upperBound ? text[index] : UInt8(ascii: ".")
            if byte == UInt8(ascii: ".") {
                guard (1...63).contains(index - start), text[index - 1] != UInt8(ascii: "-") else { return false }
                start = index + 1
            } else if byte == UInt8(ascii: "-") {
                if index == start { return false }
                if index == start + 3, text[index - 1] == UInt8(ascii: "-") { return nil }
            } else if !FormatCursor.isLetter(byte), !FormatCursor.isDigit(byte) {
                return false
            }
        }
        return true
    }

    /// The U-label of an A-label, other ASCII labels as they are; nil for what is no label.
    private static func scalars(of label: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        guard isLabel(label) else { return nil }
        let scalars = label.map { Unicode.Scalar($0) }
        guard label.count > 3, scalars[2] == "-", scalars[3] == "-" else { return scalars }
        let encoded = label.dropFirst(4).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        guard label.prefix(2).map({ $0 | 0x20 }) == Array("xn".utf8), let decoded = Punycode.decode(encoded[...]),
            InternationalLabel.isValid(decoded), Punycode.encode(decoded) == encoded
        else { return nil }
        return decoded
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy {
                FormatCursor.isLetter($0) || FormatCursor.isDigit($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// RFC 5890 §2.3.2.3: labels as above, or U-labels, between any of the four full stops; together they keep the rule
    /// for right-to-left names (RFC 5893 §2).
    static func isInternationalHostname(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        let scalars = Array(String(decoding: text[range], as: UTF8.self).unicodeScalars)
        let stops: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{ff0e}", "\u{ff61}"]
        var length = 0
        var labels: [[Unicode.Scalar]] = []
        for label in scalars.split(omittingEmptySubsequences: false, whereSeparator: stops.contains) {
            if label.allSatisfy(\.isASCII) {
                let bytes = label.map { UInt8($0.value) }
                guard let scalars = Self.scalars(of: bytes[...]) else { return false }
                length += bytes.count + 1
                labels.append(scalars)
            } else {
                let label = Array(label)
                guard InternationalLabel.isValid(label), let encoded = Punycode.encode(label), encoded.count + 4 <= 63
                else { return false }
                length += encoded.count + 5
                labels.append(label)
            }
        }
        return length - 1 <= 253 && InternationalLabel.areBidirectional(labels)
    }

    /// Mailbox of RFC 5321 §4.1.2, with RFC 6531 where international.
    static func isEmail(_ text: [UInt8], _ range: Range<Int>, isInternational: Bool) -> Bool {
        guard let at = text[range].lastIndex(of: UInt8(ascii: "@")) else { return false }
        let local = range.lowerBound..<at
        let domain = at + 1..<range.upperBound
        return isLocalPart(text[local], isInternational) && isDomain(text, domain, isInternational)
    }

    private static func isLocalPart(_ local: ArraySlice<UInt8>, _ isInternational: Bool) -> Bool {
        if local.count >= 2, local.first == UInt8(ascii: "\""), local.last == UInt8(ascii: "\"") {
            var isEscaped = false
            for byte in local.dropFirst().dropLast() {
                if isEscaped {
                    guard (0x20...0x7e).contains(byte) else { return false }
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    guard byte != UInt8(ascii: "\""), (0x20...0x7e).contains(byte) || isInternational && byte >= 0x80
                    else { return false }
                }
            }
            return !isEscaped
        }
        // Atoms between dots, none of them empty.
        var isAtStart = true
        for byte in local {
            if byte == UInt8(ascii: ".") {
                guard !isAtStart else { return false }
                isAtStart = true
            } else {
                guard isAtomText(byte) || isInternational && byte >= 0x80 else { return false }
                isAtStart = false
            }
        }
        return !isAtStart
    }

    /// `atext` of RFC 5322 §3.2.3.
    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "{")...UInt8(ascii: "~"):
            true
        default: FormatCursor.isLetter(byte) || FormatCursor.isDigit(byte)
        }
    }

    private static func isDomain(_ text: [UInt8], _ range: Range<Int>, _ isInternational: Bool) -> Bool {
        if range.count > 2, text[range.lowerBound] == UInt8(ascii: "["), text[range.upperBound - 1] == 0x5d {
            let inner = range.lowerBound + 1..<range.upperBound - 1
            if text[inner].starts(with: "IPv6:".utf8) {
                var cursor = FormatCursor(text: text, range: inner.lowerBound + 5..<inner.upperBound)
                return cursor.ipv6() && cursor.isAtEnd
            }
            var cursor = FormatCursor(text: text, range: inner)
            return cursor.ipv4() && cursor.isAtEnd
        }
        return isInternational ? isInternationalHostname(text, range) : isHostname(text, range)
    }
}
