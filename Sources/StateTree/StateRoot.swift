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
        var work = TreeWork()
        tree = Self.build(leaves[...], depth: 0, work: &work)
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
    package func applying(_ changes: [(key: [UInt8], value: [UInt8]?)], work: inout TreeWork) -> StateRoot {
        guard !changes.isEmpty else { return self }
        var sorted = changes.map { key, value in
            guard let value else { return Change(place: SHA256.hash(key), leaf: nil) }
            let leaf = StateLeaf(key: key, value: value)
            return Change(place: leaf.keyHash, leaf: leaf)
        }
        sorted.sort { $0.place < $1.place }
        precondition(zip(sorted, sorted.dropFirst()).allSatisfy { $0.place < $1.place }, "a key is changed twice")
        var mine = TreeWork()
        for change in sorted {
            guard let leaf = change.leaf else { continue }
            mine.leaves += 1
            mine.leafBytes += leaf.contentCount
        }
        let result = Self.apply(sorted[...], to: tree, depth: 0, work: &mine)
        work += mine
        return StateRoot(tree: result, count: count + mine.added)
    }

    /// A shard with rows applied, each key once; nil where a key is changed twice or lies in another shard.
    static func shard(_ shard: Subtree, applying rows: [ForestUndo.Row], index: Int) -> Subtree? {
        var sorted = rows.map { row in
            guard let value = row.value else { return Change(place: SHA256.hash(row.key), leaf: nil) }
            let leaf = StateLeaf(key: row.key, value: value)
            return Change(place: leaf.keyHash, leaf: leaf)
        }
        sorted.sort { $0.place < $1.place }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.place < $1.place }),
            sorted.allSatisfy({ StoreShard.index(of: $0.place) == index })
        else { return nil }
        var work = TreeWork()
        return apply(sorted[...], to: shard, depth: StoreShard.depth, work: &work)
    }

    /// All leaves in rising order of their key hashes.
    package func forEachLeaf<Failure: Error>(_ body: (StateLeaf) throws(Failure) -> Void) throws(Failure) {
        try Self.visit(tree, body)
    }

    // MARK: Updating

    /// One change with its place in the tree.
    private struct Change {
        var place: Digest
        var leaf: StateLeaf?
    }

    private static func apply(
        _ changes: ArraySlice<Change>, to subtree: Subtree, depth: Int, work: inout TreeWork
    ) -> Subtree {
        guard let first = changes.first else { return subtree }
        switch subtree {
        case .empty:
            let leaves = changes.compactMap(\.leaf)
            work.added += leaves.count
            return build(leaves[...], depth: depth, work: &work)
        case .leaf(let old):
            if changes.count == 1, first.place == old.keyHash {
                guard let leaf = first.leaf else {
                    work.added -= 1
                    return .empty
                }
                return .leaf(leaf)
            }
            var leaves = changes.compactMap(\.leaf)
            work.added += leaves.count - 1
            if !changes.contains(where: { $0.place == old.keyHash }) {
                let index = leaves.firstIndex { old.keyHash < $0.keyHash } ?? leaves.count
                leaves.insert(old, at: index)
                work.added += 1
            }
            return build(leaves[...], depth: depth, work: &work)
        case .inner(let node):
            let middle = split(changes, depth: depth) { $0.place }
            let left = apply(changes[..<middle], to: node.left, depth: depth + 1, work: &work)
            let right = apply(changes[middle...], to: node.right, depth: depth + 1, work: &work)
            return .joining(left, right, work: &work)
        }
    }

    private static func build(_ leaves: ArraySlice<StateLeaf>, depth: Int, work: inout TreeWork) -> Subtree {
        switch leaves.count {
        case 0: return .empty
        case 1: return .leaf(leaves[leaves.startIndex])
        default:
            let middle = split(leaves, depth: depth) { $0.keyHash }
            let left = build(leaves[..<middle], depth: depth + 1, work: &work)
            let right = build(leaves[middle...], depth: depth + 1, work: &work)
            return .joining(left, right, work: &work)
        }
    }

    /// Where the bit at that depth becomes 1, in a slice sorted by key hash.
    private static func split<Element>(
        _ slice: ArraySlice<Element>, depth: Int, keyHash: (Element) -> Digest
    ) -> Int {
        var (low, high) = (slice.startIndex, slice.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if keyHash(slice[middle]).bit(depth) { high = middle } else { low = middle + 1 }
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
