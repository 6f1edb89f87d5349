/// A number of few digits, `mantissa / 10^scale`, for comparisons that need no memory.
///
/// Numbers that do not fit are compared as ``ExactNumber``, to the same effect.
struct SmallNumber: Hashable, Sendable {
    var mantissa: Int64
    var scale: Int

    /// Digits that are read: ten to this power fits twice over.
    private static let digitCountMax = 17

    /// Reads a number that the JSON parser has checked; nil with an exponent or too many digits.
    init?(_ text: Span<UInt8>, _ start: Int, _ end: Int) {
        var index = start
        let isNegative = index < end && text[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        guard end - index <= Self.digitCountMax + 1 else { return nil }
        (mantissa, scale) = (0, 0)
        var isFraction = false
        while index < end {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit < 10 {
                mantissa = mantissa &* 10 &+ Int64(digit)
                if isFraction { scale += 1 }
            } else if text[index] == UInt8(ascii: ".") {
                isFraction = true
            } else {
                return nil
            }
            index += 1
        }
        if isNegative { mantissa = -mantissa }
    }

    /// This and another with one scale; nil where that overflows.
    private func aligned(_ other: SmallNumber) -> (Int64, Int64)? {
        var (one, two) = (self, other)
        while one.scale < two.scale {
            guard one.grow() else { return nil }
        }
        while two.scale < one.scale {
            guard two.grow() else { return nil }
        }
        return (one.mantissa, two.mantissa)
    }

    private mutating func grow() -> Bool {
        let (value, overflow) = mantissa.multipliedReportingOverflow(by: 10)
        (mantissa, scale) = (value, scale + 1)
        return !overflow
    }

    /// Whether a bound is kept, or nil where it is not known.
    func keeps(_ opcode: SchemaOpcode, _ bound: SmallNumber) -> Bool? {
        guard let (number, bound) = aligned(bound) else { return nil }
        return switch opcode {
        case .minimum: number >= bound
        case .maximum: number <= bound
        case .exclusiveMinimum: number > bound
        case .exclusiveMaximum: number < bound
        case .multipleOf: bound > 0 ? number % bound == 0 : nil
        default: nil
        }
    }
}
