/// A number of the smallest units of a token: 0 to 2^256 - 1, in every format 32 bytes, big-endian.
///
/// Arithmetic is checked: what does not fit is nil, never wrapped.
package struct Amount: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let byteCount = 32
    package static let zero = Amount(0)
    package static let max = Amount(words: (.max, .max, .max, .max))

    /// The highest word first.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    package init(_ value: UInt64) { words = (0, 0, 0, value) }

    /// 32 bytes, or nil.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ index: Int) -> UInt64 { bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(1), word(2), word(3))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        func append(_ word: UInt64) {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        append(words.0)
        append(words.1)
        append(words.2)
        append(words.3)
        return bytes
    }

    /// The sum, or nil above 2^256 - 1.
    package func adding(_ other: Amount) -> Amount? {
        let (three, carry3) = Self.add(words.3, other.words.3, carry: false)
        let (two, carry2) = Self.add(words.2, other.words.2, carry: carry3)
        let (one, carry1) = Self.add(words.1, other.words.1, carry: carry2)
        let (zero, carry0) = Self.add(words.0, other.words.0, carry: carry1)
        return carry0 ? nil : Amount(words: (zero, one, two, three))
    }

    /// The difference, or nil below 0.
    package func subtracting(_ other: Amount) -> Amount? {
        let (three, borrow3) = Self.subtract(words.3, other.words.3, borrow: false)
        let (two, borrow2) = Self.subtract(words.2, other.words.2, borrow: borrow3)
        let (one, borrow1) = Self.subtract(words.1, other.words.1, borrow: borrow2)
        let (zero, borrow0) = Self.subtract(words.0, other.words.0, borrow: borrow1)
        return borrow0 ? nil : Amount(words: (zero, one, two, three))
    }

    /// The amount in 128 bits; the largest number where it does not fit.
    package var clamped: UInt128 { words.0 | words.1 == 0 ? UInt128(words.2) << 64 | UInt128(words.3) : .max }

    package static func < (left: Amount, right: Amount) -> Bool {
        if left.words.0 != right.words.0 { return left.words.0 < right.words.0 }
        if left.words.1 != right.words.1 { return left.words.1 < right.words.1 }
        if left.words.2 != right.words.2 { return left.words.2 < right.words.2 }
        return left.words.3 < right.words.3
    }

    package static func == (left: Amount, right: Amount) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }

    private static func add(_ left: UInt64, _ right: UInt64, carry: Bool) -> (UInt64, Bool) {
        let (sum, overflow) = left.addingReportingOverflow(right)
        let (total, overflowToo) = sum.addingReportingOverflow(carry ? 1 : 0)
        return (total, overflow || overflowToo)
    }

    private static func subtract(_ left: UInt64, _ right: UInt64, borrow: Bool) -> (UInt64, Bool) {
        let (rest, overflow) = left.subtractingReportingOverflow(right)
        let (total, overflowToo) = rest.subtractingReportingOverflow(borrow ? 1 : 0)
        return (total, overflow || overflowToo)
    }
}

extension Amount {
    /// Digits of 2^256 - 1.
    package static let digitCountMax = 78

    /// Decimal text without sign or leading zeros.
    package var description: String {
        var rest = words
        var digits: [UInt8] = []
        repeat {
            let (zero, remainder0) = rest.0.quotientAndRemainder(dividingBy: 10)
            let (one, remainder1) = UInt64(10).dividingFullWidth((remainder0, rest.1))
            let (two, remainder2) = UInt64(10).dividingFullWidth((remainder1, rest.2))
            let (three, digit) = UInt64(10).dividingFullWidth((remainder2, rest.3))
            rest = (zero, one, two, three)
            digits.append(UInt8(ascii: "0") + UInt8(digit))
        } while rest != (0, 0, 0, 0)
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// Reads decimal text in its one spelling: digits alone, no leading zero but in "0" itself.
    package init?(decimal text: String) {
        let digits = Array(text.utf8)
        guard 1...Self.digitCountMax ~= digits.count, digits.count == 1 || digits[0] != UInt8(ascii: "0") else {
            return nil
        }
        var amount = Amount.zero
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit, let tenfold = amount.timesTen,
                let next = tenfold.adding(Amount(UInt64(digit - UInt8(ascii: "0"))))
            else { return nil }
            amount = next
        }
        self = amount
    }

    private var timesTen: Amount? {
        guard let two = adding(self), let four = two.adding(two), let eight = four.adding(four) else { return nil }
        return eight.adding(two)
    }
}

/// The token that fees are paid in.
package enum NativeDenom {
    /// The name of its smallest unit, as it stands in keys of store `bank`.
    package static let name = "viv"
}
