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

    /// The curve's d = -121665/121666.
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

    /// Multiplies by a scalar, 32 bytes little-endian.
    ///
    /// Not constant time: everything here is public.
    func multiplied(by scalar: [UInt8]) -> EdwardsPoint {
        var result = EdwardsPoint.neutral
        for bit in (0..<256).reversed() {
            result = result.adding(result)
            if scalar[bit / 8] >> UInt8(bit % 8) & 1 == 1 { result = result.adding(self) }
        }
        return result
    }
}
