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

    /// What every bucket holds at most, in nanoseconds' worth of tokens.
    private struct Quota {
        let capacity: UInt64
        let nanosecondsPerToken: UInt64
    }

    private struct Bucket {
        /// Nanoseconds' worth of tokens that are missing.
        var debt: UInt64 = 0
        var time: UInt64

        func remainingDebt(at now: UInt64) -> UInt64 {
            let passed = now > time ? now - time : 0
            return debt > passed ? debt - passed : 0
        }

        mutating func take(_ quota: Quota, at now: UInt64) -> Decision {
            debt = remainingDebt(at: now)
            time = now
            let isAllowed = debt + quota.nanosecondsPerToken <= quota.capacity
            if isAllowed { debt += quota.nanosecondsPerToken }
            let remaining = UInt32((quota.capacity - debt) / quota.nanosecondsPerToken)
            let wait = remaining > 0 ? 0 : debt + quota.nanosecondsPerToken - quota.capacity
            return Decision(
                isAllowed: isAllowed, remaining: remaining,
                retryAfterSeconds: UInt32((wait + 999_999_999) / 1_000_000_000))
        }
    }

    /// Callers that are told apart.
    static var callersMax: Int { 10_000 }

    let policy: Policy
    private let quota: Quota
    private var buckets: [Caller: Bucket] = [:]
    /// That of all callers beyond the bound.
    private var rest = Bucket(time: 0)

    init(_ policy: Policy) {
        precondition(policy.burst > 0 && policy.perSecond > 0, "a policy lets something through")
        self.policy = policy
        let nanosecondsPerToken = 1_000_000_000 / UInt64(policy.perSecond)
        quota = Quota(
            capacity: UInt64(policy.burst) * nanosecondsPerToken, nanosecondsPerToken: nanosecondsPerToken)
    }

    /// Takes a token, if there is one; `now` is a steady clock's, in nanoseconds.
    mutating func take(_ caller: Caller, at now: UInt64) -> Decision {
        let quota = quota
        // Looked for once: that is most of the work.
        if let place = buckets.index(forKey: caller) { return buckets.values[place].take(quota, at: now) }
        if buckets.count >= Self.callersMax {
            buckets = buckets.filter { $0.value.remainingDebt(at: now) > 0 }
            if buckets.count >= Self.callersMax { return rest.take(quota, at: now) }
        }
        var bucket = Bucket(time: now)
        let decision = bucket.take(quota, at: now)
        buckets[caller] = bucket
        return decision
    }
}
