import TestSupport
import Testing

@testable import VectorIndex

/// Every set of kernels that this processor has against plain Swift: the same integers for all.
struct KernelTests {
    static let dimensions = [
        1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 127, 384, 512, 768, 1_023, 1_057, 1_058, 2_114, 2_115,
        4_096,
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
                #expect(kernels.dot(query, row: 4, of: rows) == plain[4])
                var scattered = RowAddresses(dimension: dimension, capacity: 9)
                let order = [8, 0, 3, 3, 1, 7, 2, 5, 6, 4]
                for row in order { scattered.append(Kernels.address(of: rows) + UInt(row * dimension)) }
                withExtendedLifetime(rows) {
                    #expect(kernels.dots(query, scattered) == order.map { plain[$0] })
                    #expect(
                        kernels.squares(scattered)
                            == order.map { row in
                                rows[row * dimension..<(row + 1) * dimension].reduce(0) { $0 + Int32($1) * Int32($1) }
                            })
                }
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

    /// The definition of a key, one dimension after another: `codes` are a list's chunks.
    static func key(
        _ query: [Int8], _ codes: [UInt8], _ place: Int, centroid: Int32, _ parameters: CollectionParameters
    ) -> Int32 {
        var shift = 0
        while query.map({ Int($0.magnitude) }).max()! >> shift > 31 { shift += 1 }
        let magnitudes = query.map { min(31, (Int($0.magnitude) + (1 << shift) >> 1) >> shift) }
        let chunk = place / 16 * parameters.codeChunkBytes
        var agreeing = 0
        for index in query.indices {
            let isSet = codes[chunk + index / 8 * 16 + place % 16] >> (index % 8) & 1 == 1
            if isSet == (query[index] >= 0) { agreeing += magnitudes[index] }
        }
        let numbers = chunk + parameters.planeCount * 16
        let factor = (Int(codes[numbers + place % 16 * 2]) | Int(codes[numbers + place % 16 * 2 + 1]) << 8) & 0x7fff
        let base = (0..<4).reduce(0) { $0 | UInt32(codes[numbers + 32 + place % 16 * 4 + $1]) << UInt32(8 * $1) }
        let sumShift = Int(EntryCode.sumShift(dimension: query.count))
        let sum = (2 * agreeing - magnitudes.reduce(0, +)) >> sumShift
        let part = Int32(truncatingIfNeeded: ((factor * sum) >> (7 - shift)) << sumShift)
        let weight: Int32 = parameters.metric == .squaredL2 ? 2 : 1
        return Int32(bitPattern: base) &- weight &* (centroid &+ part)
    }

    /// Random bytes as codes: no code makes two sets differ, not even one that no encoder writes.
    ///
    /// Queries from small ones, whose sums fit a byte for long, to the largest.
    @Test(arguments: dimensions, [1, 20, 127] as [Int8])
    func `a scan keeps the candidates of the definition with every set`(dimension: Int, spread: Int8) throws {
        var random = SeededGenerator(seed: UInt64(dimension) + 2)
        for metric in [Metric.dot, .squaredL2] {
            let parameters = try CollectionParameters(
                metric: metric, dimension: dimension, scale: 7, owner: Ledger.owner)
            let query =
                spread == 127
                ? random.vector(dimension).map { $0 < 0 ? -127 : 127 } : random.vector(dimension, spread: spread)
            let counts = [64, 0, 61, 1, 17, 192]
            let lists = counts.map { count in
                (0..<IndexRules.chunks(count) * parameters.codeChunkBytes).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            }
            for isMasked in [false, true] {
                let masks: [[UInt16]] = counts.map { count in
                    (0..<IndexRules.chunks(count)).map { _ in
                        isMasked ? UInt16.random(in: 0...0xffff, using: &random) : 0xffff
                    }
                }
                var wanted: [Selection.Candidate] = []
                for (list, codes) in lists.enumerated() {
                    for place in 0..<counts[list] where masks[list][place / 16] >> (place % 16) & 1 == 1 {
                        let key = Self.key(query, codes, place, centroid: Int32(list) - 77, parameters)
                        wanted.append(.init(key: key, ordinal: list << 16 | place))
                    }
                }
                wanted.sort { ($0.key, $0.ordinal) < ($1.key, $1.ordinal) }
                for kernels in Kernels.available {
                    var scan = Kernels.Scan(
                        kernels, query: query, metric: metric, planeCount: parameters.planeCount, capacity: 20)
                    var all = ScanLists(planeCount: parameters.planeCount, capacity: counts.count)
                    for (list, codes) in lists.enumerated() {
                        all.append(
                            codes: Kernels.address(of: codes), count: counts[list], centroid: Int32(list) - 77,
                            masks: isMasked ? masks[list] : nil)
                    }
                    withExtendedLifetime(lists) { scan.lists(all) }
                    let kept = scan.smallest()
                    #expect(kept.map(\.ordinal) == kept.map(\.ordinal).sorted())
                    #expect(Set(kept) == Set(wanted.prefix(20)), "\(kernels.name)")
                }
            }
        }
    }

    @Test(arguments: Kernels.available.map(\.name))
    func `of equal keys the earlier ones are kept`(kernels: String) throws {
        var selection = Selection(try Self.kernels(kernels), capacity: 5)
        let keys: [Int32] = [7, 7, 3, 7, 7, 7, 7, 3, -1]
        selection.offer(keys.span)
        let kept = selection.sorted()
        #expect(kept.map(\.ordinal) == [8, 2, 7, 0, 1])
        #expect(kept.map(\.key) == [-1, 3, 3, 7, 7])
    }

    private static func kernels(_ name: String) throws -> Kernels {
        try #require(Kernels.available.first { $0.name == name })
    }

    @Test(arguments: Kernels.available.map(\.name))
    func `keys at the ends of their range are kept and left out as any others`(kernels: String) throws {
        let keys: [Int32] = [.max, .max, .min, 0, .min, .max, .min, .min] + [Int32](repeating: .max, count: 300)
        let more: [Int32] = [.min, .min, .max]
        for capacity in 1...8 {
            var selection = Selection(try Self.kernels(kernels), capacity: capacity)
            selection.offer(keys.span)
            selection.offer(more.span, first: keys.count)
            let order = [2, 4, 6, 7, 308, 309, 3, 0, 1, 5]
            #expect(selection.sorted().map(\.ordinal) == Array(order.prefix(capacity)))
        }
    }

    @Test(arguments: Kernels.available.map(\.name))
    func `an empty selection keeps nothing`(kernels: String) throws {
        var selection = Selection(try Self.kernels(kernels), capacity: 0)
        let keys: [Int32] = [1, 2, 3]
        selection.offer(keys.span)
        #expect(selection.sorted().isEmpty)
    }

    /// Keys that are equal, far apart, in order or against it: what is found by halves, and by bytes above some hundred.
    @Test(arguments: [0, 1, 2, 15, 16, 17, 33, 100, 1_000, 5_000], Kernels.available.map(\.name))
    func `a selection keeps the smallest of any order`(count: Int, kernels: String) throws {
        let kernels = try Self.kernels(kernels)
        var random = SeededGenerator(seed: UInt64(count))
        let rising = (0..<Int32(count)).map { $0 - 7 }
        let half = count / 2
        let any = (0..<count).map { _ in Int32.random(in: .min ... .max, using: &random) }
        let orders = [
            rising, rising.reversed(), rising.shuffled(using: &random), any, rising.map { min($0, 3) },
            rising.map { abs($0 - Int32(half)) }, rising.map { $0 % 3 == 0 ? .min : .max },
            rising.map { 1 << ($0 % 31 + 7) % 31 }, rising.map { _ in .min },
        ]
        for keys in orders {
            for capacity in [1, 5, 16, 17, 80, 161, 700, count + 1] {
                func offered() -> Selection {
                    var selection = Selection(kernels, capacity: capacity)
                    selection.offer(keys.span.extracting(first: half))
                    selection.offer(keys.span.extracting(droppingFirst: half), first: half)
                    return selection
                }
                let wanted = keys.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
                    .prefix(capacity)
                var sorted = offered()
                var smallest = offered()
                let kept = sorted.sorted()
                #expect(kept.map(\.key) == wanted.map(\.element))
                #expect(kept.map(\.ordinal) == wanted.map(\.offset))
                #expect(smallest.smallest() == kept.sorted { $0.ordinal < $1.ordinal })
            }
        }
    }

    @Test(arguments: Metric.allCases, [1, 17, 384, 4_096])
    func `lists are as far away as their centroids' definition says`(metric: Metric, dimension: Int) {
        var random = SeededGenerator(seed: UInt64(dimension))
        let query = random.vector(dimension, spread: 127)
        var table = CentroidTable(dimension: dimension)
        for id in 0..<40 {
            let spread: Int8 = id == 7 ? 0 : id == 8 ? 127 : 20
            table.append(UInt32(id), Centroid(nearest: random.vector(dimension, spread: spread)))
        }
        table.append(40, Centroid(step: 1, row: [Int8](repeating: 0, count: dimension)))
        let scores = (0..<table.count).map { list -> Int in
            let row = table.row(list)
            let dot = zip(query, row).reduce(0) { $0 + Int($1.0) * Int($1.1) }
            let norm = row.reduce(0) { $0 + Int($1) * Int($1) }
            guard metric != .squaredL2 else { return norm - 2 * dot }
            let inverse = norm == 0 ? 0 : CollectionParameters.squareRoot((1 << 60) / norm)
            return -((dot * inverse) >> 14)
        }
        for kernels in Kernels.available {
            var lists = ListScores(capacity: table.count)
            lists.append(
                query, node: 3, rows: table.rows, norms: table.norms, inverses: table.inverses, metric, kernels)
            let found = lists.nearest(9, kernels)
            let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(9)
            #expect(found.places == order.map { ListPlace(node: 3, list: $0) })
            #expect(found.dots == order.map { kernels.dot(query, table.row($0)) })
        }
    }

    @Test func `a square root is the largest integer whose square is not above`() {
        var random = SeededGenerator(seed: 9)
        let values =
            [0, 1, 2, 3, 4, 1 << 60, (1 << 60) - 1] + (0..<300).map { _ in Int.random(in: 0...1 << 60, using: &random) }
        for value in values {
            let root = CollectionParameters.squareRoot(value)
            #expect(root * root <= value && (root + 1) * (root + 1) > value)
        }
    }
}
