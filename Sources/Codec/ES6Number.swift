/// Numbers as ECMAScript writes them (ECMA-262 `Number::toString`, RFC 8785 §3.2.2.3).
enum ES6Number {
    /// The text of a finite double.
    ///
    /// Swift's description has the same digits, the fewest that give the double back and of those the nearest; only
    /// where the point stands and when an exponent is used differ.
    static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.utf8.count
        // The value is 0.digits * 10^point.
        let point = exponent + count
        switch point {
        case count...21: return sign + digits + String(repeating: "0", count: point - count)
        case 1...21:
            return sign + String(digits.prefix(point)) + "." + String(digits.dropFirst(point))
        case -5...0: return sign + "0." + String(repeating: "0", count: -point) + digits
        default:
            let power = point - 1
            let mantissa = count == 1 ? digits : String(digits.prefix(1)) + "." + String(digits.dropFirst(1))
            return sign + mantissa + (power < 0 ? "e-" : "e+") + String(power.magnitude)
        }
    }

    /// The shortest digits of a positive double, without zeros at either end, and the power of ten of the last one.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        var digits: [UInt8] = []
        var exponent = 0
        var isFraction = false
        var exponentDigits: [UInt8]?
        for byte in value.description.utf8 {
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"): exponentDigits = []
            default:
                if exponentDigits != nil {
                    exponentDigits?.append(byte)
                } else {
                    digits.append(byte)
                    if isFraction { exponent -= 1 }
                }
            }
        }
        if let exponentDigits { exponent += Int(String(decoding: exponentDigits, as: UTF8.self)) ?? 0 }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        return (String(decoding: significant, as: UTF8.self), exponent)
    }
}
