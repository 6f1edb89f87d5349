internal import Cryptography

/// One collection, live: a value whose copies share what neither changes.
///
/// A block works on a copy, so readers of earlier states and other speculative blocks are never disturbed. Operations
/// check first and then write: one that throws has changed nothing. What they write to the state is handed over by
/// `commit()`, at the end of a block and after `settle`, and only then is `head.root` the root.
///
/// Not Hashable and without an order of its own: the state is `head.root`.
package struct VectorCollection: Sendable {
    package let parameters: CollectionParameters
    package let key: VectorStateKey
    package internal(set) var head = CollectionHead()
    let kernels: Kernels
    var supers: [SuperNode] = []
    var superCentroids: CentroidTable
    /// List of each id, and super of each list.
    var listOfID = NumberMap()
    var superOfList = NumberMap()
    /// Lists above `listTarget` and below `listMin`, by rising id.
    var overfull = NumberSet()
    var underfull = NumberSet()
    var changes = PendingChanges()

    /// An empty collection; its parameters are state with the first `commit()`.
    package init(_ parameters: CollectionParameters, number: UInt32, kernels: Kernels = .best) {
        self.parameters = parameters
        self.kernels = kernels
        key = VectorStateKey(collection: number)
        superCentroids = CentroidTable(dimension: parameters.dimension)
        head.root = Commitment.root(parameters, count: 0, branches: [])
        changes.set(key.parameters, parameters.encoded())
    }

    /// Vectors held.
    package var count: Int { Int(head.count) }
    /// Lists that wait for a split or a merge: `settle` has this much to do.
    package var queuedCount: Int { overfull.numbers.count + (head.count == 0 ? 0 : underfull.numbers.count) }
    /// Lists and supers: what probes are chosen by.
    package var listCount: Int { supers.reduce(0) { $0 + $1.lists.count } }
    package var superCount: Int { supers.count }

    /// Where a list stands.
    func place(of list: UInt32) -> (node: Int, list: Int) {
        guard let node = superCentroids.index(of: superOfList[Int(list)]),
            let index = supers[node].centroids.index(of: list)
        else { preconditionFailure("a list without a place") }
        return (node, index)
    }

    /// Notes what a list's length calls for.
    mutating func noteLength(_ list: UInt32, _ count: Int) {
        overfull.set(list, count > IndexRules.listTarget)
        underfull.set(list, count < IndexRules.listMin)
        changes.lists.insert(list)
    }
}

/// A few numbers in rising order.
struct NumberSet: Sendable {
    private(set) var numbers: [UInt32] = []

    mutating func set(_ number: UInt32, _ isIn: Bool) {
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        let isThere = low < numbers.count && numbers[low] == number
        if isIn && !isThere { numbers.insert(number, at: low) }
        if !isIn && isThere { numbers.remove(at: low) }
    }
}

/// What the next `commit()` writes.
struct PendingChanges: Sendable {
    /// Entries whose values are known.
    private(set) var entries: [[UInt8]: [UInt8]?] = [:]
    /// Lists whose chunks changed.
    var lists: Set<UInt32> = []
    /// Lists and supers whose centroid or place changed.
    var listHeads: Set<UInt32> = []
    var supers: Set<UInt32> = []

    mutating func set(_ key: [UInt8], _ value: [UInt8]) { entries.updateValue(value, forKey: key) }
    mutating func remove(_ key: [UInt8]) { entries.updateValue(nil, forKey: key) }

    /// A value that was written and not yet handed over, else the state's.
    func value(_ key: [UInt8], _ state: some VectorStateReader) -> [UInt8]? {
        if let written = entries[key] { return written }
        return state.value(key)
    }
}
