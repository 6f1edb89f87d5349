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

    func append(listsOf node: Int, from query: [Int8], to scores: inout ListScores) throws(SearchGap) {
        let table = try centroids(node)
        scores.append(
            query, node: node, rows: table.rows, norms: table.norms, inverses: table.inverses, parameters.metric,
            kernels)
    }

    private func centroids(_ node: Int) throws(SearchGap) -> CentroidTable {
        guard let table = nodes[node].centroids else { throw SearchGap() }
        return table
    }

    func count(_ list: ListPlace) -> Int { nodes[list.node].lists[list.list].count }

    func codes(_ list: ListPlace) throws(SearchGap) -> UInt {
        let list = nodes[list.node].lists[list.list]
        guard let codes = list.codes, codes.count == IndexRules.chunks(list.count) * parameters.codeChunkBytes else {
            throw SearchGap()
        }
        return Kernels.address(of: codes)
    }

    func labels(_ list: ListPlace) throws(SearchGap) -> [EntryLabel] {
        guard let labels = nodes[list.node].lists[list.list].labels else { throw SearchGap() }
        return labels
    }

    func vector(_ list: ListPlace, _ place: Int) throws(SearchGap) -> UInt {
        let vector = try entry(list, place).vector
        guard vector.count == parameters.dimension else { throw SearchGap() }
        return Kernels.address(of: vector)
    }

    func id(_ list: ListPlace, _ place: Int) throws(SearchGap) -> UInt64 { try entry(list, place).id }

    func name(_ list: ListPlace, _ place: Int) throws(SearchGap) -> (subject: Subject, label: EntryLabel) {
        let entry = try entry(list, place)
        return (entry.subject, entry.label)
    }

    private func entry(_ list: ListPlace, _ place: Int) throws(SearchGap) -> VectorEntry {
        guard let entry = nodes[list.node].lists[list.list].entries[place] else { throw SearchGap() }
        return entry
    }
}
