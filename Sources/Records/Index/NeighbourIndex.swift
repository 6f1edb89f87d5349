import VectorIndex

/// A vector's neighbour: the record's row in the gateway's store, and the squared length of what lies between.
struct Neighbour: Equatable, Sendable {
    var row: Int64
    var squaredDistance: Int32
}

/// The newest vectors of one tenant, compared exactly and one by one; a value that knows rows and integers alone.
///
/// Vectors stand in the order in which they were inserted, in blocks; where there is no room, a new one takes the place of
/// the oldest. A removed one leaves zeros and no row. Comparing all of 100,000 vectors is a pass over 38 MB: some milliseconds,
/// less than an inverted file would save at this size, and nothing is ever missed.
struct NeighbourIndex: Sendable {
    /// Vectors of a block: 1.5 MB at 384 dimensions, so that growing copies little and several queries share the cache.
    static let blockCount = 4_096
    /// The neighbour whose distance says how alone a record is: one or two equal records are no company.
    static let isolationRank = 3

    /// Records whose neighbours are looked for together: their vectors and a block stay in a core's cache.
    private static let groupCount = 16
    /// Below twice so many no isolation is dropped because nobody asks for it.
    private static let isolationsKept = 1_000

    /// A record's nearest among all others that were inserted before `compared`.
    private struct Isolation: Sendable {
        var nearest: NearestNeighbours
        /// Number of the insertion from which on vectors are not compared yet.
        var compared: UInt64
    }

    let dimension: Int
    /// Vectors at most.
    let countMax: Int
    private let kernels: Kernels
    private var blocks: [[Int8]] = []
    /// The row of each place, 0 where there is none.
    private var rows: [Int64] = []
    /// The squared length of each place's vector.
    private var squares: [Int32] = []
    private var placeOfRow: [Int64: Int] = [:]
    /// Insertions so far: the next vector goes to place `insertions % countMax`.
    private var insertions: UInt64 = 0
    private var isolations: [Int64: Isolation] = [:]

    init(dimension: Int, countMax: Int, kernels: Kernels = .best) {
        precondition(dimension > 0 && countMax > 0)
        self.dimension = dimension
        self.countMax = countMax
        self.kernels = kernels
    }

    var count: Int { placeOfRow.count }

    func contains(_ row: Int64) -> Bool { placeOfRow[row] != nil }

    /// All rows that are held, by rising number.
    var heldRows: [Int64] { placeOfRow.keys.sorted() }

    /// A row's vector.
    func vector(of row: Int64) -> [Int8]? {
        placeOfRow[row].map { place in
            let start = place % Self.blockCount * dimension
            return Array(blocks[place / Self.blockCount][start..<start + dimension])
        }
    }

    /// Takes a row's vector in; one that it holds stays as it is.
    mutating func insert(_ vector: [Int8], row: Int64) {
        precondition(vector.count == dimension && row > 0)
        guard placeOfRow[row] == nil else { return }
        let place = Int(insertions % UInt64(countMax))
        if place == rows.count {
            if place % Self.blockCount == 0 { blocks.append([]) }
            blocks[place / Self.blockCount].append(contentsOf: vector)
            rows.append(row)
            squares.append(kernels.dot(vector, vector))
        } else {
            if rows[place] != 0 { remove(rows[place]) }
            put(vector, at: place)
            rows[place] = row
            squares[place] = kernels.dot(vector, vector)
        }
        placeOfRow[row] = place
        insertions += 1
    }

    /// Forgets a row: its vector is overwritten, and whatever was its neighbour is compared anew.
    mutating func remove(_ row: Int64) {
        guard let place = placeOfRow.removeValue(forKey: row) else { return }
        put([Int8](repeating: 0, count: dimension), at: place)
        rows[place] = 0
        squares[place] = 0
        isolations[row] = nil
        let orphans = isolations.filter { $0.value.nearest.contains(row) }.map(\.key)
        for orphan in orphans { isolations[orphan] = nil }
    }

    private mutating func put(_ vector: [Int8], at place: Int) {
        let start = place % Self.blockCount * dimension
        blocks[place / Self.blockCount].replaceSubrange(start..<start + dimension, with: vector)
    }

    // MARK: Searching

    /// The nearest rows, the nearest first, of equals the one inserted into the earlier place.
    ///
    /// - Complexity: a pass over all vectors.
    func nearest(
        to vector: [Int8], limit: Int, squaredDistanceMax: Int32 = .max, without row: Int64 = 0
    ) -> [Neighbour] {
        var nearest = NearestNeighbours(limit: limit, squaredDistanceMax: squaredDistanceMax)
        compare(vector, with: 0..<rows.count, into: &nearest, without: row)
        return nearest.neighbours
    }

    /// The newest `count` rows, the newest first.
    func newest(_ count: Int) -> [Int64] {
        (0..<min(rows.count, count)).map { rows[place(ofInsertion: insertions - 1 - UInt64($0))] }.filter { $0 != 0 }
    }

    /// Compares rows with those that came since they were compared last, until so many comparisons are made.
    ///
    /// A row whose turn comes is compared with all of them.
    /// - Returns: comparisons that are left; where it is 0, the rest of the rows waits for another call.
    mutating func isolate(_ candidates: [Int64], comparisonsMax: Int) -> Int {
        if isolations.count > 2 * max(candidates.count, Self.isolationsKept) {
            let kept = Set(candidates)
            isolations = isolations.filter { kept.contains($0.key) }
        }
        var left = comparisonsMax
        var group: [(row: Int64, vector: [Int8], isolation: Isolation)] = []
        for row in candidates {
            guard let vector = vector(of: row) else { continue }
            let isolation =
                isolations[row] ?? Isolation(nearest: NearestNeighbours(limit: Self.isolationRank), compared: 0)
            guard firstToCompare(isolation) < insertions else { continue }
            guard left > 0 else {
                compare(&group)
                return 0
            }
            left = max(0, left - Int(insertions - firstToCompare(isolation)))
            group.append((row, vector, isolation))
            if group.count == Self.groupCount { compare(&group) }
        }
        compare(&group)
        return left
    }

    /// The first insertion that is not compared yet and still held.
    private func firstToCompare(_ isolation: Isolation) -> UInt64 {
        max(isolation.compared, insertions - UInt64(rows.count))
    }

    /// Compares a few rows with what is not compared, block by block, so that a block is read from memory once.
    private mutating func compare(_ group: inout [(row: Int64, vector: [Int8], isolation: Isolation)]) {
        let ranges = group.map { places(from: firstToCompare($0.isolation)) }
        for block in blocks.indices {
            let held = block * Self.blockCount..<(block + 1) * Self.blockCount
            for member in group.indices {
                for range in ranges[member] where range.overlaps(held) {
                    compare(
                        group[member].vector, with: range.clamped(to: held), into: &group[member].isolation.nearest,
                        without: group[member].row)
                }
            }
        }
        for member in group {
            isolations[member.row] = Isolation(nearest: member.isolation.nearest, compared: insertions)
        }
        group.removeAll()
    }

    /// The distance to a row's third nearest, as far as ``isolate(_:comparisonsMax:)`` has found it; nil where there are
    /// fewer than three others.
    func isolation(of row: Int64) -> Int32? {
        guard let nearest = isolations[row]?.nearest.neighbours, nearest.count == Self.isolationRank else { return nil }
        return nearest[Self.isolationRank - 1].squaredDistance
    }

    /// A row's nearest three, as far as they were found.
    func company(of row: Int64) -> [Neighbour] { isolations[row]?.nearest.neighbours ?? [] }

    private func place(ofInsertion number: UInt64) -> Int { Int(number % UInt64(countMax)) }

    /// The places of all insertions from one on.
    private func places(from start: UInt64) -> [Range<Int>] {
        let count = Int(insertions - start)
        guard count < rows.count else { return [0..<rows.count] }
        let first = place(ofInsertion: start)
        guard first + count > rows.count else { return [first..<first + count] }
        return [first..<rows.count, 0..<first + count - rows.count]
    }

    private func compare(
        _ vector: [Int8], with places: Range<Int>, into nearest: inout NearestNeighbours, without row: Int64
    ) {
        let square = kernels.dot(vector, vector)
        var dots: [Int32] = []
        dots.reserveCapacity(min(places.count, Self.blockCount))
        var place = places.lowerBound
        while place < places.upperBound {
            let block = place / Self.blockCount
            let first = place % Self.blockCount
            let count = min(places.upperBound - place, Self.blockCount - first)
            dots.removeAll(keepingCapacity: true)
            if first == 0 {
                kernels.dots(vector, rows: blocks[block], count: count, into: &dots)
            } else {
                for offset in first..<first + count { dots.append(kernels.dot(vector, row: offset, of: blocks[block])) }
            }
            for offset in 0..<count {
                let distance = square + squares[place + offset] - 2 * dots[offset]
                guard distance < nearest.bound else { continue }
                let found = rows[place + offset]
                if found != 0, found != row { nearest.offer(Neighbour(row: found, squaredDistance: distance)) }
            }
            place += count
        }
    }
}

/// The nearest of the neighbours that were offered, the nearest first; of equals those offered first.
struct NearestNeighbours: Sendable {
    private(set) var neighbours: [Neighbour] = []
    /// Only what is nearer than this is taken.
    private(set) var bound: Int32
    private let limit: Int

    init(limit: Int, squaredDistanceMax: Int32 = .max) {
        precondition(limit > 0)
        self.limit = limit
        bound = squaredDistanceMax == .max ? .max : squaredDistanceMax + 1
    }

    func contains(_ row: Int64) -> Bool { neighbours.contains { $0.row == row } }

    mutating func offer(_ neighbour: Neighbour) {
        guard neighbour.squaredDistance < bound else { return }
        let place = neighbours.firstIndex { $0.squaredDistance > neighbour.squaredDistance } ?? neighbours.count
        neighbours.insert(neighbour, at: place)
        if neighbours.count > limit { neighbours.removeLast() }
        if neighbours.count == limit { bound = min(bound, neighbours[limit - 1].squaredDistance) }
    }
}
