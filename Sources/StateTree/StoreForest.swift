package import Cryptography
package import Proofs

/// Why an update of the state is refused: both are our own bugs, caught before they reach a root.
package enum StateTreeFailure: Error, Equatable, Sendable {
    /// No store of that name.
    case unknownStore(String)
    /// An empty value cannot be proven (D3).
    case emptyValue(store: String)
}

/// One version of all stores: their roots under a simple Merkle tree by name, whose root is the app hash.
package struct StoreForest: Sendable {
    /// In rising order.
    package let names: [String]
    package let roots: [StateRoot]
    package let appHash: Digest

    /// Every store with its two sentinels: the state before genesis.
    /// - Parameter stores: names in rising order.
    package init(stores: [String]) {
        let sentinels = StateRoot().updated(by: Self.sentinels.map { (key: $0.key, value: $0.value) }).root
        self.init(names: stores, roots: stores.map { _ in sentinels })
    }

    /// Stores with their roots, names in rising order.
    package init(names: [String], roots: [StateRoot]) {
        precondition(names.count == roots.count, "every store has a root")
        precondition(
            zip(names, names.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }, "names rise")
        self.names = names
        self.roots = roots
        appHash = SimpleMerkle.StoreTree(zip(names, roots).map { (name: $0, value: $1.hash) }).root
    }

    /// One store's root.
    package func root(_ store: String) -> StateRoot? { names.firstIndex(of: store).map { roots[$0] } }

    /// One key's value, or nil.
    package func value(_ store: String, _ key: [UInt8]) -> [UInt8]? { root(store)?.value(key) }

    /// Keys in all stores, sentinels included.
    package var count: Int { roots.reduce(0) { $0 + $1.count } }

    /// The stores with changes applied, each store and key once; a nil value removes its key.
    package func applying(
        _ changes: [(store: String, changes: [(key: [UInt8], value: [UInt8]?)])]
    ) throws(StateTreeFailure) -> StoreForest { try updated(by: changes).forest }

    /// The same, with what it made and what leads back.
    package func updated(
        by changes: [(store: String, changes: [(key: [UInt8], value: [UInt8]?)])]
    ) throws(StateTreeFailure) -> ForestUpdate {
        var roots = roots
        var work = TreeWork()
        var undone: [(store: Int, rows: [StateRootUpdate.Undone])] = []
        for (store, rows) in changes {
            guard let index = names.firstIndex(of: store) else { throw .unknownStore(store) }
            guard rows.allSatisfy({ $0.value?.isEmpty != true }) else { throw .emptyValue(store: store) }
            precondition(!undone.contains { $0.store == index }, "a store is changed once")
            let update = roots[index].updated(by: rows)
            roots[index] = update.root
            work += update.work
            undone.append((index, update.undone))
        }
        let forest = changes.isEmpty ? self : StoreForest(names: names, roots: roots)
        var undo = ForestUndo(before: appHash, after: forest.appHash, stores: [])
        for (store, rows) in undone.sorted(by: { $0.store < $1.store }) {
            undo.add(rows, store: store, before: self.roots[store])
        }
        return ForestUpdate(forest: forest, work: work, undo: undo)
    }

    /// The proof of a key along [store, key] under the app hash, by ``ProofSpec/ledger``; nil for an unknown store.
    package func proof(store: String, key: [UInt8]) -> MerkleProof? {
        guard let index = names.firstIndex(of: store) else { return nil }
        let outer = SimpleMerkle.StoreTree(zip(names, roots).map { (name: $0, value: $1.hash) })
        return MerkleProof(proofs: [roots[index].proof(of: key), outer.proof(of: index)])
    }

    /// Two leaves, one on each side of the root, so that absence always has a neighbour with a path (D3): key
    /// 0x00 || "sentinel" || u8 k with the smallest k whose SHA-256 begins with bit 0, and with bit 1.
    package static let sentinels: [(key: [UInt8], value: [UInt8])] = [false, true].map { side in
        for number in UInt8.min...UInt8.max {
            let key = [0] + Array("sentinel".utf8) + [number]
            if SHA256.hash(key).bit(0) == side { return (key: key, value: [1]) }
        }
        preconditionFailure("one of 256 hashes begins with either bit")
    }
}
