import TestSupport
import Testing

@testable import Records

struct NeighbourIndexTests {
    static let dimension = 32

    static func vectors(_ count: Int, seed: UInt64 = 7) -> [[Int8]] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<dimension).map { _ in Int8.random(in: -40...40, using: &random) } }
    }

    static func index(_ vectors: [[Int8]], countMax: Int = 10_000) -> NeighbourIndex {
        var index = NeighbourIndex(dimension: dimension, countMax: countMax)
        for (row, vector) in vectors.enumerated() { index.insert(vector, row: Int64(row + 1)) }
        return index
    }

    static func squared(_ left: [Int8], _ right: [Int8]) -> Int32 {
        zip(left, right).reduce(0) { $0 + (Int32($1.0) - Int32($1.1)) * (Int32($1.0) - Int32($1.1)) }
    }

    /// The same, one by one.
    static func plain(
        _ query: [Int8], in vectors: [(row: Int64, vector: [Int8])], limit: Int, without row: Int64 = 0
    ) -> [Neighbour] {
        Array(
            vectors.filter { $0.row != row }.map { Neighbour(row: $0.row, squaredDistance: squared(query, $0.vector)) }
                .sorted { ($0.squaredDistance, $0.row) < ($1.squaredDistance, $1.row) }.prefix(limit))
    }

    static func numbered(_ vectors: [[Int8]]) -> [(row: Int64, vector: [Int8])] {
        vectors.enumerated().map { (row: Int64($0 + 1), vector: $1) }
    }

    @Test(arguments: [1, 100, 4_095, 4_096, 4_097, 9_000])
    func `it finds what comparing one by one finds`(count: Int) {
        let vectors = Self.vectors(count)
        let index = Self.index(vectors)
        for query in Self.vectors(5, seed: 8) + [vectors[count - 1]] {
            #expect(
                index.nearest(to: query, limit: 7) == Self.plain(query, in: Self.numbered(vectors), limit: 7))
        }
        #expect(index.count == count)
    }

    @Test func `nothing is found where there is nothing, or nothing so near`() {
        let query = Self.vectors(1, seed: 9)[0]
        #expect(NeighbourIndex(dimension: Self.dimension, countMax: 5).nearest(to: query, limit: 3) == [])
        let index = Self.index(Self.vectors(20))
        let nearest = index.nearest(to: query, limit: 1)[0].squaredDistance
        #expect(index.nearest(to: query, limit: 9, squaredDistanceMax: nearest - 1) == [])
        #expect(index.nearest(to: query, limit: 9, squaredDistanceMax: nearest).count == 1)
    }

    @Test func `a record is not its own neighbour, its equal is`() {
        let vectors = Self.vectors(10)
        let index = Self.index(vectors + [vectors[3]])
        let found = index.nearest(to: vectors[3], limit: 2, without: 4)
        #expect(found[0] == Neighbour(row: 11, squaredDistance: 0))
        #expect(!found.contains { $0.row == 4 })
    }

    @Test func `a row that is there already stays as it is`() {
        let vectors = Self.vectors(3)
        var index = Self.index(vectors)
        index.insert(Self.vectors(1, seed: 99)[0], row: 2)
        #expect(index.vector(of: 2) == vectors[1])
        #expect(index.count == 3)
    }

    @Test func `what is removed is nowhere: not found, not counted, its numbers overwritten`() {
        let vectors = Self.vectors(200)
        var index = Self.index(vectors)
        _ = index.isolate(index.newest(200), comparisonsMax: .max)
        index.remove(50)
        index.remove(50)
        index.remove(10_000)
        #expect(index.count == 199 && !index.contains(50) && index.vector(of: 50) == nil)
        #expect(!index.nearest(to: vectors[49], limit: 200).contains { $0.row == 50 })
        #expect(!index.newest(200).contains(50))
        let left = Self.numbered(vectors).filter { $0.row != 50 }
        _ = index.isolate(index.newest(200), comparisonsMax: .max)
        for (row, vector) in left {
            #expect(index.company(of: row) == Self.plain(vector, in: left, limit: 3, without: row))
        }
        #expect(index.isolation(of: 50) == nil)
    }

    @Test func `beyond its size the oldest give their places up`() {
        let vectors = Self.vectors(30)
        var index = Self.index(vectors, countMax: 12)
        #expect(index.count == 12)
        #expect(index.newest(99) == (19...30).reversed())
        #expect(index.vector(of: 18) == nil && index.vector(of: 19) == vectors[18])
        index.remove(25)
        let held = Self.numbered(vectors).suffix(12).filter { $0.row != 25 }
        for query in Self.vectors(4, seed: 3) {
            let found = index.nearest(to: query, limit: 12)
            #expect(Set(found.map(\.row)) == Set(held.map(\.row)))
            #expect(found.map(\.squaredDistance) == found.map(\.squaredDistance).sorted())
        }
    }

    @Test(arguments: [64, 200, 400])
    func `how alone records are is the same, found at once or bit by bit while others come`(countMax: Int) {
        let vectors = Self.vectors(300)
        var whole = Self.index(vectors, countMax: countMax)
        _ = whole.isolate(whole.newest(40), comparisonsMax: .max)
        var grown = NeighbourIndex(dimension: Self.dimension, countMax: countMax)
        for (row, vector) in vectors.enumerated() {
            grown.insert(vector, row: Int64(row + 1))
            if row % 7 == 0 { _ = grown.isolate(grown.newest(40), comparisonsMax: 30) }
        }
        while grown.isolate(grown.newest(40), comparisonsMax: 500) == 0 {}
        let held = Self.numbered(vectors).suffix(countMax)
        for row in whole.newest(40) {
            let plain = Self.plain(vectors[Int(row) - 1], in: Array(held), limit: 3, without: row)
            #expect(whole.isolation(of: row) == plain[2].squaredDistance)
            #expect(grown.isolation(of: row) == plain[2].squaredDistance)
        }
    }

    @Test func `with fewer than three others nobody is called alone`() {
        var index = Self.index(Self.vectors(3))
        #expect(index.isolate(index.newest(3), comparisonsMax: 100) > 0)
        #expect(index.newest(3).allSatisfy { index.isolation(of: $0) == nil })
        index.insert(Self.vectors(1, seed: 5)[0], row: 4)
        #expect(index.isolate(index.newest(4), comparisonsMax: 100) > 0)
        #expect(index.newest(4).allSatisfy { index.isolation(of: $0) != nil })
    }

    @Test func `comparisons end where they may no more`() {
        var index = Self.index(Self.vectors(100))
        #expect(index.isolate(index.newest(100), comparisonsMax: 250) == 0)
        #expect(index.newest(100).count { index.isolation(of: $0) != nil } == 3)
        #expect(index.isolate([777], comparisonsMax: 250) == 250)
    }

    @Test func `distances are thousandths of what is not shared, and limits include what they name`() {
        #expect(RecordVector.distance(squared: 0) == 0)
        #expect(RecordVector.distance(squared: 2 * 65_536) == 1_000)
        #expect(RecordVector.distance(squared: 5 * 65_536) == 2_000)
        for distance in [0, 1, 37, 500, 1_000, 1_999] {
            let max = RecordVector.squaredMax(distance: distance)
            #expect(RecordVector.distance(squared: max) == distance)
            #expect(RecordVector.distance(squared: max + 1) == distance + 1)
        }
        #expect(RecordVector.squaredMax(distance: 2_000) == .max)
    }
}
