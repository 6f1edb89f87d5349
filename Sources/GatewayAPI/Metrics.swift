import Synchronization

/// Counters and gauges in Prometheus' text exposition format 0.0.4.
package final class Metrics: Sendable {
    /// Every metric, so that a scrape shows it before it first moves: name, kind, meaning.
    static let catalogue: [(name: String, kind: String, help: String)] = [
        ("bundles", "counter", "Record bundles handed out."),
        ("captures", "counter", "Documents accepted."),
        ("captures_refused", "counter", "Documents refused."),
        ("consensus_round", "gauge", "Round of the height being decided: above 0, a proposal did not come in time."),
        ("event_streams", "gauge", "Event streams that are being read."),
        ("event_streams_dropped", "counter", "Event streams whose reader was too slow."),
        ("height", "gauge", "Height of the newest committed header."),
        ("http_requests", "counter", "Requests answered."),
        ("http_request_errors", "counter", "Requests answered with a status of 400 or above."),
        ("log_size", "gauge", "Leaves of the record log."),
        ("outbox_pending", "gauge", "Transactions on their way to the ledger."),
        ("peers", "gauge", "Nodes that are linked."),
        ("receipts", "counter", "Receipts handed out."),
        ("records_captured", "counter", "Records that were new."),
        ("requests_forbidden", "counter", "Requests whose credential lacks the scope."),
        ("requests_unauthenticated", "counter", "Requests without a credential that holds."),
        ("search_proofs", "counter", "Proofs of search handed out."),
        ("transactions_pending", "gauge", "Transactions that wait for a block."),
        ("validators", "gauge", "Validators of the height that is being decided."),
        ("validators_missing", "gauge", "Validators that are not heard."),
        ("webhook_attempts_failed", "counter", "Attempts of deliveries that failed, since the start."),
        ("webhook_deliveries", "counter", "Deliveries that arrived, since the start."),
        ("webhook_deliveries_dead", "gauge", "Deliveries that are given up and can be replayed."),
        ("webhook_deliveries_died", "counter", "Deliveries that were given up, since the start."),
        ("webhook_deliveries_pending", "gauge", "Deliveries that wait, for the first or another attempt."),
        ("webhook_events_missed", "counter", "Events that left the feed before a webhook got to them."),
    ]

    private let values = Mutex<[String: UInt64]>([:])
    /// What every request moves, without the lock.
    private let requests = Atomic<UInt64>(0)
    private let requestErrors = Atomic<UInt64>(0)

    package init() {}

    func count(_ name: String, by amount: Int = 1) { values.withLock { $0[name, default: 0] += UInt64(amount) } }

    /// Counts one answer.
    func answered(isError: Bool) {
        requests.wrappingAdd(1, ordering: .relaxed)
        if isError { requestErrors.wrappingAdd(1, ordering: .relaxed) }
    }

    func set(_ name: String, to value: UInt64) { values.withLock { $0[name] = value } }

    /// The text that `/metrics` answers.
    func exposition() -> String {
        var values = values.withLock { $0 }
        values["http_requests"] = requests.load(ordering: .relaxed)
        values["http_request_errors"] = requestErrors.load(ordering: .relaxed)
        return Self.catalogue.map { metric in
            let name = "vivian_\(metric.name)" + (metric.kind == "counter" ? "_total" : "")
            return """
                # HELP \(name) \(metric.help)
                # TYPE \(name) \(metric.kind)
                \(name) \(values[metric.name] ?? 0)

                """
        }.joined()
    }
}
