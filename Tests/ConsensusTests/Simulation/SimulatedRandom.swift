import TestSupport

/// What chance brings to a simulation: one seed, one run.
struct SimulatedRandom: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678_9abc_def1)
    }

    mutating func next() -> UInt64 { generator.next() }

    /// Whether something happens that has a chance in a thousand.
    mutating func happens(_ perMille: Int) -> Bool { Int.random(in: 0..<1_000, using: &self) < perMille }
}
