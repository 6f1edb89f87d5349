package import LedgerModel

/// Proposer-based timestamps (CometBFT spec/consensus/proposer-based-timestamp): how far a proposal's time may lie from the
/// receiver's clock.
package struct SynchronyParameters: Equatable, Sendable {
    /// How far the clocks of two correct validators lie apart, in nanoseconds.
    package var precision: UInt64
    /// How long a proposal travels in round 0, in nanoseconds.
    package var messageDelay: UInt64

    /// CometBFT's 505 ms: two clocks under NTP, and a leap second's smear.
    package static let precisionDefault: UInt64 = 505_000_000
    /// CometBFT's 15 s.
    package static let messageDelayDefault: UInt64 = 15_000_000_000
    /// CometBFT's cap: a day.
    package static let messageDelayMax: UInt64 = 86_400_000_000_000

    package init(precision: UInt64 = precisionDefault, messageDelay: UInt64 = messageDelayDefault) {
        self.precision = precision
        self.messageDelay = messageDelay
    }

    /// The delay allowed in a round: a tenth more each round, so that a bad setting cannot halt the ledger.
    ///
    /// By whole nanoseconds, where CometBFT has floating point: receivers need not agree on it.
    package func messageDelay(in round: Int32) -> UInt64 {
        var delay = min(messageDelay, Self.messageDelayMax)
        var passed: Int32 = 0
        while passed < round, delay < Self.messageDelayMax, delay >= 10 {
            delay = min(delay + delay / 10, Self.messageDelayMax)
            passed += 1
        }
        return delay
    }

    /// Whether a proposal came in time: received within [time - precision, time + delay + precision], bounds included.
    package func isTimely(_ time: Timestamp, receivedAt received: Timestamp, round: Int32) -> Bool {
        let age = received.nanoseconds(since: time)
        return -Int128(precision) <= age && age <= Int128(messageDelay(in: round)) + Int128(precision)
    }
}

/// The time that a proposer gives its block.
package enum ProposerTime {
    /// The least step of block times: a millisecond.
    package static let stepMin: UInt64 = 1_000_000
    /// How far a proposer's clock may run ahead of its peers' median: 10 s (D2).
    package static let leadMax: UInt64 = 10_000_000_000

    /// The clock's reading, or just after the last block where the clock is behind it: times rise strictly.
    package static func time(clock: Timestamp, after previous: Timestamp) -> Timestamp {
        let earliest = previous.advanced(byNanoseconds: stepMin)
        return clock < earliest ? earliest : clock
    }

    /// Whether a clock runs so far ahead of the others that its owner must not propose without its operator's word.
    ///
    /// The readings are of validators, its own among them, with their powers: the lower median by power counts, which less
    /// than a third that is wrong cannot move out of the right ones. Without readings nobody is ahead.
    package static func isTooFarAhead(_ clock: Timestamp, of readings: [(clock: Timestamp, power: Int64)]) -> Bool {
        let total = readings.reduce(Int128(0)) { $0 + Int128($1.power) }
        var sum: Int128 = 0
        for reading in readings.sorted(by: { $0.clock < $1.clock }) {
            sum += Int128(reading.power)
            if 2 * sum >= total { return clock.nanoseconds(since: reading.clock) > Int128(leadMax) }
        }
        return false
    }
}

extension Timestamp {
    /// So many nanoseconds later, or earlier where negative; nil where that is before 1970.
    func shifted(byNanoseconds distance: Int128) -> Timestamp? {
        let total = Int128(seconds) * 1_000_000_000 + Int128(nanoseconds) + distance
        return UInt64(exactly: total).map(Timestamp.init(nanosecondsSince1970:))
    }

    /// Nanoseconds from another moment to this one, negative where the other is later.
    func nanoseconds(since other: Timestamp) -> Int128 {
        (Int128(seconds) - Int128(other.seconds)) * 1_000_000_000 + Int128(nanoseconds) - Int128(other.nanoseconds)
    }
}
