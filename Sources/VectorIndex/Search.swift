/// What a search reads: a live collection, or the part of one that a proof carries.
///
/// Nodes are supers in their order, lists are children of one in theirs.
protocol SearchSource {
    var parameters: CollectionParameters { get }
    var kernels: Kernels { get }
    var superCentroids: CentroidTable { get }
    func centroids(_ node: Int) throws(SearchGap) -> CentroidTable
    func count(_ list: ListPlace) -> Int
    /// Chunks of codes, one after another.
    func codes(_ list: ListPlace) throws(SearchGap) -> [UInt8]
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
struct Search {
    /// Supers whose lists were considered.
    private(set) var supers: [Int] = []
    /// Lists that were scanned, nearest first.
    private(set) var lists: [ListPlace] = []
    /// Entries that were compared by their vectors.
    private(set) var finalists: [(list: ListPlace, place: Int)] = []
    private(set) var neighbours: [Neighbour] = []
    private(set) var cost = VectorCost()

    /// The order of entries.
    private struct Found {
        var distance: Int32
        var id: UInt64
        var finalist: Int

        static func < (left: Found, right: Found) -> Bool {
            left.distance != right.distance ? left.distance < right.distance : left.id < right.id
        }
    }

    /// Runs a query whose vector was admitted and whose owner was looked up.
    ///
    /// Approximately: the supers nearest to the query, the lists nearest among theirs, the entries with the least keys
    /// among all of theirs (of equal keys the one in the nearer list, then the earlier one), and of these the nearest by
    /// (distance, id). A filter leaves entries out before any is compared.
    ///
    /// - Complexity: a distance for each super, for each list of the probed supers and for each finalist; a scanned code
    ///   for each entry of the probed lists.
    init(_ query: SearchQuery, vector: [Int8], owner: UInt32?, in source: some SearchSource) throws(SearchGap) {
        switch query.mode {
        case .exact: try readAll(source)
        case .approximate(let probes): try scan(query, vector, owner, probes, source)
        }
        try rank(query, vector, owner, source)
    }

    private mutating func readAll(_ source: some SearchSource) throws(SearchGap) {
        for node in 0..<source.superCentroids.count {
            supers.append(node)
            for list in 0..<(try source.centroids(node)).count {
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

    private mutating func scan(
        _ query: SearchQuery, _ vector: [Int8], _ owner: UInt32?, _ probes: SearchQuery.Probes,
        _ source: some SearchSource
    ) throws(SearchGap) {
        let parameters = source.parameters
        let metric = parameters.metric
        var dots: [Int32] = []
        var scores: [Int32] = []
        let table = source.superCentroids
        source.kernels.dots(vector, rows: table.rows, count: table.count, into: &dots)
        for (norm, dot) in zip(table.norms, dots) { scores.append(norm - 2 * dot) }
        var chosen = Selection(capacity: min(probes.supers, table.count))
        chosen.offer(scores)
        // In the order of their ids, so that lists with equal scores are in theirs under each super.
        supers = chosen.sorted().map(Selection.ordinal).sorted()

        dots.removeAll(keepingCapacity: true)
        scores.removeAll(keepingCapacity: true)
        // Where each super's lists begin among all.
        var starts: [Int] = []
        for node in supers {
            let table = try source.centroids(node)
            let start = dots.count
            starts.append(start)
            source.kernels.dots(vector, rows: table.rows, count: table.count, into: &dots)
            for list in 0..<table.count {
                scores.append(Self.score(metric, norm: table.norms[list], dot: dots[start + list]))
            }
        }
        cost.distances += table.count + dots.count
        var nearest = Selection(capacity: min(probes.lists, dots.count))
        nearest.offer(scores)

        var scan = Kernels.Scan(source.kernels, query: vector, metric: metric, planeCount: parameters.planeCount)
        var best = Selection(capacity: probes.finalists)
        let isFiltered = query.tag != nil || owner != nil
        var listDots: [Int32] = []
        for item in nearest.sorted() {
            let index = Selection.ordinal(item)
            var node = starts.count - 1
            while starts[node] > index { node -= 1 }
            lists.append(ListPlace(node: supers[node], list: index - starts[node]))
            listDots.append(dots[index])
        }
        for (rank, place) in lists.enumerated() {
            if rank + 1 < lists.count { source.prefetch(lists[rank + 1]) }
            let count = source.count(place)
            let masks = isFiltered ? Self.masks(try source.labels(place), tag: query.tag, owner: owner) : nil
            scan.list(
                codes: try source.codes(place), count: count, centroid: listDots[rank], rank: rank, masks: masks,
                into: &best)
            cost += VectorCost(codes: count, lists: 1, bytes: count * (parameters.planeCount + 6))
        }
        for item in best.sorted() {
            let ordinal = Selection.ordinal(item)
            finalists.append((lists[ordinal >> 16], ordinal & 0xffff))
        }
    }

    private static func masks(_ labels: [EntryLabel], tag: UInt32?, owner: UInt32?) -> [UInt16] {
        var masks = [UInt16](repeating: 0, count: (labels.count + IndexRules.chunk - 1) / IndexRules.chunk)
        for (place, label) in labels.enumerated() where isWanted(label, tag, owner) {
            masks[place / IndexRules.chunk] |= 1 << UInt16(place % IndexRules.chunk)
        }
        return masks
    }

    private static func isWanted(_ label: EntryLabel, _ tag: UInt32?, _ owner: UInt32?) -> Bool {
        (tag == nil || label.tag == tag) && (owner == nil || label.owner == owner)
    }

    /// The nearest of the finalists.
    private mutating func rank(
        _ query: SearchQuery, _ vector: [Int8], _ owner: UInt32?, _ source: some SearchSource
    ) throws(SearchGap) {
        let isSquared = source.parameters.metric == .squaredL2
        let isFiltered = query.mode == .exact && (query.tag != nil || owner != nil)
        let queryNorm = isSquared ? Int32(CollectionParameters.squaredLength(vector)) : 0
        var found: [Found] = []
        found.reserveCapacity(query.limit + 1)
        if query.mode != .exact {
            for finalist in finalists { source.prefetch(finalist.list, finalist.place) }
        }
        for (index, finalist) in finalists.enumerated() {
            if isFiltered {
                let label = try source.name(finalist.list, finalist.place).label
                guard Self.isWanted(label, query.tag, owner) else { continue }
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
        for one in found {
            let finalist = finalists[one.finalist]
            let (subject, label) = try source.name(finalist.list, finalist.place)
            neighbours.append(Neighbour(distance: one.distance, id: one.id, subject: subject, label: label))
        }
    }
}
