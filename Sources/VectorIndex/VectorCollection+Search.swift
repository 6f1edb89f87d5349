internal import Cryptography

extension VectorCollection: SearchSource {
    func listCount(_ node: Int) -> Int { supers[node].lists.count }
    func count(_ list: ListPlace) -> Int { supers[list.node].lists[list.list].count }

    func append(listsOf node: Int, from query: [Int8], to scores: inout ListScores) {
        // The table as a whole is not taken, which would count its arrays up and down.
        scores.append(
            query, node: node, rows: supers[node].centroids.rows, norms: supers[node].centroids.norms,
            inverses: supers[node].centroids.inverses, parameters.metric, kernels)
    }

    func codes(_ list: ListPlace) -> UInt { supers[list.node].lists[list.list].codesAddress }
    func labels(_ list: ListPlace) -> [EntryLabel] { supers[list.node].lists[list.list].labels.elements() }

    func vector(_ list: ListPlace, _ place: Int) -> UInt {
        precondition(place < count(list))
        // Its id is what is asked for next, unless it is farther than others.
        Kernels.prefetch(
            at: supers[list.node].lists[list.list].addresses.ids + UInt(place * MemoryLayout<UInt64>.stride))
        return supers[list.node].lists[list.list].vectorsAddress + UInt(place * parameters.dimension)
    }

    func id(_ list: ListPlace, _ place: Int) -> UInt64 { supers[list.node].lists[list.list].ids[place] }

    func name(_ list: ListPlace, _ place: Int) -> (subject: Subject, label: EntryLabel) {
        let subject = supers[list.node].lists[list.list].subjects[place]
        let label = supers[list.node].lists[list.list].labels[place]
        return (subject, label)
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
