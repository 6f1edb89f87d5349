package import Cryptography
package import Proofs

/// One version of all stores that is no longer held, known as far as the proofs asked for need it.
///
/// It is made from a held later version and what a history says (see ``ForestUndo``): the roots of the stores that
/// differed, the marks of the shards that differed in a store that is looked into, and the changed rows of the shards
/// that a key's proof passes through. Nothing of that is believed: every part must hash to the one above it, and the
/// caller compares ``appHash`` with a header's.
package struct PastForest: Sendable {
    private let names: [String]
    private var roots: [Digest]
    private var stores: [Int: PastStore] = [:]
    package let appHash: Digest

    /// - Parameters:
    ///   - later: a held version. It is not kept, since it would keep all of its nodes.
    ///   - earlier: the roots of the stores that differed, by index.
    package init(later: StoreForest, earlier: [Int: Digest]) {
        names = later.names
        roots = later.roots.indices.map { earlier[$0] ?? later.roots[$0].hash }
        appHash = SimpleMerkle.StoreTree(zip(names, roots).map { (name: $0, value: $1) }).root
    }

    /// Whether a store's marks are known.
    package func isOpen(_ store: Int) -> Bool { stores[store] != nil }

    /// Takes the marks of the shards of a store that differed from a later version's.
    /// - Returns: false where they do not lead to the store's root.
    package mutating func open(_ store: Int, later: StoreForest, earlier: [Int: SubtreeMark]) -> Bool {
        let opened = PastStore(later: later.roots[store].tree, earlier: earlier)
        guard opened.hash == roots[store] else { return false }
        stores[store] = opened
        return true
    }

    /// The shard of an open store that must be loaded before a key can be proven; nil where all are.
    package func missingShard(_ store: Int, key: [UInt8]) -> Int? { stores[store]?.missingShard(for: SHA256.hash(key)) }

    /// Takes the rows of a shard that differed from a later version's, each key once.
    /// - Returns: false where they do not lead to the shard's mark.
    package mutating func load(_ store: Int, shard: Int, later: StoreForest, rows: [ForestUndo.Row]) -> Bool {
        stores[store]?.load(shard, later: StoreShard.all(of: later.roots[store].tree)[shard], rows: rows) ?? false
    }

    /// A key's value, or nil.
    ///
    /// No shard is missing for the key.
    package func value(_ store: Int, key: [UInt8]) -> [UInt8]? { stores[store]?.leaf(key)?.value }

    /// The proof of a key along [store, key] under the app hash, by ``ProofSpec/ledger``.
    ///
    /// No shard is missing for the key.
    package func proof(_ store: Int, key: [UInt8]) -> MerkleProof? {
        guard let inner = stores[store]?.proof(of: key) else { return nil }
        let outer = SimpleMerkle.StoreTree(zip(names, roots).map { (name: $0, value: $1) })
        return MerkleProof(proofs: [inner, outer.proof(of: store)])
    }
}

/// One store of a ``PastForest``: the marks of all shards and what stands above them, and some shards.
private struct PastStore: Sendable {
    /// By heap order: the root at 1, the children of node n at 2n and 2n + 1, shard i at 256 + i.
    private let marks: [SubtreeMark]
    private var shards: [Int: Subtree] = [:]

    init(later tree: Subtree, earlier: [Int: SubtreeMark]) {
        let later = StoreShard.all(of: tree)
        var marks = [SubtreeMark](repeating: SubtreeMark(.empty), count: 2 * StoreShard.count)
        for index in later.indices { marks[StoreShard.count + index] = earlier[index] ?? SubtreeMark(later[index]) }
        for index in (1..<StoreShard.count).reversed() {
            marks[index] = SubtreeMark(marks[2 * index], marks[2 * index + 1])
        }
        self.marks = marks
    }

    var hash: Digest { marks[1].hash }

    mutating func load(_ index: Int, later: Subtree, rows: [ForestUndo.Row]) -> Bool {
        guard rows.allSatisfy({ !$0.key.isEmpty && $0.value?.isEmpty != true }),
            let shard = StateRoot.shard(later, applying: rows, index: index),
            SubtreeMark(shard) == marks[StoreShard.count + index]
        else { return false }
        shards[index] = shard
        return true
    }

    func missingShard(for place: Digest) -> Int? {
        let own = StoreShard.index(of: place)
        guard let shard = shards[own] else { return own }
        if shard.leaf(at: place, depth: StoreShard.depth) != nil { return nil }
        for right in [false, true] where shard.neighbour(of: place, right: right, depth: StoreShard.depth) == nil {
            if let next = next(to: own, right: right), shards[next] == nil { return next }
        }
        return nil
    }

    func leaf(_ key: [UInt8]) -> StateLeaf? {
        let place = SHA256.hash(key)
        guard let leaf = shards[StoreShard.index(of: place)]?.leaf(at: place, depth: StoreShard.depth), leaf.isFor(key)
        else { return nil }
        return leaf
    }

    func proof(of key: [UInt8]) -> CommitmentProof {
        if let leaf = leaf(key) { return .exist(path(to: leaf).existence) }
        let place = SHA256.hash(key)
        return Jellyfish.absence(
            of: key, left: neighbour(of: place, right: false).map(path),
            right: neighbour(of: place, right: true).map(path))
    }

    private func neighbour(of place: Digest, right: Bool) -> StateLeaf? {
        let own = StoreShard.index(of: place)
        return shards[own]?.neighbour(of: place, right: right, depth: StoreShard.depth)
            ?? next(to: own, right: right).flatMap { shards[$0]?.edge(right: !right) }
    }

    /// The nearest shard on one side that is not empty.
    private func next(to index: Int, right: Bool) -> Int? {
        let others = right ? Array(index + 1..<StoreShard.count) : (0..<index).reversed()
        return others.first { marks[StoreShard.count + $0].kind != .empty }
    }

    private func path(to leaf: StateLeaf) -> Jellyfish.LeafPath {
        var siblings: [Digest] = []
        var node = 1
        while node < StoreShard.count, marks[node].kind == .inner {
            let isRight = leaf.keyHash.bit(siblings.count)
            siblings.append(marks[2 * node + (isRight ? 0 : 1)].hash)
            node = 2 * node + (isRight ? 1 : 0)
        }
        if node >= StoreShard.count, let shard = shards[node - StoreShard.count] {
            siblings += shard.siblings(of: leaf.keyHash, depth: StoreShard.depth)
        }
        return Jellyfish.LeafPath(key: leaf.key, value: leaf.value, siblings: siblings)
    }
}
