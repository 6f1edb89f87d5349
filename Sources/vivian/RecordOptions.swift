import ArgumentParser
import Records

/// Options of `start` that say how records reach the ledger and how long they are recognised.
struct RecordOptions: ParsableArguments {
    @Option(
        help: "record: a leaf a record, the volume shows. batch: a leaf an interval, the volume does not show.")
    var anchorMode = "record"
    @Option(help: "Length of an interval in seconds (batch); \(IntervalPlan.secondsDefault) if left out.")
    var batchInterval: Int?
    @Option(help: "Entries of an interval's tree, a power of two (batch); \(IntervalPlan.sizeDefault) if left out.")
    var batchSize: Int?
    @Flag(help: "Anchor an interval of padding where nothing came (batch): idle times do not show either.")
    var batchCover = false
    @Option(help: "Days for which an event that is handed in again is recognised across yearly secrets.")
    var deduplicationDays = RecordIDPolicy.horizonDaysDefault

    /// Every problem is told at once.
    func validated() throws -> (AnchorPlan, RecordIDPolicy) {
        var problems: [String] = []
        var anchoring = AnchorPlan.record
        do {
            anchoring = try AnchorPlan(
                mode: anchorMode, seconds: batchInterval, size: batchSize, coversIdleTime: batchCover)
        } catch {
            problems += error.problems
        }
        let policy = RecordIDPolicy(horizonDays: deduplicationDays)
        if policy == nil {
            problems.append(
                "--deduplication-days is 1 to \(RecordIDPolicy.horizonDaysMax), not \(deduplicationDays)")
        }
        guard problems.isEmpty, let policy else { throw ValidationError(problems.joined(separator: "\n")) }
        return (anchoring, policy)
    }
}
