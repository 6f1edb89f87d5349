import ArgumentParser
import Records

/// Options of `start` that say how records reach the ledger and how long they are recognised; what is left out is read
/// from `vivian.json`.
struct RecordOptions: ParsableArguments {
    @Option(
        help: "record: a leaf a record, the volume shows. batch: a leaf an interval, the volume does not show.")
    var anchorMode: String?
    @Option(help: "Length of an interval in seconds (batch); \(IntervalPlan.secondsDefault) if left out.")
    var batchInterval: Int?
    @Option(help: "Entries of an interval's tree, a power of two (batch); \(IntervalPlan.sizeDefault) if left out.")
    var batchSize: Int?
    @Flag(help: "Anchor an interval of padding where nothing came (batch): idle times do not show either.")
    var batchCover = false
    @Option(
        help: """
            Days for which an event that is handed in again is recognised across yearly secrets; \
            \(RecordIDPolicy.horizonDaysDefault) if left out.
            """)
    var deduplicationDays: Int?

    /// Every problem is told at once.
    func validated(beside settings: Configuration) throws -> (AnchorPlan, RecordIDPolicy) {
        var problems: [String] = []
        var anchoring = AnchorPlan.record
        // A mode on the command line is a new plan: what the file says of another mode does not count then.
        let isFiles = anchorMode == nil
        do {
            anchoring = try AnchorPlan(
                mode: anchorMode ?? settings.anchorMode,
                seconds: batchInterval ?? (isFiles ? settings.batchInterval : nil),
                size: batchSize ?? (isFiles ? settings.batchSize : nil),
                coversIdleTime: batchCover || isFiles && settings.batchCover)
        } catch {
            problems += error.problems
        }
        let days = deduplicationDays ?? settings.deduplicationDays
        let policy = RecordIDPolicy(horizonDays: days)
        if policy == nil {
            problems.append("--deduplication-days is 1 to \(RecordIDPolicy.horizonDaysMax), not \(days)")
        }
        guard problems.isEmpty, let policy else { throw ValidationError(problems.joined(separator: "\n")) }
        return (anchoring, policy)
    }
}
