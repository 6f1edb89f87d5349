/// A centroid: four bits a dimension and one step for all of them.
///
/// Component j is (2n - 15) x step, n the dimension's four bits, cut to -127...127. On real embeddings four bits probe as
/// well as eight (recall 0.9556 and 0.9548 at the same lists), and a proof carries every centroid of the probed supers.
struct Centroid: Hashable, Sendable {
    /// 1 to 9.
    let step: UInt8
    /// The components.
    let row: [Int8]

    /// The nearest of the centroids with the smallest step that reaches the largest component.
    init(nearest row: [Int8]) {
        let largest = row.reduce(0) { max($0, Int($1.magnitude)) }
        let step = max(1, (largest + 14) / 15)
        self.step = UInt8(step)
        self.row = row.map { Self.value(Self.level(Int($0), step), step) }
    }

    private static func level(_ value: Int, _ step: Int) -> Int {
        // Rounded down: halves go up. The sum is never negative, as a value is at least -15 steps.
        min(15, max(0, value + 16 * step) / (2 * step))
    }

    private static func value(_ level: Int, _ step: Int) -> Int8 {
        Int8(min(127, max(-127, (2 * level - 15) * step)))
    }

    static func byteCount(dimension: Int) -> Int { 1 + (dimension + 1) / 2 }

    /// The step, then two dimensions a byte, the first in the low half.
    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount(dimension: row.count))
        bytes[0] = step
        for (index, value) in row.enumerated() {
            bytes[1 + index / 2] |= UInt8(Self.level(Int(value), Int(step))) << (index % 2 == 0 ? 0 : 4)
        }
        return bytes
    }

    /// Nil for bytes that `encoded()` would not have written.
    init?(decoding bytes: ArraySlice<UInt8>, dimension: Int) {
        guard bytes.count == Self.byteCount(dimension: dimension), let step = bytes.first, 1...9 ~= step else {
            return nil
        }
        let start = bytes.startIndex + 1
        row = (0..<dimension).map { index in
            let byte = bytes[start + index / 2]
            return Self.value(Int(index % 2 == 0 ? byte & 15 : byte >> 4), Int(step))
        }
        // The unused half of the last byte.
        guard dimension % 2 == 0 || bytes[bytes.endIndex - 1] >> 4 == 0 else { return nil }
        self.step = step
    }
}

/// Centroids beside each other, as the kernels read them.
struct CentroidTable: Sendable {
    let dimension: Int
    private(set) var ids: [UInt32] = []
    private(set) var steps: [UInt8] = []
    /// One row after another.
    private(set) var rows: [Int8] = []
    /// Squared lengths.
    private(set) var norms: [Int32] = []
    /// 2^30 divided by the lengths, rounded down; 0 for a length of 0.
    private(set) var inverses: [Int32] = []

    init(dimension: Int) { self.dimension = dimension }

    var count: Int { ids.count }

    func row(_ index: Int) -> [Int8] { Array(rows[index * dimension..<(index + 1) * dimension]) }

    func encoded(_ index: Int) -> [UInt8] { Centroid(step: steps[index], row: row(index)).encoded() }

    /// The place of an id; ids rise.
    func index(of id: UInt32) -> Int? {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : nil
    }

    mutating func append(_ id: UInt32, _ centroid: Centroid) {
        ids.append(id)
        steps.append(centroid.step)
        rows.append(contentsOf: centroid.row)
        norms.append(Self.norm(centroid))
        inverses.append(Self.inverse(centroid))
    }

    /// Puts a centroid where its id belongs, and returns that place.
    mutating func insert(_ id: UInt32, _ centroid: Centroid) -> Int {
        let index = ids.firstIndex { $0 > id } ?? ids.count
        ids.insert(id, at: index)
        steps.insert(centroid.step, at: index)
        rows.insert(contentsOf: centroid.row, at: index * dimension)
        norms.insert(Self.norm(centroid), at: index)
        inverses.insert(Self.inverse(centroid), at: index)
        return index
    }

    mutating func replace(_ index: Int, _ centroid: Centroid) {
        steps[index] = centroid.step
        rows.replaceSubrange(index * dimension..<(index + 1) * dimension, with: centroid.row)
        norms[index] = Self.norm(centroid)
        inverses[index] = Self.inverse(centroid)
    }

    mutating func remove(_ index: Int) {
        ids.remove(at: index)
        steps.remove(at: index)
        rows.removeSubrange(index * dimension..<(index + 1) * dimension)
        norms.remove(at: index)
        inverses.remove(at: index)
    }

    private static func norm(_ centroid: Centroid) -> Int32 { Int32(CollectionParameters.squaredLength(centroid.row)) }

    private static func inverse(_ centroid: Centroid) -> Int32 {
        let norm = CollectionParameters.squaredLength(centroid.row)
        return norm == 0 ? 0 : Int32(CollectionParameters.squareRoot((1 << 60) / norm))
    }
}

extension Centroid {
    init(step: UInt8, row: [Int8]) {
        self.step = step
        self.row = row
    }
}
