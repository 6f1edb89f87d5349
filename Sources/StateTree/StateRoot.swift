package import Cryptography
package import Proofs

/// One version of one store: an immutable tree.
///
/// Copies are cheap and safe to read from any thread.
package struct StateRoot: Sendable {
    let tree: Subtree
    /// Number of keys.
    package let count: Int

    /// The empty tree.
    package init() {
        tree = .empty
        count = 0
    }

    private init(tree: Subtree, count: Int) {
        self.tree = tree
        self.count = count
    }

    /// Builds a tree from leaves in rising order of their key hashes, each key once; nil for any other order.
    ///
    /// - Complexity: about one inner hash a leaf.
    package init?(sorted leaves: [StateLeaf]) {
        for (one, next) in zip(leaves, leaves.dropFirst()) where one.keyHash >= next.keyHash { return nil }
        var notes = Notes()
        tree = Self.build(leaves, leaves.indices, depth: 0, &notes)
        count = leaves.count
    }

    package var hash: Digest { tree.hash }

    /// A key's value, or nil.
    package func value(_ key: [UInt8]) -> [UInt8]? { leaf(key)?.value }

    func leaf(_ key: [UInt8]) -> StateLeaf? {
        guard let leaf = leaf(at: SHA256.hash(key)), leaf.isFor(key) else { return nil }
        return leaf
    }

    /// The leaf whose key has that SHA-256, or nil.
    package func leaf(at place: Digest) -> StateLeaf? { tree.leaf(at: place) }

    /// The tree with changes applied, each key once; a nil value removes its key.
    ///
    /// - Complexity: for m changes to n keys about m x (3 + log2(n / m) + 2) hashes, and as many new nodes.
    package func updated(by changes: [(key: [UInt8], value: [UInt8]?)]) -> StateRootUpdate {
        guard !changes.isEmpty else { return StateRootUpdate(root: self, work: TreeWork(), undone: []) }
        guard let sorted = Change.sorted(changes) else { preconditionFailure("a key is changed twice") }
        var notes = Notes()
        notes.undone.reserveCapacity(sorted.count)
        for change in sorted {
            guard let leaf = change.leaf else { continue }
            notes.work.leaves += 1
            notes.work.leafBytes += leaf.contentCount
        }
        let result = Self.apply(sorted, sorted.indices, to: tree, depth: 0, &notes)
        return StateRootUpdate(
            root: StateRoot(tree: result, count: count + notes.work.added), work: notes.work, undone: notes.undone)
    }

    /// A shard with rows applied, each key once; nil where a key is changed twice or lies in another shard.
    static func shard(_ shard: Subtree, applying rows: [ForestUndo.Row], index: Int) -> Subtree? {
        guard let sorted = Change.sorted(rows.map { (key: $0.key, value: $0.value) }),
            sorted.allSatisfy({ StoreShard.index(of: $0.place) == index })
        else { return nil }
        var notes = Notes()
        return apply(sorted, sorted.indices, to: shard, depth: StoreShard.depth, &notes)
    }

    /// All leaves in rising order of their key hashes.
    package func forEachLeaf<Failure: Error>(_ body: (StateLeaf) throws(Failure) -> Void) throws(Failure) {
        try Self.visit(tree, body)
    }

    // MARK: Updating

    /// What is noted on the way through the tree.
    private struct Notes {
        var work = TreeWork()
        /// Changes up to this one have been fetched for.
        var fetched = 0
        /// What was read for them: it must go somewhere, or it would not be read.
        var read: UInt64 = 0
        /// By rising place.
        var undone: [StateRootUpdate.Undone] = []

        /// Notes that a change met an old leaf, or nothing; one that changes nothing is no change.
        mutating func met(_ old: StateLeaf?, _ change: Change) {
            guard old?.hash != change.leaf?.hash else { return }
            undone.append(
                .init(
                    shard: StoreShard.index(of: change.place),
                    row: ForestUndo.Row(key: change.key, value: old?.value)))
        }
    }

    /// One change with its place in the tree.
    private struct Change {
        var place: Digest
        var key: [UInt8]
        var leaf: StateLeaf?

        /// Changes by rising place; nil where a key is changed twice.
        ///
        /// Places are sorted before leaves are made: moving references about would cost more than all comparisons, and
        /// leaves that are neighbours in the tree become neighbours in memory.
        static func sorted(_ changes: [(key: [UInt8], value: [UInt8]?)]) -> [Change]? {
            var order = changes.indices.map { (place: SHA256.hash(changes[$0].key), index: $0) }
            order.sort { $0.place < $1.place }
            for index in order.indices.dropFirst() where order[index - 1].place == order[index].place { return nil }
            return order.map { place, index in
                let (key, value) = changes[index]
                return Change(
                    place: place, key: key, leaf: value.map { StateLeaf(key: key, keyHash: place, value: $0) })
            }
        }
    }

    /// The subtree with a range of sorted changes applied.
    ///
    /// Array and range, not a slice: a slice would hold the array anew at each step.
    private static func apply(
        _ changes: [Change], _ range: Range<Int>, to subtree: Subtree, depth: Int, _ notes: inout Notes
    ) -> Subtree {
        if range.isEmpty { return subtree }
        switch subtree {
        case .empty:
            for change in changes[range] { notes.met(nil, change) }
            let leaves = changes[range].compactMap(\.leaf)
            notes.work.added += leaves.count
            return build(leaves, leaves.indices, depth: depth, &notes)
        case .leaf(let old):
            for change in changes[range] { notes.met(change.place == old.keyHash ? old : nil, change) }
            if range.count == 1, changes[range.lowerBound].place == old.keyHash {
                guard let leaf = changes[range.lowerBound].leaf else {
                    notes.work.added -= 1
                    return .empty
                }
                return .leaf(leaf)
            }
            var leaves = changes[range].compactMap(\.leaf)
            notes.work.added += leaves.count - 1
            if !changes[range].contains(where: { $0.place == old.keyHash }) {
                let index = leaves.firstIndex { old.keyHash < $0.keyHash } ?? leaves.count
                leaves.insert(old, at: index)
                notes.work.added += 1
            }
            return build(leaves, leaves.indices, depth: depth, &notes)
        case .inner(let node):
            if range.count <= Fetching.count, notes.fetched < range.upperBound {
                notes.fetched = range.upperBound
                notes.read ^= Fetching.fetch(below: node, depth: depth, places: changes[range].lazy.map(\.place.prefix))
            }
            let middle = split(range, depth: depth) { changes[$0].place }
            let left = apply(changes, range.lowerBound..<middle, to: node.left, depth: depth + 1, &notes)
            let right = apply(changes, middle..<range.upperBound, to: node.right, depth: depth + 1, &notes)
            return .joining(left, right, work: &notes.work)
        }
    }

    private static func build(
        _ leaves: [StateLeaf], _ range: Range<Int>, depth: Int, _ notes: inout Notes
    ) -> Subtree {
        switch range.count {
        case 0: return .empty
        case 1: return .leaf(leaves[range.lowerBound])
        default:
            let middle = split(range, depth: depth) { leaves[$0].keyHash }
            let left = build(leaves, range.lowerBound..<middle, depth: depth + 1, &notes)
            let right = build(leaves, middle..<range.upperBound, depth: depth + 1, &notes)
            return .joining(left, right, work: &notes.work)
        }
    }

    /// Where the bit at that depth becomes 1, in a range sorted by place.
    private static func split(_ range: Range<Int>, depth: Int, place: (Int) -> Digest) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if place(middle).bit(depth) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func visit<Failure: Error>(
        _ subtree: Subtree, _ body: (StateLeaf) throws(Failure) -> Void
    ) throws(Failure) {
        switch subtree {
        case .empty: break
        case .leaf(let leaf): try body(leaf)
        case .inner(let node):
            try visit(node.left, body)
            try visit(node.right, body)
        }
    }
}

// MARK: Proofs

extension StateRoot {
    /// The ICS-23 proof that a key is present with its value, or absent.
    package func proof(of key: [UInt8]) -> CommitmentProof {
        if let leaf = leaf(key) { return .exist(path(to: leaf).existence) }
        let place = SHA256.hash(key)
        return Jellyfish.absence(
            of: key, left: neighbour(of: place, right: false).map(path),
            right: neighbour(of: place, right: true).map(path))
    }

    private func path(to leaf: StateLeaf) -> Jellyfish.LeafPath {
        Jellyfish.LeafPath(key: leaf.key, value: leaf.value, siblings: tree.siblings(of: leaf.keyHash))
    }

    private func neighbour(of place: Digest, right: Bool) -> StateLeaf? { tree.neighbour(of: place, right: right) }
}
