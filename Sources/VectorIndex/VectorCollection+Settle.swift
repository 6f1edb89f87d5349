internal import Cryptography

extension VectorCollection {
    /// Does queued splits and merges, at most `budget` of them: the end of a block.
    ///
    /// Lists above `listTarget` are split first, then lists below `listMin` are merged, each by rising id. What a step
    /// makes too long or too short waits for the next call if the budget is spent.
    ///
    /// - Returns: how many steps were done.
    package mutating func settle(budget: Int, cost: inout VectorCost) -> Int {
        var steps = 0
        while steps < budget, let list = overfull.numbers.first {
            let (node, index) = place(of: list)
            split(node, index, cost: &cost)
            steps += 1
        }
        while steps < budget, listCountIsAbove1, let list = underfull.numbers.first {
            merge(list, cost: &cost)
            steps += 1
        }
        return steps
    }

    private var listCountIsAbove1: Bool { supers.count > 1 || (supers.first?.lists.count ?? 0) > 1 }

    /// Gives the few entries of a list to the lists that are nearest to them.
    private mutating func merge(_ id: UInt32, cost: inout VectorCost) {
        let (node, index) = place(of: id)
        let list = supers[node].lists[index]
        for chunk in 0..<Int(list.storedChunks) { changes.remove(key.chunk(id, chunk)) }
        changes.remove(key.list(id))
        changes.lists.remove(id)
        changes.listHeads.remove(id)
        overfull.set(id, false)
        underfull.set(id, false)
        superOfList[Int(id)] = 0
        supers[node].remove(index)
        changes.supers.insert(supers[node].id)
        refresh(node)
        if supers[node].lists.isEmpty {
            changes.supers.remove(supers[node].id)
            changes.remove(key.superEntry(supers[node].id))
            supers.remove(at: node)
            superCentroids.remove(node)
        }
        cost.lists += 1
        for place in 0..<list.count {
            let entry = list.entry(place, dimension: parameters.dimension)
            self.place(entry, cost: &cost)
        }
    }
}
