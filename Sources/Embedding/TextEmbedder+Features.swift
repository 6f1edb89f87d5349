extension TextEmbedder {
    /// Features of a set at most: what they add stays within the bounds that the head of `Embedding.swift` states.
    package static let featureCountMax = 4_096

    /// The vector of a set of named features, each compared as a whole: nothing of its spelling counts.
    ///
    /// Steps 4 and 5 with keys of the features' bytes (step 3's hash, from another seed). A key does not hold the weight, so a
    /// feature has the same places whatever it weighs: what two sets share points the same way in both.
    /// The cosine of two is about the sum, over shared features, of the products of their weights, over the geometric mean of the
    /// sums of squared weights of each; what they do not share adds some 0.05 either way.
    ///
    /// `features`: bytes and a weight of 1 to 15 each; one that stands there twice counts twice.
    /// - Throws: `noWords` where there is none, `tooManyWords` beyond ``featureCountMax``; `degenerate`.
    package func vector(ofFeatures features: [(bytes: [UInt8], weight: UInt64)]) throws(EmbeddingFailure) -> [Int8] {
        guard !features.isEmpty else { throw .noWords }
        guard features.count <= Self.featureCountMax else { throw .tooManyWords(max: Self.featureCountMax) }
        var sums = [Int64](repeating: 0, count: dimension)
        for (bytes, weight) in features {
            precondition((1...15).contains(weight))
            add(Int64(weight) * 256, of: key(ofFeature: bytes), to: &sums)
        }
        return try vector(ofSums: sums)
    }
}
