/// A point of edwards25519 in extended coordinates (RFC 8032 §5.1.4), in plain arithmetic: for ``ZIP215`` only.
struct EdwardsPoint {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement
    var t: FieldElement

    static let neutral = EdwardsPoint(x: .zero, y: .one, z: .one, t: .zero)

    /// The base point: y = 4/5, x even.
    static let base: EdwardsPoint = {
        let y = FieldElement(4).multiplied(by: FieldElement(5).inverted)
        guard let point = EdwardsPoint(decoding: y.bytes) else { preconditionFailure("the base point is on the curve") }
        return point
    }()

    /// d = -121665/121666
    private static let d = FieldElement(121_665).negated.multiplied(by: FieldElement(121_666).inverted)
    private static let twoD = d.adding(d)
    /// 2^((p-1)/4), a square root of -1.
    private static let rootOfMinusOne = FieldElement(2).power(FieldElement.quarterExponent)

    init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    /// Decodes 32 bytes as ZIP-215 does: y is taken modulo p, and x = 0 may carry a sign.
    init?(decoding bytes: [UInt8]) {
        let isNegative = bytes[31] >> 7 == 1
        var masked = bytes
        masked[31] &= 0x7f
        let y = FieldElement(masked)
        let ySquared = y.squared
        let numerator = ySquared.subtracting(.one)
        let denominator = Self.d.multiplied(by: ySquared).adding(.one)
        // x = u v^3 (u v^7)^((p-5)/8)
        let v3 = denominator.squared.multiplied(by: denominator)
        let v7 = v3.squared.multiplied(by: denominator)
        var x = numerator.multiplied(by: v3).multiplied(
            by: numerator.multiplied(by: v7).power(FieldElement.rootExponent))
        let check = denominator.multiplied(by: x.squared)
        if check != numerator {
            guard check == numerator.negated else { return nil }
            x = x.multiplied(by: Self.rootOfMinusOne)
        }
        if x.isOdd != isNegative { x = x.negated }
        self.init(x: x, y: y, z: .one, t: x.multiplied(by: y))
    }

    var negated: EdwardsPoint { EdwardsPoint(x: x.negated, y: y, z: z, t: t.negated) }
    var isNeutral: Bool { x == .zero && y == z }

    /// RFC 8032 §5.1.4; complete, so it doubles as well.
    func adding(_ other: EdwardsPoint) -> EdwardsPoint {
        let a = y.subtracting(x).multiplied(by: other.y.subtracting(other.x))
        let b = y.adding(x).multiplied(by: other.y.adding(other.x))
        let c = t.multiplied(by: Self.twoD).multiplied(by: other.t)
        let d = z.adding(z).multiplied(by: other.z)
        let e = b.subtracting(a)
        let f = d.subtracting(c)
        let g = d.adding(c)
        let h = b.adding(a)
        return EdwardsPoint(
            x: e.multiplied(by: f), y: g.multiplied(by: h), z: f.multiplied(by: g), t: e.multiplied(by: h))
    }

    /// Multiplies by a scalar, 32 bytes little-endian. Not constant time: everything here is public.
    func multiplied(by scalar: [UInt8]) -> EdwardsPoint {
        var result = EdwardsPoint.neutral
        for bit in (0..<256).reversed() {
            result = result.adding(result)
            if scalar[bit / 8] >> UInt8(bit % 8) & 1 == 1 { result = result.adding(self) }
        }
        return result
    }
}

/// An integer modulo p = 2^255 - 19 in four 64-bit limbs, low one first, always below p.
struct FieldElement: Equatable {
    private var limbs: (UInt64, UInt64, UInt64, UInt64)

    static let zero = FieldElement(0)
    static let one = FieldElement(1)
    private static let p: [UInt64] = [0xffff_ffff_ffff_ffed, .max, .max, 0x7fff_ffff_ffff_ffff]
    /// (p - 5) / 8 and (p - 1) / 4, little-endian bytes.
    static let rootExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xfd) + [0x0f]
    static let quarterExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xfb) + [0x1f]
    private static let inverseExponent = [UInt8](repeating: 0xff, count: 31).withFirst(0xeb) + [0x7f]

    init(_ value: UInt64) { limbs = (value, 0, 0, 0) }

    /// 32 bytes, little-endian, taken modulo p.
    init(_ bytes: [UInt8]) {
        func limb(_ start: Int) -> UInt64 { bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(reducing: [limb(0), limb(8), limb(16), limb(24)])
    }

    /// Four limbs of a value below 2^256.
    private init(reducing words: [UInt64]) {
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
        let result = borrow == 0 ? difference : words
        limbs = (result[0], result[1], result[2], result[3])
    }

    private var words: [UInt64] { [limbs.0, limbs.1, limbs.2, limbs.3] }
    var isOdd: Bool { limbs.0 & 1 == 1 }

    var bytes: [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    static func == (left: FieldElement, right: FieldElement) -> Bool { left.limbs == right.limbs }

    func adding(_ other: FieldElement) -> FieldElement {
        var sum = [UInt64](repeating: 0, count: 4)
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
        var difference = [UInt64](repeating: 0, count: 4)
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
        var product = [UInt64](repeating: 0, count: 8)
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
        var folded = Array(product[..<4])
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
