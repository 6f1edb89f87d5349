/// A rate: so many units a second, and a second's worth at once.
///
/// Taking is never refused, it makes a debt, and the wait says how long nothing more may be taken. Time is handed in.
struct TokenBucket: Sendable {
    private let unitsPerSecond: UInt64
    /// Nanoseconds until the bucket is full again.
    private var debt: UInt64 = 0
    private var time: UInt64 = 0

    init(unitsPerSecond: Int) {
        precondition(unitsPerSecond > 0, "a rate lets something through")
        self.unitsPerSecond = UInt64(unitsPerSecond)
    }

    /// Takes units; nanoseconds until the debt is at most a second's worth again, 0 where it is.
    mutating func take(_ units: Int, at now: UInt64) -> UInt64 {
        let passed = now > time ? now - time : 0
        time = max(now, time)
        debt = debt > passed ? debt - passed : 0
        debt += UInt64(units) * Self.second / unitsPerSecond
        return debt > Self.second ? debt - Self.second : 0
    }

    private static let second: UInt64 = 1_000_000_000
}
