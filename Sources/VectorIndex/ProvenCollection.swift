internal import Cryptography

/// The part of a collection that a proof carries: what a search may read, and the hashes of what it may not.
struct ProvenCollection {
    let parameters: CollectionParameters
    let total: UInt32
    let kernels: Kernels
    var superCentroids: CentroidTable
    var nodes: [ProvenNode] = []

    init(parameters: CollectionParameters, total: UInt32, kernels: Kernels) {
        self.parameters = parameters
        self.total = total
        self.kernels = kernels
        superCentroids = CentroidTable(dimension: parameters.dimension)
    }

    func root() -> Digest {
        let branches = nodes.indices.map {
            Commitment.branch(
                id: superCentroids.ids[$0], centroid: superCentroids.encoded($0), children: nodes[$0].root)
        }
        return Commitment.root(parameters, count: total, branches: branches)
    }

    /// Whether a search has read all that is here.
    func holdsOnly(_ search: Search) -> Bool {
        let opened = nodes.indices.filter { nodes[$0].centroids != nil }
        var lists: Set<ListPlace> = []
        var entryCount = 0
        for node in opened {
            for (index, list) in nodes[node].lists.enumerated() where list.isOpened {
                lists.insert(ListPlace(node: node, list: index))
                entryCount += list.entries.count
            }
        }
        return opened == search.supers && lists == Set(search.lists) && entryCount == search.finalists.count
    }
}

struct ProvenNode {
    var root: Digest
    /// Nil where only the hash is carried.
    var centroids: CentroidTable?
    var lists: [ProvenList] = []
}

struct ProvenList {
    let count: Int
    var root: Digest
    var isOpened = false
    var codes: [UInt8]?
    var labels: [EntryLabel]?
    var entries: [Int: VectorEntry] = [:]

    init(count: Int, root: Digest) {
        self.count = count
        self.root = root
    }
}

extension ProvenCollection: SearchSource {
    func listCount(_ node: Int) throws(SearchGap) -> Int { try centroids(node).count }

    func append(productsOf query: [Int8], in node: Int, to dots: inout [Int32], norms: inout [Int32]) throws(SearchGap)
    {
        let table = try centroids(node)
        kernels.dots(query, rows: table.rows, count: table.count, into: &dots)
        norms.append(contentsOf: table.norms)
    }

    private func centroids(_ node: Int) throws(SearchGap) -> CentroidTable {
        guard let table = nodes[node].centroids else { throw SearchGap() }
        return table
    }

    func count(_ list: ListPlace) -> Int { nodes[list.node].lists[list.list].count }

    func scan(_ list: ListPlace, by scan: inout Kernels.Scan, centroid: Int32, rank: Int, masks: [UInt16]?)
        throws(SearchGap)
    {
        guard let codes = nodes[list.node].lists[list.list].codes else { throw SearchGap() }
        scan.list(codes: codes, count: count(list), centroid: centroid, rank: rank, masks: masks)
    }

    func labels(_ list: ListPlace) throws(SearchGap) -> [EntryLabel] {
        guard let labels = nodes[list.node].lists[list.list].labels else { throw SearchGap() }
        return labels
    }

    func compare(_ query: [Int8], _ list: ListPlace, _ place: Int, wantsNorm: Bool) throws(SearchGap) -> Comparison {
        let entry = try entry(list, place)
        let norm = wantsNorm ? kernels.dot(entry.vector, entry.vector) : 0
        return Comparison(id: entry.id, dot: kernels.dot(query, entry.vector), norm: norm)
    }

    func prefetch(_ list: ListPlace) {}
    func prefetch(_ list: ListPlace, _ place: Int) {}

    func name(_ list: ListPlace, _ place: Int) throws(SearchGap) -> (subject: Subject, label: EntryLabel) {
        let entry = try entry(list, place)
        return (entry.subject, entry.label)
    }

    private func entry(_ list: ListPlace, _ place: Int) throws(SearchGap) -> VectorEntry {
        guard let entry = nodes[list.node].lists[list.list].entries[place] else { throw SearchGap() }
        return entry
    }
}
