package import Cryptography

/// What leads from a version of the stores back to an earlier one.
///
/// Of every store that differs: the earlier root, and of every shard that differs its earlier mark and, by rising place,
/// each changed key with the value that it had.
package struct ForestUndo: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
        package var key: [UInt8]
        /// The earlier value; nil: the key was absent.
        package var value: [UInt8]?

        package init(key: [UInt8], value: [UInt8]?) {
            self.key = key
            self.value = value
        }
    }

    package struct Shard: Equatable, Sendable {
        package var index: Int
        package var before: SubtreeMark
        package var rows: [Row]

        package init(index: Int, before: SubtreeMark, rows: [Row]) {
            self.index = index
            self.before = before
            self.rows = rows
        }
    }

    package struct Store: Equatable, Sendable {
        /// The store's index in the order of names.
        package var index: Int
        package var root: Digest
        package var shards: [Shard]

        package init(index: Int, root: Digest, shards: [Shard]) {
            self.index = index
            self.root = root
            self.shards = shards
        }
    }

    /// The app hashes of both versions.
    package var before: Digest
    package var after: Digest
    package var stores: [Store]

    package init(before: Digest, after: Digest, stores: [Store]) {
        self.before = before
        self.after = after
        self.stores = stores
    }

    /// Adds what was undone in a store, whose earlier tree is given.
    mutating func add(_ undone: [StateRootUpdate.Undone], store: Int, before: StateRoot) {
        guard !undone.isEmpty else { return }
        var shards: [Shard] = []
        var start = 0
        while start < undone.count {
            let index = undone[start].shard
            let end = undone[start...].firstIndex { $0.shard != index } ?? undone.count
            shards.append(
                Shard(
                    index: index, before: SubtreeMark(StoreShard.root(index, of: before.tree)),
                    rows: undone[start..<end].map(\.row)))
            start = end
        }
        stores.append(Store(index: store, root: before.hash, shards: shards))
    }
}
