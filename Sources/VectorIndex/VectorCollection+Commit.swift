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
        let work = touched.sorted().map { id in
            guard let node = superCentroids.index(of: id) else { preconditionFailure("a super without a place") }
            let indices = (byNode[id] ?? []).sorted().compactMap { supers[node].centroids.index(of: $0) }
            return (node: node, lists: indices)
        }
        for (index, one) in work.enumerated() {
            if index + 1 < work.count { prefetch(work[index + 1].node, lists: work[index + 1].lists) }
            commit(one.node, lists: one.lists)
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

    /// Asks for what a commit reads of lists: it is in no cache where there are many.
    private func prefetch(_ node: Int, lists: [Int]) {
        let chunkBytes = parameters.codeChunkBytes
        for index in lists {
            let changed = supers[node].lists[index].changedChunks
            guard changed != 0 else { continue }
            // Of several chunks the last: as a rule there is one.
            let chunk = UInt32.bitWidth - 1 - changed.leadingZeroBitCount
            let first = chunk * IndexRules.chunk
            let codes = supers[node].lists[index].codesAddress
            Kernels.prefetch(UInt8.self, at: codes, from: chunk * chunkBytes, count: chunkBytes)
            let (ids, labels, leaves) = supers[node].lists[index].addresses
            Kernels.prefetch(UInt64.self, at: ids, from: first, count: IndexRules.chunk)
            Kernels.prefetch(EntryLabel.self, at: labels, from: first, count: IndexRules.chunk)
            Kernels.prefetch(Digest.self, at: leaves, from: first, count: IndexRules.chunk)
        }
    }

    private mutating func commit(_ node: Int, lists: [Int]) {
        for index in lists {
            // Columns are asked of the list where it stands: a copy of it would count its references up and down.
            let id = supers[node].lists[index].id
            let count = supers[node].lists[index].count
            let chunkCount = supers[node].lists[index].chunkCount
            let changed = supers[node].lists[index].changedChunks
            for chunk in 0..<chunkCount where changed >> UInt32(chunk) & 1 == 1 {
                let places = chunk * IndexRules.chunk..<min(count, (chunk + 1) * IndexRules.chunk)
                changes.set(key.chunk(id, chunk), Self.bytes(supers[node].lists[index].ids.elements(places)))
            }
            for chunk in chunkCount..<max(chunkCount, Int(supers[node].lists[index].storedChunks)) {
                changes.remove(key.chunk(id, chunk))
            }
        }
        supers[node].commit(lists, chunkBytes: parameters.codeChunkBytes)
    }

    private static func bytes(_ ids: ArraySlice<UInt64>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * ids.count)
        for id in ids { Commitment.append(id, to: &bytes) }
        return bytes
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
