/// Cuts rows in two, in integers.
///
/// Seeds are the lexicographically smallest row (as signed bytes) and the row farthest from it (of equal ones the one with
/// the lowest id). Each step gives every row to the nearer mean (the first, if equally near) and moves each mean to the
/// mean of its rows, rounded half away from zero. The last sides are those of the means as centroids of four bits. If one
/// side is smaller than a `lopsidedPart` of all, rows are ordered by (distance to the first - distance to the second, id)
/// and cut in the middle, and the centroids are those of the halves.
///
/// No overflow: a sum of 192 components fits 16 bits and more than that is never cut; distances are below 2^28.
struct TwoMeans {
    private(set) var centroids: [Centroid] = []
    /// Whether a row is in the second half.
    private(set) var isSecond: [Bool] = []
    /// Distances that were computed.
    private(set) var distances = 0

    init(rows: [Int8], ids: [UInt64], dimension: Int, kernels: Kernels) {
        let count = ids.count
        isSecond = [Bool](repeating: false, count: count)
        let first = Self.smallest(rows, ids, dimension)
        var norms: [Int32] = []
        for row in 0..<count {
            let vector = Array(rows[row * dimension..<(row + 1) * dimension])
            norms.append(Int32(CollectionParameters.squaredLength(vector)))
        }
        var means = [Array(rows[first * dimension..<(first + 1) * dimension])]
        let dots = Self.dots(means[0], rows, count, kernels)
        distances += count
        var second = 0
        var farthest = Int32.min
        for row in 0..<count {
            let distance = norms[row] - 2 * dots[row]
            if distance > farthest || distance == farthest && ids[row] < ids[second] {
                farthest = distance
                second = row
            }
        }
        means.append(Array(rows[second * dimension..<(second + 1) * dimension]))
        for _ in 0..<IndexRules.meansSteps {
            let margins = margins(means, rows, count, kernels)
            for row in 0..<count { isSecond[row] = margins[row] > 0 }
            let next = Self.means(rows.span, isSecond, dimension, kernels)
            if let mean = next.0 { means[0] = mean }
            if let mean = next.1 { means[1] = mean }
        }
        centroids = means.map { Centroid(nearest: $0) }
        let margins = margins(centroids.map(\.row), rows, count, kernels)
        for row in 0..<count { isSecond[row] = margins[row] > 0 }
        let size = isSecond.count { $0 }
        if min(size, count - size) * IndexRules.lopsidedPart < count { cut(margins, rows, ids, dimension, kernels) }
    }

    private mutating func cut(_ margins: [Int32], _ rows: [Int8], _ ids: [UInt64], _ dimension: Int, _ kernels: Kernels)
    {
        let order = ids.indices.sorted { (margins[$0], ids[$0]) < (margins[$1], ids[$1]) }
        for (rank, row) in order.enumerated() { isSecond[row] = rank >= ids.count / 2 }
        let means = Self.means(rows.span, isSecond, dimension, kernels)
        if let mean = means.0 { centroids[0] = Centroid(nearest: mean) }
        if let mean = means.1 { centroids[1] = Centroid(nearest: mean) }
    }

    /// Distance to the first less distance to the second.
    private mutating func margins(_ means: [[Int8]], _ rows: [Int8], _ count: Int, _ kernels: Kernels) -> [Int32] {
        let norms = means.map { Int32(CollectionParameters.squaredLength($0)) }
        let first = Self.dots(means[0], rows, count, kernels)
        let second = Self.dots(means[1], rows, count, kernels)
        distances += 2 * count
        return (0..<count).map { norms[0] - norms[1] - 2 * first[$0] + 2 * second[$0] }
    }

    private static func dots(_ vector: [Int8], _ rows: [Int8], _ count: Int, _ kernels: Kernels) -> [Int32] {
        var dots: [Int32] = []
        kernels.dots(vector, rows: rows, count: count, into: &dots)
        return dots
    }

    private static func smallest(_ rows: [Int8], _ ids: [UInt64], _ dimension: Int) -> Int {
        var best = 0
        for row in 1..<max(1, ids.count) {
            for index in 0..<dimension {
                let value = rows[row * dimension + index]
                let other = rows[best * dimension + index]
                if value != other {
                    if value < other { best = row }
                    break
                }
            }
        }
        return best
    }

    /// The means of both sides; nil for an empty one.
    static func means(
        _ rows: Span<Int8>, _ isSecond: [Bool], _ dimension: Int, _ kernels: Kernels
    ) -> ([Int8]?, [Int8]?) {
        var first = [Int32](repeating: 0, count: dimension)
        var second = first
        for (row, isSecond) in isSecond.enumerated() {
            if isSecond {
                kernels.add(row: row, of: rows, to: &second)
            } else {
                kernels.add(row: row, of: rows, to: &first)
            }
        }
        let size = Int32(isSecond.count { $0 })
        return (mean(first, Int32(isSecond.count) - size), mean(second, size))
    }

    private static func mean(_ sums: [Int32], _ count: Int32) -> [Int8]? {
        guard count > 0 else { return nil }
        return sums.map { sum in
            let magnitude = (2 * abs(sum) + count) / (2 * count)
            return Int8(sum < 0 ? -magnitude : magnitude)
        }
    }
}
