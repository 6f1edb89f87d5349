internal import Cryptography

/// One entry that a commit writes; no value removes the key.
package struct VectorChange: Hashable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]?

    package init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

extension VectorCollection {
    /// Hashes what changed and hands over what the state must hold, by rising key; `head.root` is the root now.
    ///
    /// Without an operation since the last one it hands over nothing.
    ///
    /// - Complexity: for each changed chunk its codes, 16 labels and 16 record hashes; for each changed list and super one
    ///   hash over its chunks or lists.
    package mutating func commit() -> [VectorChange] {
        let before = head
        let byNode = Dictionary(grouping: changes.lists) { superOfList[Int($0)] }
        let touched = Set(byNode.keys).union(changes.supers)
        for id in touched.sorted() {
            guard let node = superCentroids.index(of: id) else { preconditionFailure("a super without a place") }
            commit(node, lists: (byNode[id] ?? []).sorted())
        }
        for list in changes.listHeads { changes.set(key.list(list), listHead(list)) }
        for id in changes.supers {
            guard let node = superCentroids.index(of: id) else { preconditionFailure("a super without a place") }
            changes.set(key.superEntry(id), superCentroids.encoded(node))
        }
        let isChanged = !changes.entries.isEmpty || !touched.isEmpty
        if isChanged {
            head.root = Commitment.root(parameters, count: head.count, branches: branches())
            changes.set(key.head, head.encoded())
        }
        let rows = changes.entries.map { VectorChange(key: $0.key, value: $0.value) }
        precondition(isChanged || before == head)
        changes = PendingChanges()
        return rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private mutating func commit(_ node: Int, lists: [UInt32]) {
        let indices = lists.compactMap { supers[node].centroids.index(of: $0) }
        for index in indices {
            let list = supers[node].lists[index]
            for chunk in 0..<list.chunkCount where list.changedChunks >> UInt32(chunk) & 1 == 1 {
                let places = chunk * IndexRules.chunk..<min(list.count, (chunk + 1) * IndexRules.chunk)
                changes.set(key.chunk(list.id, chunk), list.ids.elements(places).flatMap { Self.bytes($0) })
            }
            for chunk in list.chunkCount..<max(list.chunkCount, Int(list.storedChunks)) {
                changes.remove(key.chunk(list.id, chunk))
            }
        }
        supers[node].commit(indices, chunkBytes: parameters.codeChunkBytes)
    }

    private func listHead(_ list: UInt32) -> [UInt8] {
        let (node, index) = place(of: list)
        return Self.bytes(supers[node].id) + supers[node].centroids.encoded(index)
    }

    func branches() -> [Digest] {
        supers.indices.map {
            Commitment.branch(id: supers[$0].id, centroid: superCentroids.encoded($0), children: supers[$0].root)
        }
    }
}
