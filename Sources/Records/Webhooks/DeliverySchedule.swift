import GatewayStore
import HTTPClientKit

/// When a message that did not arrive is sent again, and when no more: a pure function of the attempt.
///
/// The pauses are those that Standard Webhooks 1.0 recommends, 75.6 hours together. To each a random part of up to a
/// tenth is added, so that receivers which come back are not called by everybody at once.
package enum DeliverySchedule {
    /// Seconds before the second attempt, the third, and so on.
    package static let pausesSeconds: [UInt64] = [
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]
    /// A receiver's `Retry-After` is heeded up to a day.
    static let retryAfterSecondsMax: UInt64 = 86_400
    /// Attempts of one delivery.
    package static var attemptsMax: Int { pausesSeconds.count + 1 }

    /// What an attempt came to.
    enum Outcome: Equatable {
        case answered(status: Int, retryAfter: UInt64?)
        case failed(GuardedHTTPFailure)
        /// The stored secret does not open.
        case unsigned
    }

    /// What follows.
    ///
    /// `attempt`: from 1, the one that ended; `jitter`: 0 to 999, drawn by the caller; `now`: nanoseconds since 1970.
    static func result(_ outcome: Outcome, attempt: Int, now: UInt64, jitter: UInt64) -> DeliveryResult {
        var status: Int?
        var earliest: UInt64 = 0
        let reason: String
        switch outcome {
        case .answered(let code, _) where 200...299 ~= code:
            return DeliveryResult(next: .delivered, status: code, reason: "")
        case .answered(410, _):
            return DeliveryResult(next: .gone, status: 410, reason: "the receiver answered 410 Gone")
        case .answered(let code, let wish):
            status = code
            earliest = now + min(wish ?? 0, retryAfterSecondsMax) * 1_000_000_000
            reason = 300...399 ~= code ? "answered \(code); redirects are not followed" : "answered \(code)"
        case .failed(.refused(let refusal)): reason = refusal.rawValue
        case .failed(.timedOut): reason = "no answer in time"
        case .failed(.unreachable): reason = "not reachable, or TLS or HTTP failed"
        case .unsigned: reason = "the webhook's secret does not open; rotate it"
        }
        guard attempt < attemptsMax else { return DeliveryResult(next: .dead, status: status, reason: reason) }
        let pause = pausesSeconds[attempt - 1] * 1_000_000_000
        let time = max(now + pause + pause / 10_000 * min(jitter, 999), earliest)
        return DeliveryResult(next: .retry(at: time), status: status, reason: reason)
    }

    /// `Retry-After` in seconds from `now`, in nanoseconds since 1970: it says them, or when (RFC 9110 §10.2.3).
    ///
    /// A time that has passed is 0, which makes no pause longer; what is neither counts as none.
    static func retryAfter(_ field: String?, now: UInt64) -> UInt64? {
        guard let field else { return nil }
        if field.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) { return UInt64(field) }
        let seconds = now / 1_000_000_000
        return HTTPDate.seconds(field, now: seconds).map { UInt64(max($0 - Int64(clamping: seconds), 0)) }
    }
}
