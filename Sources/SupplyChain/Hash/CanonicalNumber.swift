/// Numbers of a pre-hash string: what stands for the nearest double without leading or trailing zeros and without `+`;
/// whole numbers in full, others as their shortest decimal (CBV 2.0 §8.9).
///
/// As in the reference program every value that reads as a number is one, also an identifier such as `007`. Infinities,
/// for which that program has no form, stay as they are.
enum CanonicalNumber {
    /// Appends the number; false, and nothing appended, where the value is none.
    static func append(_ value: ArraySlice<UInt8>, to bytes: inout UTF8Text) -> Bool {
        guard let form = Form(value) else { return false }
        if form.isShort {
            appendShort(value, form, to: &bytes)
            return true
        }
        let digits = value.filter { $0 != UInt8(ascii: "_") }
        guard let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else { return false }
        if number == number.rounded(.towardZero) {
            appendWhole(number, to: &bytes)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
        return true
    }

    /// The parts of a decimal number: sign, digits with single `_` between them, fraction, exponent.
    private struct Form {
        var isNegative = false
        var whole: Range<Int>
        var fraction: Range<Int>
        /// Whether the digits, without zeros at the ends, are the shortest decimal already: no exponent, no more than 15
        /// digits, not below 0.0001.
        var isShort = false

        init?(_ value: ArraySlice<UInt8>) {
            var index = value.startIndex
            if value[index] == UInt8(ascii: "+") || value[index] == UInt8(ascii: "-") {
                isNegative = value[index] == UInt8(ascii: "-")
                index += 1
            }
            var hasSeparators = false
            func digits() -> Range<Int>? {
                let start = index
                while index < value.endIndex {
                    if value[index] == UInt8(ascii: "_") {
                        guard index > start, value[index - 1].isDigit, index + 1 < value.endIndex,
                            value[index + 1].isDigit
                        else { return nil }
                        hasSeparators = true
                    } else if !value[index].isDigit {
                        break
                    }
                    index += 1
                }
                return start..<index
            }
            guard let whole = digits() else { return nil }
            self.whole = whole
            fraction = index..<index
            if index < value.endIndex, value[index] == UInt8(ascii: ".") {
                index += 1
                guard let found = digits() else { return nil }
                fraction = found
            }
            guard whole.count + fraction.count > 0 else { return nil }
            var hasExponent = false
            if index < value.endIndex, value[index] | 0x20 == UInt8(ascii: "e") {
                hasExponent = true
                index += 1
                if index < value.endIndex, value[index] == UInt8(ascii: "+") || value[index] == UInt8(ascii: "-") {
                    index += 1
                }
                guard let exponent = digits(), !exponent.isEmpty else { return nil }
            }
            guard index == value.endIndex else { return nil }
            if hasExponent || hasSeparators || whole.count + fraction.count > 15 { return }
            let isZero = value[whole].allSatisfy { $0 == UInt8(ascii: "0") }
            isShort =
                !isZero || value[fraction].prefix(4).contains { $0 != UInt8(ascii: "0") }
                || value[fraction].allSatisfy { $0 == UInt8(ascii: "0") }
        }
    }

    private static func appendShort(_ value: ArraySlice<UInt8>, _ form: Form, to bytes: inout UTF8Text) {
        let whole = value[form.whole].drop { $0 == UInt8(ascii: "0") }
        var fraction = value[form.fraction]
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        if whole.isEmpty && fraction.isEmpty {
            bytes.append(UInt8(ascii: "0"))
            return
        }
        if form.isNegative { bytes.append(UInt8(ascii: "-")) }
        if whole.isEmpty { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: whole)
        guard !fraction.isEmpty else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: fraction)
    }

    /// All digits of a whole number, exactly.
    private static func appendWhole(_ number: Double, to bytes: inout UTF8Text) {
        if let small = Int64(exactly: number) {
            bytes.append(contentsOf: String(small).utf8)
            return
        }
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        // Digits in base 10^9, the lowest first; the significand doubled as often as the exponent says.
        let significand = number.significandBitPattern | 1 << 52
        var digits = [significand % 1_000_000_000, significand / 1_000_000_000]
        for _ in 0..<(Int(number.exponent) - 52) {
            var carry: UInt64 = 0
            for index in digits.indices {
                let doubled = digits[index] * 2 + carry
                digits[index] = doubled % 1_000_000_000
                carry = doubled / 1_000_000_000
            }
            if carry > 0 { digits.append(carry) }
        }
        while digits.last == 0 { digits.removeLast() }
        for (place, part) in digits.reversed().enumerated() {
            let text = String(part)
            if place > 0 { bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 9 - text.utf8.count)) }
            bytes.append(contentsOf: text.utf8)
        }
    }
}
