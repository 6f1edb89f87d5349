/// Every string that separates what this module hashes from all others.
///
/// A string never changes its meaning; a new meaning is a new string.
enum VectorDomain {
    /// Begins what a collection's root is the hash of.
    static let root = "vivian/vector/index/v1"
}
