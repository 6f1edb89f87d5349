internal import Codec
package import Cryptography

extension VectorCollection {
    /// Adds a subject's vector.
    ///
    /// The list is the one with the nearest centroid (squared L2, of equal ones the lowest id) under the nearest
    /// `insertSupers` supers. A list that is full is split first.
    ///
    /// - Complexity: a distance for each super and for each list under `insertSupers` of them; with a split, at most
    ///   `IndexRules.splitDistances` more. `cost` counts it.
    /// - Throws: `notPermitted`, `full`, `subjectExists`, or what `admit` throws.
    package mutating func insert(
        _ vector: [Int8], subject: Subject, tag: UInt32 = 0, owner: Digest, state: some VectorStateReader,
        cost: inout VectorCost
    ) throws(VectorFailure) -> UInt64 {
        guard parameters.policy == .anyone || owner == parameters.owner else { throw .notPermitted }
        guard count < parameters.countMax else { throw .full }
        if let id = id(of: subject, state: state) { throw .subjectExists(id: id) }
        let vector = try parameters.admit(vector)
        let label = EntryLabel(tag: tag, owner: number(of: owner, state: state))
        let entry = VectorEntry(id: head.nextID, subject: subject, label: label, vector: vector)
        head.nextID += 1
        head.count += 1
        let record = entry.record()
        changes.set(key.record(entry.id), record)
        changes.set(key.subject(subject), Self.bytes(entry.id))
        cost.bytes += record.count
        place(entry, cost: &cost)
        return entry.id
    }

    /// Gives a subject another vector: the old one goes, the new one comes under a new id.
    ///
    /// - Throws: `unknown`, `notPermitted`, or what `admit` throws.
    package mutating func replace(
        _ subject: Subject, by vector: [Int8], tag: UInt32 = 0, owner: Digest, state: some VectorStateReader,
        cost: inout VectorCost
    ) throws(VectorFailure) -> UInt64 {
        _ = try parameters.admit(vector)
        try delete(subject, by: owner, state: state, cost: &cost)
        return try insert(vector, subject: subject, tag: tag, owner: owner, state: state, cost: &cost)
    }

    /// The id of a subject's vector, or nil.
    package func id(of subject: Subject, state: some VectorStateReader) -> UInt64? {
        changes.value(key.subject(subject), state).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }

    /// An owner's number, given to it now if it has none.
    private mutating func number(of owner: Digest, state: some VectorStateReader) -> UInt32 {
        let name = key.owner(owner)
        if let value = changes.value(name, state) { return value.reduce(0) { $0 << 8 | UInt32($1) } }
        let number = head.nextOwner
        head.nextOwner += 1
        changes.set(name, Self.bytes(number))
        changes.set(key.ownerName(number), owner.bytes)
        return number
    }

    static func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        var bytes: [UInt8] = []
        Commitment.append(value, to: &bytes)
        return bytes
    }

    // MARK: Places

    /// Puts an entry into its list.
    mutating func place(_ entry: VectorEntry, cost: inout VectorCost) {
        if supers.isEmpty { begin(with: entry.vector) }
        var (node, list) = route(entry.vector, cost: &cost)
        if supers[node].lists[list].count >= IndexRules.listMax {
            split(node, list, cost: &cost)
            (node, list) = route(entry.vector, cost: &cost)
        }
        append(entry, leaf: Commitment.record(entry), to: node, list, cost: &cost)
    }

    mutating func append(_ entry: VectorEntry, leaf: Digest, to node: Int, _ list: Int, cost: inout VectorCost) {
        let code = EntryCode(
            entry.vector, centroid: supers[node].centroids.row(list), parameters: parameters, kernels: kernels)
        supers[node].lists[list].append(entry, leaf: leaf, code: code, chunkBytes: parameters.codeChunkBytes)
        let id = supers[node].lists[list].id
        listOfID[Int(entry.id)] = id
        noteLength(id, supers[node].lists[list].count)
        cost += VectorCost(codes: 1, lists: 1, bytes: entry.vector.count + parameters.codeChunkBytes)
    }

    /// The first list, around the first vector.
    private mutating func begin(with vector: [Int8]) {
        let centroid = Centroid(nearest: vector)
        addSuper(centroid)
        addList(to: 0, centroid)
    }

    mutating func addSuper(_ centroid: Centroid) {
        supers.append(SuperNode(id: head.nextSuper, dimension: parameters.dimension))
        superCentroids.append(head.nextSuper, centroid)
        changes.supers.insert(head.nextSuper)
        head.nextSuper += 1
    }

    mutating func addList(to node: Int, _ centroid: Centroid) {
        // The newest id is the greatest.
        supers[node].append(PostingList(id: head.nextList, dimension: parameters.dimension), centroid)
        superOfList[Int(head.nextList)] = supers[node].id
        changes.listHeads.insert(head.nextList)
        noteLength(head.nextList, 0)
        head.nextList += 1
    }

    /// The nearest list under the nearest supers.
    func route(_ vector: [Int8], cost: inout VectorCost) -> (node: Int, list: Int) {
        var dots: [Int32] = []
        let nodes = nearest(vector, in: superCentroids, IndexRules.insertSupers, dots: &dots)
        cost.distances += superCentroids.count
        var best = (score: Int32.max, id: UInt32.max, node: 0, list: 0)
        for (index, node) in nodes.enumerated() {
            if index + 1 < nodes.count { prefetchCentroids(nodes[index + 1]) }
            guard supers[node].centroids.count > 0 else { continue }
            // The table as a whole is not taken, which would count its arrays up and down.
            let found = kernels.nearest(
                vector, rows: supers[node].centroids.rows, norms: supers[node].centroids.norms, scores: &dots)
            cost.distances += supers[node].centroids.count
            guard found.score <= best.score else { continue }
            let id = supers[node].centroids.ids[found.row]
            if found.score < best.score || id < best.id { best = (found.score, id, node, found.row) }
        }
        return (best.node, best.list)
    }

    /// Asks for a super's centroids, of which what stands first is waited for.
    private func prefetchCentroids(_ node: Int) {
        let address = Kernels.address(of: supers[node].centroids.rows)
        Kernels.prefetch(Int8.self, at: address, from: 0, count: min(2_048, supers[node].centroids.rows.count))
    }

    /// Rows whose scores are held at once: small enough for memory that the allocator has at hand.
    private static let rowsAtOnce = 192

    /// The places of the nearest rows of a table (squared L2, of equal ones the first).
    func nearest(_ vector: [Int8], in table: CentroidTable, _ limit: Int, dots: inout [Int32]) -> [Int] {
        var selection = Selection(kernels, capacity: limit)
        dots.reserveCapacity(min(table.count, Self.rowsAtOnce))
        for first in stride(from: 0, to: table.count, by: Self.rowsAtOnce) {
            let count = min(Self.rowsAtOnce, table.count - first)
            let bytes = first * vector.count..<(first + count) * vector.count
            dots.removeAll(keepingCapacity: true)
            kernels.dots(vector, rows: table.rows.span.extracting(bytes), count: count, into: &dots)
            for index in 0..<count { dots[index] = table.norms[first + index] - 2 * dots[index] }
            selection.offer(dots.span, first: first)
        }
        return selection.sorted().map(\.ordinal)
    }
}
