/// What a search reads: a live collection, or the part of one that a proof carries.
///
/// Nodes are supers in their order, lists are children of one in theirs.
protocol SearchSource {
    var parameters: CollectionParameters { get }
    var kernels: Kernels { get }
    var superCentroids: CentroidTable { get }
    /// Lists of a super.
    func listCount(_ node: Int) throws(SearchGap) -> Int
    /// Appends a query's products with the centroids of a super's lists, and their squared lengths.
    func append(productsOf query: [Int8], in node: Int, to dots: inout [Int32], norms: inout [Int32]) throws(SearchGap)
    func count(_ list: ListPlace) -> Int
    /// Offers the entries of a list to a scan, by their codes.
    func scan(_ list: ListPlace, by scan: inout Kernels.Scan, centroid: Int32, rank: Int, masks: [UInt16]?)
        throws(SearchGap)
    func labels(_ list: ListPlace) throws(SearchGap) -> [EntryLabel]
    /// Id, product with the query and squared length of one entry; the length only where the metric needs it.
    func compare(_ query: [Int8], _ list: ListPlace, _ place: Int, wantsNorm: Bool) throws(SearchGap) -> Comparison
    /// The codes, or an entry's vector, will be read soon.
    func prefetch(_ list: ListPlace)
    func prefetch(_ list: ListPlace, _ place: Int)
    func name(_ list: ListPlace, _ place: Int) throws(SearchGap) -> (subject: Subject, label: EntryLabel)
}

struct ListPlace: Hashable, Sendable {
    var node: Int
    var list: Int
}

struct Comparison {
    var id: UInt64
    var dot: Int32
    var norm: Int32
}

/// The source lacks a part that the search reads: only a proof can.
struct SearchGap: Error {}

/// A search: what it found, and what it looked at to find it.
///
/// Approximately: the supers nearest to the query, the lists nearest among theirs, the entries with the least keys among
/// all of theirs (of equal keys the one in the nearer list, then the earlier one), and of these the nearest by
/// (distance, id). A filter leaves entries out before any is compared.
///
/// - Complexity: a distance for each super, for each list of the probed supers and for each finalist; a scanned code for
///   each entry of the probed lists.
struct Search {
    /// Whose vector was admitted and whose owner was looked up.
    private let query: SearchQuery
    private let vector: [Int8]
    private let owner: UInt32?
    /// Supers whose lists were considered.
    private(set) var supers: [Int] = []
    /// Lists that were scanned, nearest first.
    private(set) var lists: [ListPlace] = []
    /// The query's products with their centroids.
    private var centroidDots: [Int32] = []
    /// Entries that were compared by their vectors, in no order.
    private(set) var finalists: [(list: ListPlace, place: Int)] = []
    private(set) var neighbours: [Neighbour] = []
    private(set) var cost = VectorCost()

    /// Runs a query.
    init(_ query: SearchQuery, vector: [Int8], owner: UInt32?, in source: some SearchSource) throws(SearchGap) {
        self.query = query
        self.vector = vector
        self.owner = owner
        switch query.mode {
        case .exact: try readAll(source)
        case .approximate(let probes):
            try choose(probes, source)
            try scan(probes, source)
        }
        try rank(source)
    }

    private mutating func readAll(_ source: some SearchSource) throws(SearchGap) {
        for node in 0..<source.superCentroids.count {
            supers.append(node)
            for list in 0..<(try source.listCount(node)) {
                let place = ListPlace(node: node, list: list)
                lists.append(place)
                for entry in 0..<source.count(place) { finalists.append((place, entry)) }
            }
        }
    }

    /// How far a centroid is, for choosing which lists are scanned: the distance, for squared L2, else minus the squared
    /// cosine (with its sign) times the query's squared length, rounded towards zero.
    ///
    /// The cosine, because what lies beside a centroid may be nearer to the query than the centroid is, the more so the
    /// shorter it is: the distance found 0.936 of real embeddings where the cosine found 0.955 in the same 62 lists. A
    /// square is at most 2^52, and by Cauchy and Schwarz the quotient at most the query's squared length.
    private static func score(_ metric: Metric, norm: Int32, dot: Int32) -> Int32 {
        metric == .squaredL2
            ? norm - 2 * dot : Int32(-(Int64(dot) * Int64(dot.magnitude) / Int64(max(norm, 1))))
    }

    private mutating func choose(_ probes: SearchQuery.Probes, _ source: some SearchSource) throws(SearchGap) {
        let parameters = source.parameters
        let table = source.superCentroids
        var dots: [Int32] = []
        if probes.supers >= table.count {
            // Which are nearest makes no difference; the cost is the same, as whoever asks cannot tell.
            supers = Array(0..<table.count)
        } else {
            source.kernels.dots(vector, rows: table.rows, count: table.count, into: &dots)
            for index in dots.indices { dots[index] = table.norms[index] - 2 * dots[index] }
            var chosen = Selection(capacity: probes.supers)
            chosen.offer(dots)
            // In the order of their ids, so that lists with equal scores are in theirs under each super.
            supers = chosen.smallest().map(Selection.ordinal)
            supers.sort()
            dots.removeAll(keepingCapacity: true)
        }

        // Every list under these, its product with the query and its score.
        var places: [ListPlace] = []
        var scores: [Int32] = []
        let room = min(supers.count * IndexRules.fanOut(supers: table.count), 8_192)
        places.reserveCapacity(room)
        scores.reserveCapacity(room)
        dots.reserveCapacity(room)
        for node in supers {
            try source.append(productsOf: vector, in: node, to: &dots, norms: &scores)
            for list in 0..<(try source.listCount(node)) { places.append(ListPlace(node: node, list: list)) }
        }
        for index in scores.indices {
            scores[index] = Self.score(parameters.metric, norm: scores[index], dot: dots[index])
        }
        cost.distances += table.count + dots.count
        var nearest = Selection(capacity: min(probes.lists, dots.count))
        nearest.offer(scores)
        let order = nearest.sorted()
        lists.reserveCapacity(order.count)
        centroidDots.reserveCapacity(order.count)
        for item in order {
            lists.append(places[Selection.ordinal(item)])
            centroidDots.append(dots[Selection.ordinal(item)])
        }
    }

    /// Lists whose codes are on their way while one is scanned.
    private static let lookahead = 2

    /// The entries with the least keys, of all chosen lists.
    private mutating func scan(_ probes: SearchQuery.Probes, _ source: some SearchSource) throws(SearchGap) {
        let parameters = source.parameters
        var scan = Kernels.Scan(
            source.kernels, query: vector, metric: parameters.metric, planeCount: parameters.planeCount,
            capacity: probes.finalists)
        for (rank, place) in lists.enumerated() {
            if rank + Self.lookahead < lists.count { source.prefetch(lists[rank + Self.lookahead]) }
            let masks = query.isFiltered ? masks(try source.labels(place)) : nil
            try source.scan(place, by: &scan, centroid: centroidDots[rank], rank: rank, masks: masks)
            let count = source.count(place)
            cost += VectorCost(codes: count, lists: 1, bytes: count * (parameters.planeCount + 6))
        }
        finalists = scan.smallest().map { item in
            let ordinal = Selection.ordinal(item)
            return (lists[ordinal >> 16], ordinal & 0xffff)
        }
    }

    private func masks(_ labels: [EntryLabel]) -> [UInt16] {
        var masks = [UInt16](repeating: 0, count: (labels.count + IndexRules.chunk - 1) / IndexRules.chunk)
        for (place, label) in labels.enumerated() where isWanted(label) {
            masks[place / IndexRules.chunk] |= 1 << UInt16(place % IndexRules.chunk)
        }
        return masks
    }

    private func isWanted(_ label: EntryLabel) -> Bool {
        (query.tag == nil || label.tag == query.tag) && (query.owner == nil || label.owner == owner)
    }

    /// The order of entries.
    private struct Found {
        var distance: Int32
        var id: UInt64
        var finalist: Int

        static func < (left: Found, right: Found) -> Bool {
            left.distance != right.distance ? left.distance < right.distance : left.id < right.id
        }
    }

    /// The nearest of the finalists.
    private mutating func rank(_ source: some SearchSource) throws(SearchGap) {
        let isSquared = source.parameters.metric == .squaredL2
        let isFiltered = query.mode == .exact && query.isFiltered
        let queryNorm = isSquared ? Int32(CollectionParameters.squaredLength(vector)) : 0
        if query.mode != .exact {
            for finalist in finalists { source.prefetch(finalist.list, finalist.place) }
        }
        var found: [Found] = []
        found.reserveCapacity(query.limit + 1)
        for (index, finalist) in finalists.enumerated() {
            if isFiltered {
                guard isWanted(try source.name(finalist.list, finalist.place).label) else { continue }
            }
            let compared = try source.compare(vector, finalist.list, finalist.place, wantsNorm: isSquared)
            let distance = isSquared ? compared.norm + queryNorm - 2 * compared.dot : -compared.dot
            guard distance <= query.distanceMax ?? .max else { continue }
            let candidate = Found(distance: distance, id: compared.id, finalist: index)
            guard found.count < query.limit || candidate < found[found.count - 1] else { continue }
            var place = found.count
            while place > 0, candidate < found[place - 1] { place -= 1 }
            found.insert(candidate, at: place)
            if found.count > query.limit { found.removeLast() }
        }
        cost += VectorCost(
            distances: finalists.count, bytes: finalists.count * (vector.count + VectorEntry.headBytes))
        neighbours.reserveCapacity(found.count)
        for one in found {
            let finalist = finalists[one.finalist]
            let (subject, label) = try source.name(finalist.list, finalist.place)
            neighbours.append(Neighbour(distance: one.distance, id: one.id, subject: subject, label: label))
        }
    }
}
