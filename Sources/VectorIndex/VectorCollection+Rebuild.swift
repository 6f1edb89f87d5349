internal import Cryptography

extension VectorCollection {
    /// Builds a collection from its state entries, in any order; others' entries are left alone.
    ///
    /// The root that follows from them must be the one in the head.
    ///
    /// - Throws: `state` with the kind of entry that does not fit.
    package init(number: UInt32, entries: [(key: [UInt8], value: [UInt8])], kernels: Kernels = .best)
        throws(VectorFailure)
    {
        let rows = StateRows(VectorStateKey(collection: number), entries)
        guard let bytes = rows.parameters, let parameters = try? CollectionParameters(decoding: bytes) else {
            throw .state(.parameters)
        }
        self.init(parameters, number: number, kernels: kernels)
        guard let bytes = rows.head, let head = CollectionHead(decoding: bytes) else { throw .state(.head) }
        self.head = head
        try addSupers(rows.supers)
        try addLists(rows)
        for node in supers.indices {
            supers[node].commit(supers[node].lists.indices, chunkBytes: parameters.codeChunkBytes)
        }
        let count = supers.reduce(0) { $0 + $1.lists.reduce(0) { $0 + $1.count } }
        guard count == Int(head.count), rows.records.count == count,
            head.root == Commitment.root(parameters, count: head.count, branches: branches())
        else { throw .state(.root) }
        changes = PendingChanges()
    }

    private mutating func addSupers(_ rows: [UInt32: [UInt8]]) throws(VectorFailure) {
        for (id, value) in rows.sorted(by: { $0.key < $1.key }) {
            guard id < head.nextSuper,
                let centroid = Centroid(decoding: value[...], dimension: parameters.dimension)
            else {
                throw .state(.superEntry)
            }
            supers.append(SuperNode(id: id, dimension: parameters.dimension))
            superCentroids.append(id, centroid)
        }
    }

    private mutating func addLists(_ rows: StateRows) throws(VectorFailure) {
        for (id, value) in rows.lists.sorted(by: { $0.key < $1.key }) {
            let superID = value.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard value.count > 4, let node = superCentroids.index(of: superID), id < head.nextList,
                let centroid = Centroid(decoding: value[4...], dimension: parameters.dimension)
            else { throw .state(.list) }
            supers[node].append(PostingList(id: id, dimension: parameters.dimension), centroid)
            superOfList[Int(id)] = superID
            let index = supers[node].lists.count - 1
            var chunk = 0
            while let ids = rows.chunks[StateRows.Chunk(list: id, chunk: chunk)] {
                try addChunk(ids, to: node, index, rows)
                chunk += 1
            }
            noteLength(id, supers[node].lists[index].count)
        }
    }

    private mutating func addChunk(_ ids: [UInt64], to node: Int, _ list: Int, _ rows: StateRows) throws(VectorFailure)
    {
        let before = supers[node].lists[list].count
        guard 1...IndexRules.chunk ~= ids.count, before % IndexRules.chunk == 0,
            before + ids.count <= IndexRules.listMax
        else {
            throw .state(.chunk)
        }
        var cost = VectorCost()
        for id in ids {
            guard id < head.nextID, let record = rows.records[id],
                let entry = VectorEntry(id: id, record: record, dimension: parameters.dimension)
            else { throw .state(.record) }
            append(entry, leaf: Commitment.record(entry), to: node, list, cost: &cost)
        }
    }
}

/// State entries of one collection by kind.
private struct StateRows {
    struct Chunk: Hashable {
        var list: UInt32
        var chunk: Int
    }

    var parameters: [UInt8]?
    var head: [UInt8]?
    var records: [UInt64: [UInt8]] = [:]
    var lists: [UInt32: [UInt8]] = [:]
    var supers: [UInt32: [UInt8]] = [:]
    var chunks: [Chunk: [UInt64]] = [:]

    init(_ key: VectorStateKey, _ entries: [(key: [UInt8], value: [UInt8])]) {
        parameters = nil
        let prefix = key.parameters.dropLast()
        for entry in entries where entry.key.starts(with: prefix) && entry.key.count > prefix.count {
            let rest = entry.key[(prefix.count + 1)...]
            func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
            switch (entry.key[prefix.count], rest.count) {
            case (UInt8(ascii: "p"), 0): parameters = entry.value
            case (UInt8(ascii: "h"), 0): head = entry.value
            case (UInt8(ascii: "r"), 8): records[number(rest)] = entry.value
            case (UInt8(ascii: "l"), 4): lists[UInt32(number(rest))] = entry.value
            case (UInt8(ascii: "u"), 4): supers[UInt32(number(rest))] = entry.value
            case (UInt8(ascii: "c"), 6):
                let list = UInt32(number(rest.prefix(4)))
                let ids = stride(from: 0, to: entry.value.count, by: 8).map { number(entry.value[$0...].prefix(8)) }
                chunks[Chunk(list: list, chunk: Int(number(rest.suffix(2))))] = ids
            default: break
            }
        }
    }
}
