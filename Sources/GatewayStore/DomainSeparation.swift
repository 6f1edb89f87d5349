/// Every string that separates what this module hashes for one purpose from all others; `LedgerModel` has those of the
/// modules above it.
///
/// A string never changes its meaning; a new meaning is a new string.
enum StoreDomain {
    /// Begins each link of the audit log's chain.
    static let audit = "vivian/gateway/audit/v1"
    /// Begins what an event's id is made of.
    static let event = "vivian/gateway/event/v1"
}
