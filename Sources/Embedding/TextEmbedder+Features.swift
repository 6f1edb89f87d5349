extension TextEmbedder {
    /// Features of a set at most: what they add stays within the bounds that the head of `Embedding.swift` states.
    package static let featureCountMax = 4_096

    /// The vector of a set of named features, each compared as a whole: nothing of its spelling counts.
    ///
    /// Steps 4 and 5 with keys made of the features' bytes (step 3's hash, from another seed), and weights of the caller's.
    /// Sets share the direction of what they have in common: the cosine of two is about the sum of squared weights of the
    /// features in both, over the geometric mean of the sums of each; what they do not share adds some 0.05 either way.
    ///
    /// `features`: bytes and a weight of 1 to 15 each; a feature that occurs n times counts as step 4 says.
    /// - Throws: `noWords` where there is none, `tooManyWords` beyond ``featureCountMax``; `degenerate`.
    package func vector(
        ofFeatures features: [(bytes: [UInt8], weight: UInt64)]
    ) throws(EmbeddingFailure) -> [Int8] {
        guard !features.isEmpty else { throw .noWords }
        guard features.count <= Self.featureCountMax else { throw .tooManyWords(max: Self.featureCountMax) }
        var keys = features.map { bytes, weight in
            precondition((1...15).contains(weight))
            return key(ofFeature: bytes) | weight
        }
        keys.sort()
        return try vector(ofSums: sums(of: keys))
    }
}
