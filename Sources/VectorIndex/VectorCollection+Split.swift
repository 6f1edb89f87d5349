internal import Cryptography

extension VectorCollection {
    /// Cuts a list in two, gives each half to the nearest super, and moves entries near the border.
    mutating func split(_ node: Int, _ list: Int, cost: inout VectorCost) {
        let dimension = parameters.dimension
        let old = supers[node].lists[list]
        let neighbours = neighbours(of: supers[node].centroids.row(list), except: old.id, cost: &cost)
        let ids = old.ids.elements()
        let before = scores(old, supers[node].centroids, list)
        let cut = TwoMeans(
            rows: old.vectors.elements(), ids: ids, dimension: dimension, kernels: kernels)
        cost += VectorCost(distances: cut.distances, lists: 1, bytes: old.vectors.count)
        supers[node].lists[list].removeAll()
        supers[node].centroids.replace(list, cut.centroids[0])
        changes.listHeads.insert(old.id)
        let second = head.nextList
        addList(to: nearestSuper(cut.centroids[1].row, cost: &cost), cut.centroids[1])
        let halves = [old.id, second]
        let places = halves.map { place(of: $0) }
        for place in 0..<old.count {
            let half = places[cut.isSecond[place] ? 1 : 0]
            append(
                old.entry(place, dimension: dimension), leaf: old.leaves[place], to: half.node, half.list, cost: &cost)
        }
        reassign(halves, neighbours, cost: &cost)
        reroute(halves, Dictionary(uniqueKeysWithValues: zip(ids, before)), cost: &cost)
        for list in halves + neighbours { recentre(list, cost: &cost) }
        move(old.id, cost: &cost)
        for half in halves { refresh(place(of: half).node) }
        let crowded = place(of: second).node
        if supers[crowded].lists.count > IndexRules.fanOut(supers: supers.count) { splitSuper(crowded, cost: &cost) }
    }

    /// The lists that are nearest to a list, nearest first, among those that an insert would look at.
    private func neighbours(of centroid: [Int8], except id: UInt32, cost: inout VectorCost) -> [UInt32] {
        var dots: [Int32] = []
        var scores: [Int32] = []
        var ids: [UInt32] = []
        let nodes = nearest(centroid, in: superCentroids, IndexRules.insertSupers, dots: &dots)
        cost.distances += superCentroids.count
        for node in nodes.sorted() {
            let table = supers[node].centroids
            dots.removeAll(keepingCapacity: true)
            kernels.dots(centroid, rows: table.rows, count: table.count, into: &dots)
            cost.distances += table.count
            for (index, dot) in dots.enumerated() where table.ids[index] != id {
                scores.append(table.norms[index] - 2 * dot)
                ids.append(table.ids[index])
            }
        }
        var selection = Selection(kernels, capacity: IndexRules.neighbours)
        selection.offer(scores.span)
        return selection.sorted().map { ids[$0.ordinal] }
    }

    /// An entry that another list is nearer to.
    private struct Move {
        let from: UInt32
        let place: Int
        let to: UInt32
    }

    /// Moves entries of the halves that a neighbour is nearer to, and entries of the neighbours that a half is nearer to.
    ///
    /// All are found before the first one moves. Nothing is moved into a list that has reached its target or out of one
    /// at its least, so that no move queues another step.
    private mutating func reassign(_ halves: [UInt32], _ neighbours: [UInt32], cost: inout VectorCost) {
        var moves: [Move] = []
        for half in halves { moves += self.moves(from: half, to: neighbours, cost: &cost) }
        for neighbour in neighbours.sorted() { moves += self.moves(from: neighbour, to: halves, cost: &cost) }
        // From the last place down, so that a removal moves no entry that is still to go.
        for move in moves.reversed() {
            let from = place(of: move.from)
            let to = place(of: move.to)
            let list = supers[from.node].lists[from.list]
            guard supers[to.node].lists[to.list].count < IndexRules.listTarget, list.count > IndexRules.listMin else {
                continue
            }
            let entry = list.entry(move.place, dimension: parameters.dimension)
            let leaf = list.leaves[move.place]
            remove(from.node, from.list, move.place, cost: &cost)
            append(entry, leaf: leaf, to: to.node, to.list, cost: &cost)
        }
    }

    /// Brings a list's centroid to the mean of its entries and makes its codes anew.
    ///
    /// Done to what a split has changed, it is a step of k-means where the index grows.
    private mutating func recentre(_ id: UInt32, cost: inout VectorCost) {
        let (node, index) = place(of: id)
        let list = supers[node].lists[index]
        let vectors = list.vectors
        let means = TwoMeans.means(
            vectors.span, [Bool](repeating: false, count: list.count), parameters.dimension, kernels)
        guard let mean = means.0 else { return }
        let centroid = Centroid(nearest: mean)
        cost += VectorCost(lists: 1, bytes: list.vectors.count)
        guard centroid.row != supers[node].centroids.row(index) else { return }
        supers[node].centroids.replace(index, centroid)
        supers[node].lists[index].encode(around: centroid.row, parameters, kernels)
        changes.lists.insert(id)
        changes.listHeads.insert(id)
        cost += VectorCost(codes: list.count, bytes: list.codes.count)
    }

    /// Finds the nearest list of all anew for entries that the split has left farther from a centroid than they were.
    ///
    /// An entry that came before its like had a list of their own is found again so. At most `reroutedMax` are looked at.
    private mutating func reroute(_ halves: [UInt32], _ before: [UInt64: Int32], cost: inout VectorCost) {
        var left = IndexRules.reroutedMax
        for half in halves {
            let from = place(of: half)
            let list = supers[from.node].lists[from.list]
            let now = scores(list, supers[from.node].centroids, from.list)
            cost.distances += list.count
            for place in (0..<list.count).reversed() where left > 0 {
                guard let earlier = before[list.ids[place]], now[place] > earlier else { continue }
                left -= 1
                let entry = list.entry(place, dimension: parameters.dimension)
                let to = route(entry.vector, cost: &cost)
                let target = supers[to.node].lists[to.list]
                guard target.id != half, target.count < IndexRules.listTarget,
                    supers[from.node].lists[from.list].count > IndexRules.listMin
                else { continue }
                remove(from.node, from.list, place, cost: &cost)
                append(entry, leaf: list.leaves[place], to: to.node, to.list, cost: &cost)
            }
        }
    }

    /// What entries of a list are compared by: the squared distance to a centroid less their squared length.
    private func scores(_ list: PostingList, _ table: CentroidTable, _ index: Int) -> [Int32] {
        var dots: [Int32] = []
        kernels.dots(table.row(index), rows: list.vectors, count: list.count, into: &dots)
        return dots.map { table.norms[index] - 2 * $0 }
    }

    private func moves(from source: UInt32, to targets: [UInt32], cost: inout VectorCost) -> [Move] {
        let from = place(of: source)
        let list = supers[from.node].lists[from.list]
        var scores: [[Int32]] = []
        for target in [source] + targets {
            let place = place(of: target)
            let table = supers[place.node].centroids
            var dots: [Int32] = []
            kernels.dots(table.row(place.list), rows: list.vectors, count: list.count, into: &dots)
            scores.append(dots.map { table.norms[place.list] - 2 * $0 })
        }
        cost += VectorCost(distances: list.count * scores.count, lists: 1, bytes: list.vectors.count)
        return (0..<list.count).compactMap { place in
            var best = 0
            for candidate in 1..<scores.count where scores[candidate][place] < scores[best][place] { best = candidate }
            return best == 0 ? nil : Move(from: source, place: place, to: targets[best - 1])
        }
    }
}
