/// Host names and mail addresses.
enum HostFormat {
    /// RFC 1123 §2.1: labels of letters, digits and inner hyphens, 63 bytes each and 253 in all.
    ///
    /// A label that begins with `xn--` must decode to a valid international label.
    static func isHostname(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        guard (1...253).contains(range.count) else { return false }
        return text[range].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard isLabel(label) else { return false }
            guard label.count > 3, label[label.startIndex + 2] == UInt8(ascii: "-"),
                label[label.startIndex + 3] == UInt8(ascii: "-")
            else { return true }
            guard label.prefix(2).map({ $0 | 0x20 }) == Array("xn".utf8) else { return false }
            return Punycode.decode(label.dropFirst(4)).map(InternationalLabel.isValid) ?? false
        }
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy {
                FormatCursor.isLetter($0) || FormatCursor.isDigit($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// RFC 5890 §2.3.2.3: labels as above, or U-labels, between any of the four full stops.
    static func isInternationalHostname(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        let scalars = Array(String(decoding: text[range], as: UTF8.self).unicodeScalars)
        let stops: Set<Unicode.Scalar> = [".", "\u{3002}", "\u{ff0e}", "\u{ff61}"]
        var length = 0
        for label in scalars.split(omittingEmptySubsequences: false, whereSeparator: stops.contains) {
            if label.allSatisfy(\.isASCII) {
                let bytes = label.map { UInt8($0.value) }
                guard isHostname(bytes, 0..<bytes.count) else { return false }
                length += bytes.count + 1
            } else {
                guard InternationalLabel.isValid(Array(label)),
                    let encoded = Punycode.encodedCount(Array(label)), encoded + 4 <= 63
                else { return false }
                length += encoded + 5
            }
        }
        return length - 1 <= 253
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
        let special = Array("!#$%&'*+-/=?^_`{|}~".utf8)
        return local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.allSatisfy {
                    FormatCursor.isLetter($0) || FormatCursor.isDigit($0) || special.contains($0)
                        || isInternational && $0 >= 0x80
                }
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

/// Punycode (RFC 3492).
enum Punycode {
    private static let base = 36

    private static func adapt(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var k = 0
        while delta > 455 {
            delta /= 35
            k += base
        }
        return k + 36 * delta / (delta + 38)
    }

    private static func threshold(_ k: Int, _ bias: Int) -> Int { min(max(k - bias, 1), 26) }

    /// The scalars of a label without its `xn--`, or nil.
    static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        var output: [UInt32] = []
        var rest = text
        if let hyphen = text.lastIndex(of: UInt8(ascii: "-")) {
            output = text[..<hyphen].map { UInt32($0) }
            rest = text[(hyphen + 1)...]
        }
        guard !rest.isEmpty else { return nil }
        var (n, i, bias) = (128, 0, 72)
        var iterator = rest.makeIterator()
        var next = iterator.next()
        while next != nil {
            let old = i
            var (weight, k) = (1, base)
            while true {
                guard let byte = next else { return nil }
                next = iterator.next()
                let digit: Int
                switch byte {
                case 0x61...0x7a: digit = Int(byte - 0x61)
                case 0x41...0x5a: digit = Int(byte - 0x41)
                case 0x30...0x39: digit = Int(byte - 0x30) + 26
                default: return nil
                }
                i += digit * weight
                guard i < 1 << 32 else { return nil }
                let t = threshold(k, bias)
                if digit < t { break }
                weight *= base - t
                k += base
                guard weight < 1 << 32 else { return nil }
            }
            bias = adapt(i - old, output.count + 1, isFirst: old == 0)
            n += i / (output.count + 1)
            i %= output.count + 1
            guard n <= 0x10_ffff else { return nil }
            output.insert(UInt32(n), at: i)
            i += 1
        }
        let scalars = output.compactMap(Unicode.Scalar.init)
        return scalars.count == output.count ? scalars : nil
    }

    /// How many bytes a label takes in Punycode, without `xn--`; nil on overflow.
    static func encodedCount(_ label: [Unicode.Scalar]) -> Int? {
        guard label.count <= 252 else { return nil }
        let basic = label.count { $0.isASCII }
        var (n, delta, bias, handled) = (128, 0, 72, basic)
        var count = basic + (basic > 0 ? 1 : 0)
        while handled < label.count {
            guard let next = label.map({ Int($0.value) }).filter({ $0 >= n }).min() else { return nil }
            delta += (next - n) * (handled + 1)
            n = next
            for scalar in label {
                if Int(scalar.value) < n { delta += 1 }
                guard Int(scalar.value) == n else { continue }
                var (q, k) = (delta, base)
                while true {
                    let t = threshold(k, bias)
                    count += 1
                    if q < t { break }
                    q = (q - t) / (base - t)
                    k += base
                }
                bias = adapt(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        return count
    }
}

/// U-labels (RFC 5891 §4.2, RFC 5892).
///
/// Deviation: the derived property of RFC 5892 §3 is taken from the general category of Swift's Unicode version, and
/// the rule for right-to-left labels (RFC 5893) is not applied.
enum InternationalLabel {
    static func isValid(_ label: [Unicode.Scalar]) -> Bool {
        guard let first = label.first, first != "-", label.last != "-" else { return false }
        if label.count > 3, label[2] == "-", label[3] == "-" { return false }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: break
        }
        return label.indices.allSatisfy { isAllowed(label, at: $0) }
    }

    /// One scalar in its context (RFC 5892 §2 and appendix A).
    private static func isAllowed(_ label: [Unicode.Scalar], at index: Int) -> Bool {
        let scalar = label[index]
        let before = index > 0 ? label[index - 1] : nil
        let after = index + 1 < label.count ? label[index + 1] : nil
        switch scalar.value {
        case 0x30...0x39, 0x61...0x7a, 0x2d: return true
        case 0...0x7f: return false
        // MIDDLE DOT: between two l.
        case 0xb7: return before == "l" && after == "l"
        // GREEK KERAIA: before a Greek letter.
        case 0x375:
            return after.map { (0x370...0x3ff).contains($0.value) || (0x1f00...0x1fff).contains($0.value) } ?? false
        // HEBREW GERESH, GERSHAYIM: after a Hebrew letter.
        case 0x5f3, 0x5f4: return before.map { (0x590...0x5ff).contains($0.value) } ?? false
        // KATAKANA MIDDLE DOT: with a Hiragana, Katakana or Han letter somewhere.
        case 0x30fb:
            return label.contains {
                (0x3041...0x3096).contains($0.value) || (0x309d...0x309f).contains($0.value)
                    || (0x30a1...0x30fa).contains($0.value) || (0x30fc...0x30ff).contains($0.value)
                    || (0x4e00...0x9fff).contains($0.value) || (0x3400...0x4dbf).contains($0.value)
                    || $0.value == 0x3005 || $0.value == 0x3007
            }
        // Arabic-Indic digits and extended ones do not mix.
        case 0x660...0x669: return !label.contains { (0x6f0...0x6f9).contains($0.value) }
        case 0x6f0...0x6f9: return !label.contains { (0x660...0x669).contains($0.value) }
        // ZERO WIDTH NON-JOINER and JOINER: after a virama.
        case 0x200c, 0x200d: return before?.properties.canonicalCombiningClass.rawValue == 9
        // Exceptions of §2.6.
        case 0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007: return true
        case 0x640, 0x7fa, 0x302e, 0x302f, 0x3031...0x3035, 0x303b: return false
        default: return isLetterDigit(scalar)
        }
    }

    private static func isLetterDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: break
        default: return false
        }
        // Unstable under case folding and compatibility mapping (§2.2): capital and full-width forms, ligatures.
        let text = String(scalar)
        return text == text.lowercased() && !(0xff00...0xffef).contains(scalar.value)
            && !(0xfb00...0xfb06).contains(scalar.value)
    }
}
