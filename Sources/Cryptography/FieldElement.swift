/// An integer modulo p = 2^255 - 19 in four 64-bit limbs, low one first, always below p.
struct FieldElement: Equatable {
    private typealias Limbs = InlineArray<4, UInt64>
    private let words: Limbs

    static let zero = FieldElement(0)
    static let one = FieldElement(1)
    private static let p: Limbs = [0xffff_ffff_ffff_ffed, .max, .max, 0x7fff_ffff_ffff_ffff]
    /// (p - 5) / 8, (p - 1) / 4 and p - 2, little-endian bytes.
    static let rootExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xfd) + [0x0f]
    static let quarterExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xfb) + [0x1f]
    private static let inverseExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xeb) + [0x7f]

    init(_ value: UInt64) { words = [value, 0, 0, 0] }

    /// 32 bytes, little-endian, taken modulo p.
    init(_ bytes: [UInt8]) {
        func limb(_ start: Int) -> UInt64 { bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(reducing: [limb(0), limb(8), limb(16), limb(24)])
    }

    /// Four limbs of a value below 2^256.
    private init(reducing words: Limbs) {
        var words = words
        // 2^255 = 19 (mod p): fold the top bit, then subtract p at most once.
        let top = words[3] >> 63
        words[3] &= 0x7fff_ffff_ffff_ffff
        var carry = top * 19
        for index in 0..<4 {
            let (sum, overflow) = words[index].addingReportingOverflow(carry)
            words[index] = sum
            carry = overflow ? 1 : 0
        }
        var difference = words
        var borrow: UInt64 = 0
        for index in 0..<4 {
            let (first, one) = words[index].subtractingReportingOverflow(Self.p[index])
            let (second, two) = first.subtractingReportingOverflow(borrow)
            difference[index] = second
            borrow = one || two ? 1 : 0
        }
        self.words = borrow == 0 ? difference : words
    }

    var isOdd: Bool { words[0] & 1 == 1 }

    var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(8 * ($0 % 8))) }
    }

    static func == (left: FieldElement, right: FieldElement) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
            && left.words[3] == right.words[3]
    }

    func adding(_ other: FieldElement) -> FieldElement {
        var sum = Limbs(repeating: 0)
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (first, one) = words[index].addingReportingOverflow(other.words[index])
            let (second, two) = first.addingReportingOverflow(carry)
            sum[index] = second
            carry = one || two ? 1 : 0
        }
        return FieldElement(reducing: sum)
    }

    var negated: FieldElement {
        if self == .zero { return self }
        var difference = Limbs(repeating: 0)
        var borrow: UInt64 = 0
        for index in 0..<4 {
            let (first, one) = Self.p[index].subtractingReportingOverflow(words[index])
            let (second, two) = first.subtractingReportingOverflow(borrow)
            difference[index] = second
            borrow = one || two ? 1 : 0
        }
        return FieldElement(reducing: difference)
    }

    func subtracting(_ other: FieldElement) -> FieldElement { adding(other.negated) }

    func multiplied(by other: FieldElement) -> FieldElement {
        let (left, right) = (words, other.words)
        var product = InlineArray<8, UInt64>(repeating: 0)
        for i in 0..<4 {
            var carry: UInt64 = 0
            for j in 0..<4 {
                let (high, low) = left[i].multipliedFullWidth(by: right[j])
                let (first, one) = product[i + j].addingReportingOverflow(low)
                let (second, two) = first.addingReportingOverflow(carry)
                product[i + j] = second
                carry = high &+ (one ? 1 : 0) &+ (two ? 1 : 0)
            }
            product[i + 4] = carry
        }
        // 2^256 = 38 (mod p): fold the upper half twice.
        var folded: Limbs = [product[0], product[1], product[2], product[3]]
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (high, low) = product[index + 4].multipliedFullWidth(by: 38)
            let (first, one) = folded[index].addingReportingOverflow(low)
            let (second, two) = first.addingReportingOverflow(carry)
            folded[index] = second
            carry = high &+ (one ? 1 : 0) &+ (two ? 1 : 0)
        }
        var extra = carry * 38
        while extra != 0 {
            var rest = extra
            extra = 0
            for index in 0..<4 {
                let (sum, overflow) = folded[index].addingReportingOverflow(rest)
                folded[index] = sum
                rest = overflow ? 1 : 0
            }
            if rest == 1 { extra = 38 }
        }
        return FieldElement(reducing: folded)
    }

    var squared: FieldElement { multiplied(by: self) }

    /// Raises to an exponent, 32 bytes little-endian.
    func power(_ exponent: [UInt8]) -> FieldElement {
        var result = FieldElement.one
        for bit in (0..<256).reversed() {
            result = result.squared
            if exponent[bit / 8] >> UInt8(bit % 8) & 1 == 1 { result = result.multiplied(by: self) }
        }
        return result
    }

    var inverted: FieldElement { power(Self.inverseExponent) }
}

extension [UInt8] {
    /// The same bytes with another first one.
    fileprivate func withFirst(_ byte: UInt8) -> [UInt8] { [byte] + dropFirst() }
}
