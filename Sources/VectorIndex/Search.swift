/// What a search reads: a live collection, or the part of one that a proof carries.
///
/// Nodes are supers in their order, lists are children of one in theirs.
protocol SearchSource {
    var parameters: CollectionParameters { get }
    var kernels: Kernels { get }
    var superCentroids: CentroidTable { get }
    /// Lists of a super.
    func listCount(_ node: Int) throws(SearchGap) -> Int
    /// Appends how far a super's lists are from a query.
    func append(listsOf node: Int, from query: [Int8], to scores: inout ListScores) throws(SearchGap)
    func count(_ list: ListPlace) -> Int
    /// Where the codes of a list stand, 0 if it has none: valid while the source is.
    func codes(_ list: ListPlace) throws(SearchGap) -> UInt
    func labels(_ list: ListPlace) throws(SearchGap) -> [EntryLabel]
    /// Where the vector of an entry stands: valid while the source is.
    func vector(_ list: ListPlace, _ place: Int) throws(SearchGap) -> UInt
    func id(_ list: ListPlace, _ place: Int) throws(SearchGap) -> UInt64
    func name(_ list: ListPlace, _ place: Int) throws(SearchGap) -> (subject: Subject, label: EntryLabel)
}

struct ListPlace: Hashable, Sendable {
    // Half a word each: a search makes one for every list that it considers.
    private let nodePlace: UInt32
    private let listPlace: UInt32

    init(node: Int, list: Int) {
        nodePlace = UInt32(node)
        listPlace = UInt32(list)
    }

    var node: Int { Int(nodePlace) }
    var list: Int { Int(listPlace) }
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

    private mutating func choose(_ probes: SearchQuery.Probes, _ source: some SearchSource) throws(SearchGap) {
        let table = source.superCentroids
        if probes.supers >= table.count {
            // Which are nearest makes no difference; the cost is the same, as whoever asks cannot tell.
            supers = Array(0..<table.count)
        } else {
            var dots: [Int32] = []
            source.kernels.dots(vector, rows: table.rows, count: table.count, into: &dots)
            for index in dots.indices { dots[index] = table.norms[index] - 2 * dots[index] }
            var chosen = Selection(source.kernels, capacity: probes.supers)
            chosen.offer(dots.span)
            // In the order of their ids, so that lists with equal scores are in theirs under each super.
            supers = chosen.smallest().map(\.ordinal)
        }

        var listCount = 0
        for node in supers { listCount += try source.listCount(node) }
        var scores = ListScores(capacity: listCount)
        for node in supers { try source.append(listsOf: node, from: vector, to: &scores) }
        cost.distances += table.count + listCount
        (lists, centroidDots) = scores.nearest(probes.lists, source.kernels)
    }

    /// The entries with the least keys, of all chosen lists.
    private mutating func scan(_ probes: SearchQuery.Probes, _ source: some SearchSource) throws(SearchGap) {
        let planeCount = source.parameters.planeCount
        var chosen = ScanLists(planeCount: planeCount, capacity: lists.count)
        var entryCount = 0
        for (rank, place) in lists.enumerated() {
            let count = source.count(place)
            let masks = query.isFiltered ? masks(try source.labels(place)) : nil
            chosen.append(codes: try source.codes(place), count: count, centroid: centroidDots[rank], masks: masks)
            entryCount += count
        }
        cost += VectorCost(codes: entryCount, lists: lists.count, bytes: entryCount * (planeCount + 6))
        var scan = Kernels.Scan(
            source.kernels, query: vector, metric: source.parameters.metric, planeCount: planeCount,
            capacity: probes.finalists)
        scan.lists(chosen)
        finalists = scan.smallest().map { (lists[$0.ordinal >> 16], $0.ordinal & 0xffff) }
    }

    private func masks(_ labels: [EntryLabel]) -> [UInt16] {
        var masks = [UInt16](repeating: 0, count: IndexRules.chunks(labels.count))
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
        let wanted = try compared(source)
        var rows = RowAddresses(dimension: vector.count, capacity: wanted.count)
        for index in wanted { rows.append(try source.vector(finalists[index].list, finalists[index].place)) }
        let dots = source.kernels.dots(vector, rows)
        let isSquared = source.parameters.metric == .squaredL2
        let norms = isSquared ? source.kernels.squares(rows) : []
        let queryNorm = isSquared ? Int32(CollectionParameters.squaredLength(vector)) : 0

        var found: [Found] = []
        found.reserveCapacity(min(query.limit, wanted.count))
        for (row, index) in wanted.enumerated() {
            let distance = isSquared ? norms[row] + queryNorm - 2 * dots[row] : -dots[row]
            let isFull = found.count == query.limit
            let farthest = isFull ? found[found.count - 1].distance : query.distanceMax ?? .max
            guard distance <= farthest else { continue }
            let id = try source.id(finalists[index].list, finalists[index].place)
            let candidate = Found(distance: distance, id: id, finalist: index)
            guard !isFull || candidate < found[found.count - 1] else { continue }
            if isFull { found.removeLast() }
            found.append(candidate)
            var place = found.count - 1
            while place > 0, candidate < found[place - 1] {
                found.swapAt(place, place - 1)
                place -= 1
            }
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

    /// The finalists whose vectors are compared: of an exact search with a filter the wanted ones; a scan has left the
    /// others out.
    private func compared(_ source: some SearchSource) throws(SearchGap) -> [Int] {
        guard query.mode == .exact && query.isFiltered else { return Array(finalists.indices) }
        var wanted: [Int] = []
        for (index, finalist) in finalists.enumerated() {
            if isWanted(try source.name(finalist.list, finalist.place).label) { wanted.append(index) }
        }
        return wanted
    }
}
