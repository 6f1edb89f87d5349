import TestSupport

/// Damage to bytes that a seed repeats.
struct DamageSource: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    /// The bytes after one to four changes: a bit flipped, a byte set, removed, inserted or doubled, or an end cut off.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...Int.random(in: 0..<4, using: &self) {
            guard !result.isEmpty else { return result }
            let place = Int.random(in: 0..<result.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: result[place] = UInt8.random(in: .min ... .max, using: &self)
            case 2: result.remove(at: place)
            case 3: result.insert(UInt8.random(in: .min ... .max, using: &self), at: place)
            case 4: result.insert(contentsOf: result[place..<min(place + 8, result.count)], at: place)
            default: result.removeSubrange(place...)
            }
        }
        return result
    }

    /// Any bytes.
    mutating func bytes(countMax: Int) -> [UInt8] {
        (0..<Int.random(in: 0...countMax, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}
