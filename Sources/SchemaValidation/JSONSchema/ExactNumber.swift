/// A JSON number without loss: sign, decimal digits and a power of ten.
///
/// The value is `±0.d1d2d3... × 10^exponent` with neither leading nor trailing zero digits; zero has no digits.
struct ExactNumber: Hashable, Sendable {
    private(set) var isNegative = false
    /// Values 0 to 9.
    private(set) var digits: [UInt8] = []
    private(set) var exponent = 0

    /// Exponents beyond this are taken for this: no document tells them apart.
    private static let exponentMax = 1 << 40

    /// Reads a number that the JSON parser has checked.
    init(_ lexeme: some Sequence<UInt8>) {
        var iterator = lexeme.makeIterator()
        var byte = iterator.next()
        if byte == UInt8(ascii: "-") {
            isNegative = true
            byte = iterator.next()
        }
        var isFraction = false
        while let current = byte, current | 0x20 != UInt8(ascii: "e") {
            byte = iterator.next()
            guard current != UInt8(ascii: ".") else {
                isFraction = true
                continue
            }
            let digit = current - UInt8(ascii: "0")
            if digits.isEmpty, digit == 0 {
                if isFraction { exponent -= 1 }
                continue
            }
            digits.append(digit)
            if !isFraction { exponent += 1 }
        }
        if byte != nil { exponent += Self.exponent(&iterator) }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }

    private static func exponent(_ iterator: inout some IteratorProtocol<UInt8>) -> Int {
        var isNegative = false
        var value = 0
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default: value = min(value * 10 + Int(byte - UInt8(ascii: "0")), exponentMax)
            }
        }
        return isNegative ? -value : value
    }

    /// Whether there is no fraction: 1.0 and 1e3 are integers (JSON Schema 2020-12 Validation §6.1.1).
    var isInteger: Bool { digits.count <= exponent || digits.isEmpty }
    var isZero: Bool { digits.isEmpty }

    /// The value if it is an integer from 0 to 2^53.
    var count: Int? {
        guard isInteger, !isNegative, exponent <= 16 else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1) }
        return (digits.count..<max(exponent, digits.count)).reduce(value) { value, _ in value * 10 }
    }

    /// Whether this number is smaller than another.
    static func < (one: ExactNumber, other: ExactNumber) -> Bool {
        if one.isNegative != other.isNegative { return one.isNegative }
        return one.isNegative ? other.isSmallerInSize(than: one) : one.isSmallerInSize(than: other)
    }

    private func isSmallerInSize(than other: ExactNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    /// How many digits a divisor may have.
    static let divisorDigitsMax = 37

    /// Whether this is a whole multiple of a divisor with at most ``divisorDigitsMax`` digits.
    func isMultiple(of divisor: ExactNumber) -> Bool {
        guard !isZero else { return true }
        guard !divisor.isZero, divisor.digits.count <= Self.divisorDigitsMax else { return false }
        // Both as whole numbers times a power of ten; this one has no factor ten left in its digits.
        let shift = (exponent - digits.count) - (divisor.exponent - divisor.digits.count)
        guard shift >= 0 else { return false }
        let modulus = divisor.digits.reduce(UInt128(0)) { $0 * 10 + UInt128($1) }
        // Below 10^37, so ten times a remainder plus a digit fits 128 bits.
        var remainder = digits.reduce(UInt128(0)) { ($0 * 10 + UInt128($1)) % modulus }
        // A divisor below 10^37 holds the factors 2 and 5 at most 123 times: more tens than that change nothing.
        for _ in 0..<min(shift, 128) where remainder != 0 { remainder = remainder * 10 % modulus }
        return remainder == 0
    }
}
