extension VectorCollection {
    /// The place of the nearest super.
    func nearestSuper(_ centroid: [Int8], cost: inout VectorCost) -> Int {
        var dots: [Int32] = []
        cost.distances += superCentroids.count
        return nearest(centroid, in: superCentroids, 1, dots: &dots)[0]
    }

    /// Brings a super's centroid to the mean of its lists' centroids.
    mutating func refresh(_ node: Int) {
        let table = supers[node].centroids
        let means = TwoMeans.means(
            table.rows.span, [Bool](repeating: false, count: table.count), parameters.dimension, kernels)
        guard let mean = means.0 else { return }
        superCentroids.replace(node, Centroid(nearest: mean))
        changes.supers.insert(supers[node].id)
    }

    /// Puts a list under the nearest super, if that is another one and has room.
    mutating func move(_ id: UInt32, cost: inout VectorCost) {
        let (node, index) = place(of: id)
        let table = supers[node].centroids
        let to = nearestSuper(table.row(index), cost: &cost)
        guard to != node, table.count > 1, supers[to].lists.count < IndexRules.fanOut(supers: supers.count) else {
            return
        }
        let list = supers[node].lists[index]
        supers[node].remove(index)
        supers[to].insert(list, Centroid(step: table.steps[index], row: table.row(index)))
        superOfList[Int(id)] = supers[to].id
        changes.lists.insert(id)
        changes.listHeads.insert(id)
        changes.supers.insert(supers[node].id)
        changes.supers.insert(supers[to].id)
    }

    /// Cuts a super's lists in two, then gives each to the super that is nearest to it.
    ///
    /// The second half goes under a new super.
    mutating func splitSuper(_ node: Int, cost: inout VectorCost) {
        let old = supers[node]
        let cut = TwoMeans(
            rows: old.centroids.rows, ids: old.centroids.ids.map(UInt64.init), dimension: parameters.dimension,
            kernels: kernels)
        cost += VectorCost(distances: cut.distances, lists: 2)
        addSuper(cut.centroids[1])
        let other = supers.count - 1
        for (index, list) in old.lists.enumerated() where cut.isSecond[index] {
            supers[other].append(list, Centroid(step: old.centroids.steps[index], row: old.centroids.row(index)))
            supers[node].remove(supers[node].centroids.index(of: list.id)!)
            superOfList[Int(list.id)] = supers[other].id
            changes.lists.insert(list.id)
            changes.listHeads.insert(list.id)
        }
        refresh(node)
        refresh(other)
        for list in old.lists { move(list.id, cost: &cost) }
        refresh(node)
        refresh(other)
    }
}
