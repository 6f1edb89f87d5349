/// How often each caller may ask: one token bucket a caller.
///
/// Time is handed in. A bucket that is full again is the same as none, so it is dropped; callers beyond the bound share
/// one bucket.
struct TokenBuckets: Sendable {
    struct Policy: Hashable, Sendable {
        /// Requests that may come at once.
        var burst: UInt32
        /// Requests a second in the long run.
        var perSecond: UInt32
    }

    struct Decision: Equatable, Sendable {
        var isAllowed: Bool
        /// Requests that may come now.
        var remaining: UInt32
        /// Seconds until one more may come; 0 where one may.
        var retryAfterSeconds: UInt32
    }

    private struct Bucket {
        /// Nanoseconds' worth of tokens that are missing.
        var debt: UInt64
        var time: UInt64
    }

    /// Callers that are told apart.
    static let callersMax = 10_000
    private static let overflow = ""

    let policy: Policy
    private var buckets: [String: Bucket] = [:]
    private let nanosecondsPerToken: UInt64

    init(_ policy: Policy) {
        precondition(policy.burst > 0 && policy.perSecond > 0, "a policy lets something through")
        self.policy = policy
        nanosecondsPerToken = 1_000_000_000 / UInt64(policy.perSecond)
    }

    /// Takes a token, if there is one; `now` is a steady clock's, in nanoseconds.
    mutating func take(_ caller: String, at now: UInt64) -> Decision {
        var name = caller
        if buckets[name] == nil, buckets.count >= Self.callersMax {
            buckets = buckets.filter { remainingDebt(of: $0.value, at: now) > 0 }
            if buckets.count >= Self.callersMax { name = Self.overflow }
        }
        let capacity = UInt64(policy.burst) * nanosecondsPerToken
        var debt = buckets[name].map { remainingDebt(of: $0, at: now) } ?? 0
        let isAllowed = debt + nanosecondsPerToken <= capacity
        if isAllowed { debt += nanosecondsPerToken }
        buckets[name] = debt == 0 ? nil : Bucket(debt: debt, time: now)
        let remaining = UInt32((capacity - debt) / nanosecondsPerToken)
        let wait = remaining > 0 ? 0 : debt + nanosecondsPerToken - capacity
        return Decision(
            isAllowed: isAllowed, remaining: remaining, retryAfterSeconds: UInt32((wait + 999_999_999) / 1_000_000_000))
    }

    private func remainingDebt(of bucket: Bucket, at now: UInt64) -> UInt64 {
        let passed = now > bucket.time ? now - bucket.time : 0
        return bucket.debt > passed ? bucket.debt - passed : 0
    }
}
