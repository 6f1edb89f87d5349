package import Cryptography

extension VectorCollection {
    /// Removes a subject's vector; its owner may, and the collection's.
    ///
    /// - Throws: `unknown`, `notPermitted`.
    package mutating func delete(
        _ subject: Subject, by writer: Digest, state: some VectorStateReader, cost: inout VectorCost
    ) throws(VectorFailure) {
        guard let id = id(of: subject, state: state) else { throw .unknown }
        let (node, list, place) = place(of: id)
        let label = supers[node].lists[list].labels[place]
        let isOwner = changes.value(key.ownerName(label.owner), state) == writer.bytes
        guard isOwner || writer == parameters.owner else { throw .notPermitted }
        changes.remove(key.record(id))
        changes.remove(key.subject(subject))
        head.count -= 1
        remove(node, list, place, cost: &cost)
        listOfID[Int(id)] = 0
    }

    /// The entry of an id, or nil.
    package func entry(_ id: UInt64) -> VectorEntry? {
        guard id < head.nextID, listOfID[Int(id)] != 0 else { return nil }
        let (node, list, place) = place(of: id)
        return supers[node].lists[list].entry(place, dimension: parameters.dimension)
    }

    private func place(of id: UInt64) -> (node: Int, list: Int, place: Int) {
        let (node, list) = place(of: listOfID[Int(id)])
        guard let place = supers[node].lists[list].place(of: id) else {
            preconditionFailure("an entry without a place")
        }
        return (node, list, place)
    }

    mutating func remove(_ node: Int, _ list: Int, _ place: Int, cost: inout VectorCost) {
        supers[node].lists[list].remove(
            place, chunkBytes: parameters.codeChunkBytes)
        noteLength(supers[node].lists[list].id, supers[node].lists[list].count)
        cost += VectorCost(lists: 1, bytes: parameters.dimension + 2 * parameters.codeChunkBytes)
    }
}
