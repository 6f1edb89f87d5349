internal import Cryptography

extension VectorCollection: SearchSource {
    func centroids(_ node: Int) -> CentroidTable { supers[node].centroids }
    func count(_ list: ListPlace) -> Int { supers[list.node].lists[list.list].count }
    func codes(_ list: ListPlace) -> [UInt8] { supers[list.node].lists[list.list].codes }
    func labels(_ list: ListPlace) -> [EntryLabel] { supers[list.node].lists[list.list].labels }

    func compare(_ query: [Int8], _ list: ListPlace, _ place: Int, wantsNorm: Bool) -> Comparison {
        let dot = kernels.dot(query, row: place, of: supers[list.node].lists[list.list].vectors)
        var norm: Int32 = 0
        if wantsNorm {
            let vector = supers[list.node].lists[list.list].vector(place, dimension: parameters.dimension)
            norm = kernels.dot(vector, vector)
        }
        return Comparison(id: supers[list.node].lists[list.list].ids[place], dot: dot, norm: norm)
    }

    func prefetch(_ list: ListPlace) {
        let codes = supers[list.node].lists[list.list].codes
        Kernels.prefetch(codes, from: 0, count: 2 * parameters.codeChunkBytes)
    }

    func prefetch(_ list: ListPlace, _ place: Int) {
        let dimension = parameters.dimension
        Kernels.prefetch(supers[list.node].lists[list.list].vectors, from: place * dimension, count: dimension)
    }

    func name(_ list: ListPlace, _ place: Int) -> (subject: Subject, label: EntryLabel) {
        (supers[list.node].lists[list.list].subjects[place], supers[list.node].lists[list.list].labels[place])
    }

    /// Answers a query from the live index; cost is added to `cost`.
    ///
    /// Any thread may ask its own copy.
    ///
    /// - Throws: `query` for a number out of its range, and what `admit` throws for the query's vector.
    package func search(_ query: SearchQuery, state: some VectorStateReader, cost: inout VectorCost)
        throws(VectorFailure) -> [Neighbour]
    {
        let search = try run(query, state: state)
        cost += search.cost
        return search.neighbours
    }

    /// Answers many queries, in their order.
    package func search(_ queries: [SearchQuery], state: some VectorStateReader, cost: inout VectorCost)
        throws(VectorFailure) -> [[Neighbour]]
    {
        var answers: [[Neighbour]] = []
        for query in queries { answers.append(try search(query, state: state, cost: &cost)) }
        return answers
    }

    func run(_ query: SearchQuery, state: some VectorStateReader) throws(VectorFailure) -> Search {
        try query.check()
        let vector = try parameters.admit(query.vector)
        var owner: UInt32?
        if let name = query.owner {
            // Number 0 is nobody's: an owner that has never written here owns nothing.
            owner = changes.value(key.owner(name), state).map { $0.reduce(0) { $0 << 8 | UInt32($1) } } ?? 0
        }
        do {
            return try Search(query, vector: vector, owner: owner, in: self)
        } catch {
            preconditionFailure("a live index lacks nothing")
        }
    }
}
