/// Every string that separates what this module hashes from all others.
///
/// A string never changes its meaning; a new meaning is a new string.
enum EmbeddingDomain {
    /// Begins a description, whose hash names the embedder.
    static let description = "vivian/embedding/text/v1"
}
