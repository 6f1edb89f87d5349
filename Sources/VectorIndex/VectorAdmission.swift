extension CollectionParameters {
    /// A vector as the collection holds it: range and length checked, for cosine brought to the collection's length.
    ///
    /// For cosine with T = 2^scale the client's vector must be between T / 2 and 2T long. Each component becomes
    /// `|v| x T x 256 / n`, rounded half up, with the sign of v, where n is the integer square root of the squared length
    /// times 65,536; beyond 127 it is cut to 127. What comes out must be within a sixteenth of T.
    ///
    /// No overflow: a squared length is at most 4096 x 127^2 < 2^27, a product at most 127 x 2^12 x 2^8 < 2^27.
    ///
    /// - Throws: `dimension`, `component` or `norm`.
    package func admit(_ vector: [Int8]) throws(VectorFailure) -> [Int8] {
        guard vector.count == dimension else { throw .dimension(found: vector.count) }
        // Looked for once it is known to be there: the least of all is found many at a time.
        if vector.reduce(0, min) == -128, let index = vector.firstIndex(of: -128) { throw .component(index: index) }
        let squared = Self.squaredLength(vector)
        guard metric == .cosine else {
            guard squared <= normMax else { throw .norm(squared: squared) }
            return vector
        }
        let length = 1 << scale
        guard squared * 4 >= length * length, squared <= length * length * 4 else { throw .norm(squared: squared) }
        let root = Self.squareRoot(squared << 16)
        let scaled = vector.map { component -> Int8 in
            let magnitude = min(127, (2 * Int(component.magnitude) * length * 256 + root) / (2 * root))
            return Int8(component < 0 ? -magnitude : magnitude)
        }
        let result = Self.squaredLength(scaled)
        guard result * 256 >= length * length * 225, result * 256 <= length * length * 289 else {
            throw .norm(squared: squared)
        }
        return scaled
    }

    /// At most 4,096 x 128^2 = 2^26, so that nothing is lost.
    static func squaredLength(_ vector: [Int8]) -> Int { Int(vector.reduce(Int32(0)) { $0 &+ Int32($1) &* Int32($1) }) }

    /// The largest integer whose square is not above the value (0 to 2^60).
    static func squareRoot(_ value: Int) -> Int {
        var root = 0
        for bit in (0...30).reversed() {
            let next = root | 1 << bit
            if next * next <= value { root = next }
        }
        return root
    }
}
