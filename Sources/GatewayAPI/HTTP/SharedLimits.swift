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
    private static let begin = Array("\"default\";r=".utf8)
    private static let middle = Array(";t=".utf8)
    private static let byteCountMax = 48

    /// The `RateLimit` field: what remains, and when more comes.
    var field: String {
        // Written for every request: one buffer, where adding strings would make several.
        var text: [UInt8] = []
        text.reserveCapacity(Self.byteCountMax)
        text += Self.begin
        Self.append(remaining, to: &text)
        text += Self.middle
        Self.append(max(retryAfterSeconds, 1), to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ number: UInt32, to text: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &text) }
        text.append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
