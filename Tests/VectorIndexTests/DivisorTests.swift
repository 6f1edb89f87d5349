import TestSupport
import Testing

@testable import VectorIndex

/// Quotients by a product against the division.
struct DivisorTests {
    private static let squareMax: UInt64 = 1 << 52

    @Test func `a quotient is that of the division, at every multiple and beside it`() {
        var random = SeededGenerator(seed: 3)
        var divisors: [Int32] = [1, 2, 3, 5, 7, 127, 128, 129, 4_096 * 127 * 127, 1 << 26, (1 << 26) - 1]
        divisors += (0..<200).map { _ in Int32.random(in: 1...1 << 26, using: &random) }
        for divisor in divisors {
            let wide = UInt64(divisor)
            var dividends = [0, 1, wide - 1, wide, wide + 1, Self.squareMax, Self.squareMax - 1]
            for _ in 0..<50 {
                let multiple = UInt64.random(in: 1...Self.squareMax / wide, using: &random) * wide
                dividends += [multiple - 1, multiple, min(multiple + 1, Self.squareMax)]
                dividends.append(UInt64.random(in: 0...Self.squareMax, using: &random))
            }
            for dividend in dividends { #expect(Divisor(divisor).quotient(of: dividend) == dividend / wide) }
        }
    }

    @Test func `nothing is divided by zero`() { #expect(Divisor(0).quotient(of: 0) == 0) }
}
