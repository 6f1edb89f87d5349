import Cryptography
import GatewayStore

/// How accepted records become leaves of the ledger's log (`anchor.mode`, privacy.md).
package enum AnchorPlan: Equatable, Sendable {
    /// One leaf a record, at once: receipts that standard SCITT verifiers accept, and the volume shows.
    case record
    /// One leaf an interval, at fixed times: the volume does not show.
    case batch(IntervalPlan)

    /// Checks the options of an operator; every problem is told at once.
    ///
    /// `mode`: `record` or `batch`; the others belong to `batch` and are refused without it.
    package init(mode: String, seconds: Int?, size: Int?, coversIdleTime: Bool) throws(AnchorPlanFailure) {
        var problems: [String] = []
        var plan = IntervalPlan()
        if let seconds { plan.seconds = seconds }
        if let size { plan.size = size }
        plan.coversIdleTime = coversIdleTime
        if !["record", "batch"].contains(mode) { problems.append("--anchor-mode is record or batch, not \(mode)") }
        if mode == "record" {
            if seconds != nil { problems.append("--batch-interval goes with --anchor-mode batch") }
            if size != nil { problems.append("--batch-size goes with --anchor-mode batch") }
            if coversIdleTime { problems.append("--batch-cover goes with --anchor-mode batch") }
        }
        if !(1...IntervalPlan.secondsMax ~= plan.seconds) {
            problems.append("--batch-interval is 1 to \(IntervalPlan.secondsMax) seconds, not \(plan.seconds)")
        }
        if !(IntervalPlan.sizes ~= plan.size) || plan.size.nonzeroBitCount != 1 {
            problems.append(
                "--batch-size is a power of two from \(IntervalPlan.sizes.lowerBound) to "
                    + "\(IntervalPlan.sizes.upperBound), not \(plan.size)")
        }
        guard problems.isEmpty else { throw AnchorPlanFailure(problems: problems) }
        self = mode == "batch" ? .batch(plan) : .record
    }

    /// Nil where each record has a leaf of its own.
    package var intervals: IntervalPlan? { if case .batch(let plan) = self { plan } else { nil } }
}

/// What cannot be carried out in an operator's options, all of it.
package struct AnchorPlanFailure: Error, Equatable, CustomStringConvertible {
    package let problems: [String]
    package var description: String { problems.joined(separator: "\n") }
}

/// Length and size of intervals.
package struct IntervalPlan: Equatable, Sendable {
    /// Ten seconds: short enough that a person waits for a proof, long enough that an idle ledger stays small.
    package static let secondsDefault = 10
    /// An hour; who waits longer for a proof wants another tool.
    package static let secondsMax = 3_600
    /// 4,096 records: 400 a second at the default length, and a path of 12 hashes in each bundle.
    package static let sizeDefault = 4_096
    /// Below 16 there is little to hide in; above 16,384 making a path takes longer than fetching all else.
    package static let sizes = 16...16_384

    /// Length in seconds; intervals end at multiples of it since 1970, whatever came when.
    package var seconds = secondsDefault
    /// Entries of an interval's tree, records and padding together: a power of two.
    package var size = sizeDefault
    /// Whether an interval of padding alone is anchored where nothing came.
    package var coversIdleTime = false

    /// An interval with fresh random id and secret.
    func draw() -> NewInterval {
        NewInterval(rid: SecureRandom.bytes(32), secret: SecureRandom.bytes(32), size: size)
    }
}

/// When intervals end: at fixed times that tell nothing of what came.
///
/// At most one interval a turn, also after a pause: what waits goes on waiting.
struct IntervalSchedule {
    private let length: UInt64
    private var current: UInt64

    /// `now`: nanoseconds since 1970; the turn that is running does not count as ended.
    init(seconds: Int, now: UInt64) {
        length = UInt64(seconds) * 1_000_000_000
        current = now / length
    }

    /// How long until the running turn ends, in nanoseconds.
    func wait(at now: UInt64) -> UInt64 { length - now % length }

    /// Whether a turn has ended since it was last asked.
    ///
    /// A clock that was set back begins again from where it is.
    mutating func isDue(at now: UInt64) -> Bool {
        defer { current = now / length }
        return now / length > current
    }
}
