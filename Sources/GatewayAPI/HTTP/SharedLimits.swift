import HTTPTypes
import Synchronization

/// Limits that all requests share.
final class SharedLimits: Sendable {
    let admission: Admission
    let policy: RatePolicy
    let patience: Patience
    /// The `RateLimit-Policy` field (draft-ietf-httpapi-ratelimit-headers-10): a quota for a window of seconds.
    let policyField: HTTPField
    private let buckets: Mutex<TokenBuckets<Caller>>
    private let steadyClock: @Sendable () -> UInt64

    /// The clock counts nanoseconds and never goes back.
    init(
        admission: Admission.Limits = .init(), policy: RatePolicy, patience: Patience,
        steadyClock: @escaping @Sendable () -> UInt64
    ) {
        self.admission = Admission(admission)
        self.policy = policy
        self.patience = patience
        let seconds = (policy.burst + policy.perSecond - 1) / policy.perSecond
        policyField = HTTPField(name: .rateLimitPolicy, value: "\"default\";q=\(policy.burst);w=\(seconds)")
        buckets = Mutex(TokenBuckets(policy))
        self.steadyClock = steadyClock
    }

    /// Counts one request of a caller.
    func rate(of caller: Caller) -> RateDecision {
        let now = steadyClock()
        return buckets.withLock { $0.take(caller, at: now) }
    }
}

extension RateDecision {
    /// The `RateLimit` field: what remains, and when more comes.
    var field: String { "\"default\";r=" + String(remaining) + ";t=" + String(max(retryAfterSeconds, 1)) }
}
