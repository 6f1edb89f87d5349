import LedgerModel
import TestSupport
import Testing

/// 256-bit amounts: checked arithmetic and one spelling.
struct AmountTests {
    static let maxText = "115792089237316195423570985008687907853269984665640564039457584007913129639935"

    @Test func `bytes are 32, big-endian, and read back`() throws {
        let amount = Amount(0x0102_0304_0506_0708)
        #expect(amount.bytes == [UInt8](repeating: 0, count: 24) + [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(Amount(amount.bytes) == amount)
        #expect(Amount.max.bytes == [UInt8](repeating: 0xff, count: 32))
    }

    @Test(arguments: [0, 1, 31, 33, 64]) func `other lengths are no amount`(_ count: Int) {
        #expect(Amount([UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func `what does not fit is nil, never wrapped`() throws {
        let one = Amount(1)
        #expect(Amount.max.adding(one) == nil)
        #expect(Amount.max.adding(.max) == nil)
        #expect(Amount.zero.subtracting(one) == nil)
        #expect(Amount(5).subtracting(Amount(6)) == nil)
        #expect(Amount.max.subtracting(.max) == .zero)
        #expect(Amount.max.adding(.zero) == .max)
    }

    @Test func `a carry goes through every word`() throws {
        for word in 0..<4 {
            var bytes = [UInt8](repeating: 0, count: 32)
            for index in (32 - 8 * (word + 1))..<32 { bytes[index] = 0xff }
            let full = try #require(Amount(bytes))
            guard word < 3 else { continue }
            let next = try #require(full.adding(Amount(1)))
            var wanted = [UInt8](repeating: 0, count: 32)
            wanted[31 - 8 * (word + 1)] = 1
            #expect(next.bytes == wanted)
            #expect(next.subtracting(Amount(1)) == full)
            #expect(full < next)
        }
    }

    @Test func `decimal text is the one spelling`() throws {
        #expect(Amount.max.description == Self.maxText)
        #expect(Amount(decimal: Self.maxText) == .max)
        #expect(Amount.zero.description == "0")
        #expect(Amount(decimal: "0") == .zero)
        #expect(Amount(decimal: "18446744073709551616")?.bytes[23] == 1)
    }

    @Test(arguments: [
        "", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "\u{0661}",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "1000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ]) func `other text is refused`(_ text: String) {
        #expect(Amount(decimal: text) == nil)
    }

    @Test func `text, order and arithmetic agree on random amounts`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let left = try #require(Amount(random.bytes(32)))
            let right = try #require(Amount(random.bytes(32)))
            #expect(Amount(decimal: left.description) == left)
            #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
            #expect((left.subtracting(right) == nil) == (left < right))
            if let sum = left.adding(right) {
                #expect(sum.subtracting(right) == left && sum.subtracting(left) == right)
            } else {
                // left + right >= 2^256 exactly where left > max - right.
                #expect(try #require(Amount.max.subtracting(right)) < left)
            }
        }
    }
}

extension SeededGenerator {
    /// Often with few high bytes, so that carries, zeros and overflows all come up.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let zeros = Int(next() % UInt64(count))
        return (0..<count).map { $0 < zeros ? 0 : UInt8(truncatingIfNeeded: next()) }
    }
}
