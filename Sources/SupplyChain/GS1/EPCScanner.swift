/// A place in an EPC URI, with the character classes of its parts (Tag Data Standard §6.3).
struct EPCScanner {
    let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    enum Scheme: CaseIterable {
        case sgtin, sscc, sgln, grai, giai, gsrnp, gsrn, gdti, cpi, sgcn, ginc, gsin, itip, upui, pgln

        fileprivate static let all = allCases

        var head: StaticString {
            switch self {
            case .sgtin: "sgtin:"
            case .sscc: "sscc:"
            case .sgln: "sgln:"
            case .grai: "grai:"
            case .giai: "giai:"
            case .gsrnp: "gsrnp:"
            case .gsrn: "gsrn:"
            case .gdti: "gdti:"
            case .cpi: "cpi:"
            case .sgcn: "sgcn:"
            case .ginc: "ginc:"
            case .gsin: "gsin:"
            case .itip: "itip:"
            case .upui: "upui:"
            case .pgln: "pgln:"
            }
        }
    }

    var isAtEnd: Bool { index == bytes.endIndex }

    func isNext(_ byte: UInt8) -> Bool { index < bytes.endIndex && bytes[index] == byte }

    /// Goes past a literal if it stands here.
    mutating func skip(_ text: StaticString) -> Bool {
        guard bytes.holds(text, at: index) else { return false }
        index += text.utf8CodeUnitCount
        return true
    }

    /// Goes past a literal if it is all that is left.
    mutating func skipsLast(_ text: StaticString) -> Bool {
        bytes.endIndex - index == text.utf8CodeUnitCount && skip(text)
    }

    mutating func scheme() -> Scheme? {
        for scheme in Scheme.all where skip(scheme.head) { return scheme }
        return nil
    }

    /// 6 to 12 digits and a dot.
    mutating func company() -> Range<Int>? {
        let start = index
        while index < bytes.endIndex, bytes[index].isDigit { index += 1 }
        let company = start..<index
        guard (6...12).contains(company.count), skip(".") else { return nil }
        return company
    }

    /// A company and the reference that fills it up to a number of digits.
    mutating func companyAndReference(_ total: Int) -> (company: Range<Int>, reference: Range<Int>)? {
        guard let company = company() else { return nil }
        let start = index
        let end = start + total - company.count
        guard end <= bytes.endIndex, bytes[start..<end].allSatisfy(\.isDigit) else { return nil }
        index = end
        return (company, start..<end)
    }

    /// That many digits.
    mutating func digits(_ counts: ClosedRange<Int>, to target: inout UTF8Text) -> Bool {
        let start = index
        while index < bytes.endIndex, bytes[index].isDigit, index - start < counts.upperBound { index += 1 }
        target.append(contentsOf: bytes[start..<index])
        return index - start >= counts.lowerBound
    }

    /// A serial of 1 to so many characters up to the end, escaped as Digital Links want it (GS1 Digital Link §7).
    ///
    /// With `droppingFirst` the first character, which counts, is left out.
    mutating func serial(_ countMax: Int, droppingFirst: Bool = false, to target: inout UTF8Text) -> Bool {
        var count = 0
        while index < bytes.endIndex {
            let byte = bytes[index]
            let length = byte == UInt8(ascii: "%") ? 3 : 1
            guard length == 1 ? Self.isSerialCharacter(byte) : isEscape(Self.isSerialEscape), count < countMax else {
                return false
            }
            if count > 0 || !droppingFirst {
                Self.appendEscaped(bytes[index..<index + length], to: &target)
            } else if length == 3 {
                target.append(contentsOf: bytes[index + 1..<index + 3])
            }
            index += length
            count += 1
        }
        return count > 0
    }

    /// A component or part reference of 1 to so many characters up to a dot.
    mutating func part(_ countMax: Int, to target: inout UTF8Text) -> Bool {
        var count = 0
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: ".") {
            let byte = bytes[index]
            let length = byte == UInt8(ascii: "%") ? 3 : 1
            let isInClass =
                length == 3
                ? isEscape(Self.isPartEscape)
                : byte.isDigit || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") || byte == UInt8(ascii: "-")
            guard isInClass, count < countMax else { return false }
            target.append(contentsOf: bytes[index..<index + length])
            index += length
            count += 1
        }
        return count > 0
    }

    private func isEscape(_ isMember: (UInt8, UInt8) -> Bool) -> Bool {
        index + 2 < bytes.endIndex && isMember(bytes[index + 1], bytes[index + 2])
    }

    /// Whether this is one of `[!')(*+,.0-9:;=A-Za-z_-]`.
    private static func isSerialCharacter(_ byte: UInt8) -> Bool {
        if byte.isDigit || byte.isASCIILetter { return true }
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
            UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "_"):
            return true
        default: return false
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        byte.isDigit || (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "f")
    }

    /// Whether this is one of `%2[125-9A-Fa-f]`, `%3[0-9A-Fa-f]`, `%4[1-9A-Fa-f]`, `%5[0-9AaFf]`, `%6[1-9A-Fa-f]` and
    /// `%7[0-9Aa]`.
    private static func isSerialEscape(_ high: UInt8, _ low: UInt8) -> Bool {
        guard isHex(low) else { return false }
        let lower = low | 0x20
        switch high {
        case UInt8(ascii: "2"): return low != UInt8(ascii: "0") && low != UInt8(ascii: "3") && low != UInt8(ascii: "4")
        case UInt8(ascii: "3"): return true
        case UInt8(ascii: "4"), UInt8(ascii: "6"): return low != UInt8(ascii: "0")
        case UInt8(ascii: "5"): return low.isDigit || lower == UInt8(ascii: "a") || lower == UInt8(ascii: "f")
        case UInt8(ascii: "7"): return low.isDigit || lower == UInt8(ascii: "a")
        default: return false
        }
    }

    /// Whether this is one of `%2[3dfDF]`, `%3[0-9]`, `%4[1-9A-Fa-f]` and `%5[0-9Aa]`.
    private static func isPartEscape(_ high: UInt8, _ low: UInt8) -> Bool {
        guard isHex(low) else { return false }
        let lower = low | 0x20
        switch high {
        case UInt8(ascii: "2"):
            return low == UInt8(ascii: "3") || lower == UInt8(ascii: "d") || lower == UInt8(ascii: "f")
        case UInt8(ascii: "3"): return low.isDigit
        case UInt8(ascii: "4"): return low != UInt8(ascii: "0")
        case UInt8(ascii: "5"): return low.isDigit || lower == UInt8(ascii: "a")
        default: return false
        }
    }

    /// Characters that Digital Links escape and EPC URIs do not.
    private static func appendEscaped(_ character: ArraySlice<UInt8>, to target: inout UTF8Text) {
        switch character.first {
        case UInt8(ascii: "!"): target.append("%21")
        case UInt8(ascii: "("): target.append("%28")
        case UInt8(ascii: ")"): target.append("%29")
        case UInt8(ascii: "*"): target.append("%2A")
        case UInt8(ascii: "+"): target.append("%2B")
        case UInt8(ascii: ","): target.append("%2C")
        case UInt8(ascii: ":"): target.append("%3A")
        default: target.append(contentsOf: character)
        }
    }
}
