/// One generation of K_rid, the secret for record ids, as it may be shown: never the secret itself.
package struct RecordIDGeneration: Equatable, Sendable {
    /// From 1, without gaps.
    package let number: Int
    /// Nanoseconds since 1970; nil in a key file of an earlier version until the gateway has opened it.
    package var createdAt: UInt64?
    /// When it is due to be destroyed, nanoseconds since 1970; nil while it is the newest.
    package var endsAt: UInt64?
    /// When it was destroyed, nanoseconds since 1970.
    package var destroyedAt: UInt64?

    package init(number: Int, createdAt: UInt64?, endsAt: UInt64? = nil, destroyedAt: UInt64? = nil) {
        self.number = number
        self.createdAt = createdAt
        self.endsAt = endsAt
        self.destroyedAt = destroyedAt
    }
}

/// When generations of the secret for record ids begin and end (privacy.md): a new one every year; an old one is
/// destroyed once nobody needs it to recognise a record that is handed in again.
package struct RecordIDPolicy: Equatable, Sendable {
    static let day: UInt64 = 86_400_000_000_000
    /// A year: how long a stolen secret confirms guesses at what comes in.
    static let lifetime = 365 * day
    /// Days for which an event that is handed in again is recognised: a quarter, the longest that a partner's
    /// correction run or a re-sent archive is usually late.
    package static let horizonDaysDefault = 90
    /// Ten years; with a generation a year, eleven secrets at most are tried for a record.
    package static let horizonDaysMax = 3_650

    /// How long an old generation outlives its successor's beginning, in nanoseconds.
    package let horizon: UInt64

    /// Nil where the days are not 1 to ``horizonDaysMax``.
    package init?(horizonDays: Int) {
        guard 1...Self.horizonDaysMax ~= horizonDays else { return nil }
        horizon = UInt64(horizonDays) * Self.day
    }

    /// What is to be done to a key file.
    enum Step: Equatable {
        /// Note that a generation of unknown age begins now.
        case date(Int)
        /// Begin the next generation.
        case begin(Int)
        /// Note when an old generation ends.
        case end(Int, at: UInt64)
        case destroy(Int)
    }

    /// What is due, in order.
    ///
    /// `generations`: all of them, by rising number.
    /// `now`: nanoseconds since 1970.
    func due(_ generations: [RecordIDGeneration], at now: UInt64) -> [Step] {
        guard let newest = generations.last else { return [] }
        var steps: [Step] = []
        for (generation, next) in zip(generations, generations.dropFirst()) where generation.destroyedAt == nil {
            // A successor of unknown age is dated below, and this one's end follows the next time.
            guard let begun = next.createdAt else { continue }
            let end = Self.sum(begun, horizon)
            if now >= end {
                steps.append(.destroy(generation.number))
            } else if generation.endsAt != end {
                steps.append(.end(generation.number, at: end))
            }
        }
        guard let created = newest.createdAt else { return steps + [.date(newest.number)] }
        if now >= Self.sum(created, Self.lifetime) {
            steps += [.begin(newest.number + 1), .end(newest.number, at: Self.sum(now, horizon))]
        }
        return steps
    }

    /// The largest number where a damaged date would overflow.
    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}

extension RecordIDGeneration {
    /// How long after its time a step may be missing: the keeper looks every hour.
    private static let grace: UInt64 = RecordIDPolicy.day

    /// What is overdue by more than a day, and what to do about it; nil where all is well.
    package static func overdue(_ generations: [RecordIDGeneration], at now: UInt64) -> String? {
        let late = now > grace ? now - grace : 0
        if let old = generations.first(where: { $0.destroyedAt == nil && ($0.endsAt ?? .max) < late }) {
            return
                "generation \(old.number) of the secret for record ids should be destroyed by now; start the gateway, "
                + "which does it, and see its log"
        }
        if let created = generations.last?.createdAt, late > RecordIDPolicy.lifetime,
            created < late - RecordIDPolicy.lifetime
        {
            return "the secret for record ids is older than a year; start the gateway, which makes the next one"
        }
        return nil
    }
}
