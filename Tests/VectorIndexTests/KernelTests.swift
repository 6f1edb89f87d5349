import TestSupport
import Testing

@testable import VectorIndex

/// Every set of kernels that this processor has against plain Swift: the same integers for all.
struct KernelTests {
    static let dimensions = [
        1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 127, 384, 511, 512, 768, 1_023, 4_096,
    ]

    @Test func `portable kernels run everywhere, and the best is the first`() {
        #expect(Kernels.available.last?.name == "portable")
        #expect(Kernels.available.first?.name == Kernels.best.name)
    }

    @Test func `every set passes the check that chooses the best`() {
        for kernels in Kernels.available { #expect(kernels.computes(as: Kernels.available.last!), "\(kernels.name)") }
    }

    @Test(arguments: dimensions)
    func `products and sums are those of plain integers`(dimension: Int) {
        var random = SeededGenerator(seed: UInt64(dimension))
        for spread in [1, 20, 127] as [Int8] {
            let rows = (0..<9).flatMap { _ in random.vector(dimension, spread: spread) }
            let query = random.vector(dimension, spread: spread)
            let plain = (0..<9).map { row in
                (0..<dimension).reduce(0) { $0 + Int32(query[$1]) * Int32(rows[row * dimension + $1]) }
            }
            for kernels in Kernels.available {
                var dots: [Int32] = []
                kernels.dots(query, rows: rows, count: 9, into: &dots)
                #expect(dots == plain, "\(kernels.name)")
                #expect(kernels.dot(query, row: 4, of: rows.span) == plain[4])
                var sums = [Int32](repeating: 5, count: dimension)
                kernels.add(row: 8, of: rows.span, to: &sums)
                #expect(sums == (0..<dimension).map { 5 + Int32(rows[8 * dimension + $0]) })
            }
        }
    }

    @Test func `the largest products are exact`() {
        for sign in [1, -1] as [Int8] {
            let left = [Int8](repeating: 127, count: 4_096)
            let right = [Int8](repeating: 127 * sign, count: 4_096)
            for kernels in Kernels.available { #expect(kernels.dot(left, right) == 4_096 * 127 * 127 * Int32(sign)) }
        }
    }

    @Test(arguments: dimensions)
    func `residuals and codes are the same with every set`(dimension: Int) throws {
        var random = SeededGenerator(seed: UInt64(dimension) + 1)
        let parameters = try CollectionParameters(
            metric: .squaredL2, dimension: dimension, scale: 7, owner: Ledger.owner)
        for spread in [0, 3, 127] as [Int8] {
            let row = random.vector(dimension, spread: spread)
            let centroid = random.vector(dimension)
            let plain = Self.code(row, centroid, parameters)
            for kernels in Kernels.available {
                let code = EntryCode(row, centroid: centroid, parameters: parameters, kernels: kernels)
                #expect(code.bits == plain.bits && code.factor == plain.factor && code.base == plain.base)
            }
        }
    }

    /// The definition of a code, one dimension after another.
    static func code(_ row: [Int8], _ centroid: [Int8], _ parameters: CollectionParameters) -> (
        bits: [UInt8], factor: UInt16, base: Int32
    ) {
        var bits = [UInt8](repeating: 255, count: parameters.planeCount)
        var (squares, magnitudes, product, signed, norm) = (0, 0, 0, 0, 0)
        for (index, pair) in zip(row, centroid).enumerated() {
            let (x, c) = (Int(pair.0), Int(pair.1))
            if x < c { bits[index / 8] ^= 1 << UInt8(index % 8) }
            squares += (x - c) * (x - c)
            magnitudes += abs(x - c)
            product += (x - c) * c
            signed += x < c ? -c : c
            norm += x * x
        }
        let factor = magnitudes == 0 ? 0 : 128 * squares / magnitudes
        let offset = product - Int((Double(factor * signed) / 128).rounded(.down))
        return (bits, UInt16(factor), Int32(parameters.metric == .squaredL2 ? norm - 2 * offset : -offset))
    }

    /// Random bytes as codes: no code makes two sets differ, not even one that no encoder writes.
    @Test(arguments: dimensions)
    func `a scan keeps the same candidates with every set`(dimension: Int) throws {
        var random = SeededGenerator(seed: UInt64(dimension) + 2)
        let parameters = try CollectionParameters(metric: .dot, dimension: dimension, scale: 7, owner: Ledger.owner)
        let query = random.vector(dimension)
        let codes = (0..<4 * parameters.codeChunkBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        for (metric, count) in [(Metric.dot, 64), (.squaredL2, 61), (.cosine, 1)] {
            let kept = Kernels.available.map { kernels -> [UInt64] in
                var scan = Kernels.Scan(
                    kernels, query: query, metric: metric, planeCount: parameters.planeCount, capacity: 20)
                scan.list(codes: codes, count: count, centroid: -77, rank: 3, masks: nil)
                scan.list(codes: codes, count: count, centroid: 1_000, rank: 4, masks: [0x5555, 1, 0, 0xffff])
                return scan.smallest().sorted()
            }
            #expect(kept.allSatisfy { $0 == kept[0] })
            #expect(kept[0].count == min(20, 2 * count))
        }
    }

    @Test func `of equal keys the earlier ones are kept`() {
        var selection = Selection(capacity: 5)
        selection.offer([7, 7, 3, 7, 7, 7, 7, 3, -1])
        let kept = selection.sorted()
        #expect(kept.map(Selection.ordinal) == [8, 2, 7, 0, 1])
        #expect(kept.map(Selection.key) == [-1, 3, 3, 7, 7])
    }

    @Test func `an empty selection keeps nothing`() {
        var selection = Selection(capacity: 0)
        selection.offer([1, 2, 3])
        #expect(selection.sorted().isEmpty)
    }

    /// Orders that make a careless choice of pivots slow, among them one for the median of three (Musser, Software:
    /// Practice and Experience 27, 1997).
    @Test(arguments: [0, 1, 2, 15, 16, 17, 33, 100, 1_000, 5_000])
    func `a selection keeps the smallest of any order`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let rising = (0..<Int32(count)).map { $0 - 7 }
        let half = count / 2
        let killer = (0..<Int32(count)).map {
            Int($0) < half ? ($0 % 2 == 0 ? $0 + 1 : Int32(half) + $0) : 2 * ($0 - Int32(half))
        }
        let orders = [
            rising, rising.reversed(), rising.shuffled(using: &random), killer, rising.map { min($0, 3) },
            rising.map { abs($0 - Int32(half)) },
        ]
        for keys in orders {
            for capacity in [1, 5, 16, 17, 80, count + 1] {
                var selection = Selection(capacity: capacity)
                selection.offer(Array(keys.prefix(half)))
                selection.offer(Array(keys.dropFirst(half)), first: half)
                var any = selection
                let wanted = keys.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
                    .prefix(capacity)
                let kept = selection.sorted()
                #expect(kept.map(Selection.key) == wanted.map(\.element))
                #expect(kept.map(Selection.ordinal) == wanted.map(\.offset))
                #expect(any.smallest().sorted() == Array(kept))
            }
        }
    }
}
