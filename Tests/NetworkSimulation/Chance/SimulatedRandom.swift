import TestSupport

/// What chance brings to a simulation: one seed, one run.
struct SimulatedRandom: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678_9abc_def1)
    }

    mutating func next() -> UInt64 { generator.next() }

    /// Whether something happens that has a chance in a thousand.
    mutating func happens(_ perMille: Int) -> Bool {
        perMille > 0 && Int.random(in: 0..<1_000, using: &self) < perMille
    }

    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound == range.upperBound ? range.lowerBound : UInt64.random(in: range, using: &self)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// Virtual nanoseconds in a millisecond and in a second.
let millisecond: UInt64 = 1_000_000
let second: UInt64 = 1_000 * millisecond
