/// When a peer is tried again: after a delay that doubles, drawn between its half and its whole so that a network that
/// starts at once does not knock at once.
struct Backoff: Hashable, Sendable {
    private(set) var attempts = 0

    /// Nanoseconds until the next attempt, after one that failed.
    mutating func failed(limits: PeerNetworkLimits, using random: inout some RandomNumberGenerator) -> UInt64 {
        let doubled = limits.backoffNanosecondsMin << min(attempts, Self.doublingsMax)
        let whole = UInt64(min(doubled, limits.backoffNanosecondsMax))
        attempts += 1
        return UInt64.random(in: whole / 2...whole, using: &random)
    }

    /// The peer was there for long enough to begin anew.
    mutating func succeeded() { attempts = 0 }

    private static let doublingsMax = 16
}
