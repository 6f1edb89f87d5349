import LedgerModel
package import StateTree
package import VectorIndex

/// The state with what is derived from it and kept beside it: the collections of vectors, ready to be searched.
///
/// The two belong together: whoever executes a block hands both in and gets both back, and no other way leads from one
/// state to the next. A copy costs nothing and shares what no block has changed, so readers keep the states they want.
package struct LedgerState: Sendable {
    package let forest: StoreForest
    /// By number.
    package let collections: [UInt32: VectorCollection]

    init(forest: StoreForest, collections: [UInt32: VectorCollection]) {
        self.forest = forest
        self.collections = collections
    }

    /// Derives the collections from a state that was read from somewhere, and holds each against its root.
    ///
    /// - Complexity: linear in the entries of the store `vector`; nothing where there are no collections.
    /// - Throws: `damagedState` where entries do not make the collection whose root the state names.
    package init(_ forest: StoreForest) throws(RuntimeFailure) {
        var entries: [UInt32: [(key: [UInt8], value: [UInt8])]] = [:]
        forest.root(StoreName.vector.rawValue)?.forEachLeaf { leaf in
            let key = leaf.key
            guard key.count > 5, key[0] == UInt8(ascii: "v") else { return }
            let number = key[1..<5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            entries[number, default: []].append((key, leaf.value))
        }
        let last = CollectionKeys.number(forest.value(StoreName.vector.rawValue, CollectionKeys.last))
        guard entries.count == Int(last), entries.keys.allSatisfy({ 1...last ~= $0 }) else {
            throw .damagedState("vector: \(last) collections are listed, entries are there of \(entries.count)")
        }
        var collections: [UInt32: VectorCollection] = [:]
        for number in entries.keys.sorted() {
            do {
                collections[number] = try VectorCollection(number: number, entries: entries[number] ?? [])
            } catch {
                throw .damagedState("vector: collection \(number) is not what its root says (\(error))")
            }
        }
        self.init(forest: forest, collections: collections)
    }
}
