/// Every string that separates what this module hashes from all others.
///
/// A string never changes its meaning; a new meaning is a new string.
enum EventDomain {
    /// Begins what names how vectors are made of records.
    static let vectorRules = "vivian/records/index/v1"
}
