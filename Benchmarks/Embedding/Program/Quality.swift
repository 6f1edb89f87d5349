import Embedding
import VectorIndex

/// What the embedder finds among the base texts: what a language model finds, and texts that were changed.
struct Quality {
    let base: [[UInt8]]
    let queries: [[UInt8]]
    let nearest: [UInt32]
    let products: [UInt32]
    private let rows: [Int8]

    /// The model's product of two vectors whose cosine is 0.9 (its vectors are about 480 long).
    private static let nearProduct = 207_360

    init(base: [[UInt8]], queries: [[UInt8]], nearest: [UInt32], products: [UInt32]) {
        (self.base, self.queries, self.nearest, self.products) = (base, queries, nearest, products)
        rows = base.flatMap { Quality.vector($0) }
    }

    /// A text's vector; of one without words, none that is near anything.
    private static func vector(_ text: [UInt8]) -> [Int8] {
        let embedder = TextEmbedder.standard
        return (try? embedder.vector(of: text)) ?? [Int8](repeating: 0, count: embedder.dimension)
    }

    /// Rows of the base by falling product.
    private func found(_ text: [UInt8], _ count: Int) -> [Int] {
        var products: [Int32] = []
        Kernels.best.dots(Self.vector(text), rows: rows, count: base.count, into: &products)
        return products.indices.sorted { (-products[$0], $0) < (-products[$1], $1) }.prefix(count).map { $0 }
    }

    func run(_ name: String, half: Int) {
        var overlap = 0
        var among100 = 0
        var near = (found: 0, all: 0)
        let chosen = half * queries.count / 2..<(half + 1) * queries.count / 2
        for query in chosen {
            let hits = found(queries[query], 100)
            let model = nearest[query * 10..<query * 10 + 10].map { Int($0) }
            overlap += Set(hits.prefix(10)).intersection(model).count
            among100 += Set(hits).intersection(model).count
            if products[query * 10] >= Self.nearProduct {
                near.all += 1
                if hits.prefix(10).contains(model[0]) { near.found += 1 }
            }
        }
        print(
            """
            \(name): the model's 10 nearest: \(percent(overlap, 10 * chosen.count)) among the embedder's 10, \
            \(percent(among100, 10 * chosen.count)) among its 100; texts that the model calls nearly equal (cosine 0.9): \
            \(near.found) of \(near.all) among 10
            """)
        var random = Splits(state: UInt64(77 + half))
        for change in Change.allCases {
            var first = 0
            let rows = (0..<500).map { _ in 2 * random.below(base.count / 2) + half }
            for row in rows where found(change.applied(to: base[row], &random), 1) == [row] { first += 1 }
            print("    \(change.rawValue): \(percent(first, rows.count)) found first among \(base.count)")
        }
    }

    private func percent(_ part: Int, _ whole: Int) -> String { "\(Double(1000 * part / whole) / 10) %" }
}

/// How a text is changed.
enum Change: String, CaseIterable {
    case dropped = "a quarter of the words left out"
    case shuffled = "words in another order"
    case mistyped = "a typing error in every third word"
    case halved = "the first half of the words alone"

    func applied(to text: [UInt8], _ random: inout Splits) -> [UInt8] {
        var words = String(decoding: text, as: UTF8.self).split(separator: " ").map(Array.init)
        switch self {
        case .dropped:
            guard words.count > 2 else { break }
            for _ in 0..<max(1, words.count / 4) { words.remove(at: random.below(words.count)) }
        case .shuffled:
            for index in words.indices.reversed() { words.swapAt(index, random.below(index + 1)) }
        case .mistyped:
            for _ in 0..<max(1, words.count / 3) {
                let word = random.below(words.count)
                guard words[word].count > 1 else { continue }
                let place = random.below(words[word].count - 1)
                switch random.below(3) {
                case 0: words[word].swapAt(place, place + 1)
                case 1: words[word].remove(at: place)
                default: words[word].insert(Array("etaoinsr")[random.below(8)], at: place)
                }
            }
        case .halved: words = Array(words.prefix(max(1, (words.count + 1) / 2)))
        }
        return Array(words.map { String($0) }.joined(separator: " ").utf8)
    }
}

/// SplitMix64.
struct Splits {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }
}
