import Synchronization

/// Limits that all requests share.
final class SharedLimits: Sendable {
    let admission: Admission
    let policy: TokenBuckets.Policy
    private let buckets: Mutex<TokenBuckets>
    private let steadyClock: @Sendable () -> UInt64

    /// The clock counts nanoseconds and never goes back.
    init(
        admission: Admission.Limits = .init(), policy: TokenBuckets.Policy,
        steadyClock: @escaping @Sendable () -> UInt64
    ) {
        self.admission = Admission(admission)
        self.policy = policy
        buckets = Mutex(TokenBuckets(policy))
        self.steadyClock = steadyClock
    }

    /// Counts one request of a caller.
    func rate(of caller: String) -> TokenBuckets.Decision {
        let now = steadyClock()
        return buckets.withLock { $0.take(caller, at: now) }
    }

    /// The `RateLimit-Policy` field (draft-ietf-httpapi-ratelimit-headers-10): a quota for a window of seconds.
    var policyField: String {
        "\"default\";q=\(policy.burst);w=\((policy.burst + policy.perSecond - 1) / policy.perSecond)"
    }
}

extension TokenBuckets.Decision {
    /// The `RateLimit` field: what remains, and when more comes.
    var field: String { "\"default\";r=\(remaining);t=\(max(retryAfterSeconds, 1))" }
}
