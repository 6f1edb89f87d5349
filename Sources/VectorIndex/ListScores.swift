internal import CVectorKernels

/// How far the lists of some supers are from a query, for choosing which are scanned.
///
/// The score of a list is its centroid's distance, for squared L2, else minus the cosine between them: the query's product
/// with the centroid times `CentroidTable.inverses`, over 2^14, rounded down, negated. The cosine, because what lies beside
/// a centroid may be nearer to the query than the centroid is, the more so the shorter it is: the distance found 0.936 of
/// real embeddings where the cosine found 0.955 in the same 62 lists. By Cauchy and Schwarz a product is at most the query's
/// length (below 2^13) times 2^30, so that a score is below 2^30.
///
/// Its memory is its own, from init to deinit.
@safe struct ListScores: ~Copyable {
    private let dots: UnsafeMutablePointer<Int32>
    private let scores: UnsafeMutablePointer<Int32>
    private let places: UnsafeMutablePointer<ListPlace>
    private let capacity: Int
    private(set) var count = 0

    /// Room for that many lists.
    init(capacity: Int) {
        self.capacity = capacity
        unsafe dots = .allocate(capacity: capacity)
        unsafe scores = .allocate(capacity: capacity)
        unsafe places = .allocate(capacity: capacity)
    }

    deinit {
        unsafe dots.deallocate()
        unsafe scores.deallocate()
        unsafe places.deallocate()
    }

    /// Appends all lists of a super, in their order: what `CentroidTable` holds of their centroids.
    mutating func append(
        _ query: [Int8], node: Int, rows: [Int8], norms: [Int32], inverses: [Int32], _ metric: Metric,
        _ kernels: Kernels
    ) {
        let more = norms.count
        precondition(count + more <= capacity && inverses.count == more && rows.count == more * query.count)
        // All of these hold `more` elements, and there is room for as many.
        unsafe kernels.dots(query, rows: rows.span, count: more, to: dots + count)
        unsafe (metric == .squaredL2 ? norms : inverses).withUnsafeBufferPointer { numbers in
            guard let numbers = numbers.baseAddress else { return }
            unsafe vector_list_scores(dots + count, numbers, more, metric == .squaredL2, scores + count)
        }
        for list in 0..<more { unsafe (places + count + list).initialize(to: ListPlace(node: node, list: list)) }
        count += more
    }

    /// The nearest, nearest first, of equal ones those that were appended earlier, and the query's products with their
    /// centroids.
    func nearest(_ limit: Int, _ kernels: Kernels) -> (places: [ListPlace], dots: [Int32]) {
        var nearest = Selection(kernels, capacity: min(limit, count))
        // As many scores as were appended.
        unsafe nearest.offer(Span(_unsafeStart: scores, count: count))
        let order = nearest.sorted()
        // Ordinals are below `count`.
        return (order.map { unsafe places[$0.ordinal] }, order.map { unsafe dots[$0.ordinal] })
    }
}
