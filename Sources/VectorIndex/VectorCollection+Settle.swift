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

    // MARK: Splits

    /// Cuts a list in two; the second half is a new list under the same super, and entries near the border move.
    mutating func split(_ node: Int, _ list: Int, cost: inout VectorCost) {
        let dimension = parameters.dimension
        let old = supers[node].lists[list]
        let neighbours = neighbours(of: node, list, cost: &cost)
        let cut = TwoMeans(rows: old.vectors, ids: old.ids, dimension: dimension, kernels: kernels)
        cost += VectorCost(distances: cut.distances, lists: 1, bytes: old.vectors.count)
        supers[node].lists[list].removeAll()
        supers[node].centroids.replace(list, cut.centroids[0])
        changes.listHeads.insert(old.id)
        addList(to: node, cut.centroids[1])
        let other = supers[node].lists.count - 1
        for place in 0..<old.count {
            append(
                old.entry(place, dimension: dimension), leaf: old.leaves[place], to: node,
                cut.isSecond[place] ? other : list, cost: &cost)
        }
        reassign(node, [list, other], neighbours, cost: &cost)
        if supers[node].lists.count > IndexRules.fanOutMax { splitSuper(node, cost: &cost) }
    }

    /// The nearest lists under the same super, nearest first.
    private func neighbours(of node: Int, _ list: Int, cost: inout VectorCost) -> [Int] {
        let table = supers[node].centroids
        var dots: [Int32] = []
        let near = nearest(table.row(list), in: table, IndexRules.neighbours + 1, dots: &dots)
        cost.distances += table.count
        return Array(near.filter { $0 != list }.prefix(IndexRules.neighbours))
    }

    /// An entry that another list is nearer to.
    private struct Move {
        let from: Int
        let place: Int
        let to: Int
    }

    /// Moves entries of the halves that a neighbour is nearer to, and entries of the neighbours that a half is nearer to.
    ///
    /// All are found before the first one moves. Nothing is moved into a list that has reached its target or out of one
    /// at its least, so that no move queues another step.
    private mutating func reassign(_ node: Int, _ halves: [Int], _ neighbours: [Int], cost: inout VectorCost) {
        var moves: [Move] = []
        for half in halves { moves += self.moves(node, from: half, to: neighbours, cost: &cost) }
        for neighbour in neighbours.sorted() { moves += self.moves(node, from: neighbour, to: halves, cost: &cost) }
        // From the last place down, so that a removal moves no entry that is still to go.
        for move in moves.reversed() {
            guard supers[node].lists[move.to].count < IndexRules.listTarget,
                supers[node].lists[move.from].count > IndexRules.listMin
            else { continue }
            let list = supers[node].lists[move.from]
            let entry = list.entry(move.place, dimension: parameters.dimension)
            let leaf = list.leaves[move.place]
            remove(node, move.from, move.place, cost: &cost)
            append(entry, leaf: leaf, to: node, move.to, cost: &cost)
        }
    }

    private func moves(_ node: Int, from source: Int, to targets: [Int], cost: inout VectorCost) -> [Move] {
        let list = supers[node].lists[source]
        let table = supers[node].centroids
        var scores: [[Int32]] = []
        for target in [source] + targets {
            var dots: [Int32] = []
            kernels.dots(table.row(target), rows: list.vectors, count: list.count, into: &dots)
            scores.append(dots.map { table.norms[target] - 2 * $0 })
        }
        cost += VectorCost(distances: list.count * scores.count, lists: 1, bytes: list.vectors.count)
        return (0..<list.count).compactMap { place in
            var best = 0
            for candidate in 1..<scores.count where scores[candidate][place] < scores[best][place] { best = candidate }
            return best == 0 ? nil : Move(from: source, place: place, to: targets[best - 1])
        }
    }

    /// Cuts a super's lists in two; the second half goes under a new super.
    private mutating func splitSuper(_ node: Int, cost: inout VectorCost) {
        let old = supers[node]
        let cut = TwoMeans(
            rows: old.centroids.rows, ids: old.centroids.ids.map(UInt64.init), dimension: parameters.dimension,
            kernels: kernels)
        cost += VectorCost(distances: cut.distances, lists: 2)
        addSuper(cut.centroids[1])
        superCentroids.replace(node, cut.centroids[0])
        changes.supers.insert(old.id)
        var first = SuperNode(id: old.id, dimension: parameters.dimension)
        let other = supers.count - 1
        for (index, list) in old.lists.enumerated() {
            let centroid = Centroid(step: old.centroids.steps[index], row: old.centroids.row(index))
            changes.lists.insert(list.id)
            guard cut.isSecond[index] else {
                first.append(list, centroid)
                continue
            }
            supers[other].append(list, centroid)
            superOfList[Int(list.id)] = supers[other].id
            changes.listHeads.insert(list.id)
        }
        supers[node] = first
    }

    // MARK: Merges

    /// Gives the few entries of a list to the lists that are nearest to them.
    private mutating func merge(_ id: UInt32, cost: inout VectorCost) {
        let (node, index) = place(of: id)
        let list = supers[node].lists[index]
        for chunk in 0..<list.storedChunks { changes.remove(key.chunk(id, chunk)) }
        changes.remove(key.list(id))
        changes.lists.remove(id)
        changes.listHeads.remove(id)
        overfull.set(id, false)
        underfull.set(id, false)
        superOfList[Int(id)] = 0
        supers[node].remove(index)
        changes.supers.insert(supers[node].id)
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
