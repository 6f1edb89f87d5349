/// How often one caller may ask.
struct RatePolicy: Hashable, Sendable {
    /// Requests that may come at once.
    var burst: UInt32
    /// Requests a second in the long run.
    var perSecond: UInt32
}

/// What came of asking.
struct RateDecision: Equatable, Sendable {
    var isAllowed: Bool
    /// Requests that may come now.
    var remaining: UInt32
    /// Seconds until one more may come; 0 where one may.
    var retryAfterSeconds: UInt32
}

/// How often each caller may ask: one token bucket a caller.
///
/// Time is handed in. A bucket that is full again is the same as none, so it is dropped; callers beyond the bound share
/// one bucket.
struct TokenBuckets<Caller: Hashable & Sendable>: Sendable {
    typealias Policy = RatePolicy

    typealias Decision = RateDecision

    private struct Bucket {
        /// Nanoseconds' worth of tokens that are missing.
        var debt: UInt64
        var time: UInt64
    }

    /// Callers that are told apart.
    static var callersMax: Int { 10_000 }

    let policy: Policy
    /// Nil for all callers beyond the bound.
    private var buckets: [Caller?: Bucket] = [:]
    private let nanosecondsPerToken: UInt64

    init(_ policy: Policy) {
        precondition(policy.burst > 0 && policy.perSecond > 0, "a policy lets something through")
        self.policy = policy
        nanosecondsPerToken = 1_000_000_000 / UInt64(policy.perSecond)
    }

    /// Takes a token, if there is one; `now` is a steady clock's, in nanoseconds.
    mutating func take(_ caller: Caller, at now: UInt64) -> Decision {
        var name: Caller? = caller
        var known = buckets[name]
        if known == nil, buckets.count >= Self.callersMax {
            buckets = buckets.filter { remainingDebt(of: $0.value, at: now) > 0 }
            if buckets.count >= Self.callersMax {
                name = nil
                known = buckets[name]
            }
        }
        let capacity = UInt64(policy.burst) * nanosecondsPerToken
        var debt = known.map { remainingDebt(of: $0, at: now) } ?? 0
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
