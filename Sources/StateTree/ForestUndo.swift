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

    /// What leads from a later version back to an earlier one of the same stores.
    /// - Complexity: linear in the nodes that are not shared.
    package init(from later: StoreForest, backTo earlier: StoreForest) {
        precondition(later.names == earlier.names, "the stores are the same")
        self.init(before: earlier.appHash, after: later.appHash, stores: [])
        for index in earlier.roots.indices {
            let (old, new) = (earlier.roots[index].tree, later.roots[index].tree)
            if old.isIdentical(to: new) { continue }
            var shards: [Shard] = []
            Self.shards(old, new, depth: 0, index: 0, into: &shards)
            if !shards.isEmpty { stores.append(Store(index: index, root: old.hash, shards: shards)) }
        }
    }

    private static func shards(_ old: Subtree, _ new: Subtree, depth: Int, index: Int, into result: inout [Shard]) {
        if old.isIdentical(to: new) { return }
        guard depth == StoreShard.depth else {
            for right in [false, true] {
                shards(
                    old.child(right: right, at: depth), new.child(right: right, at: depth), depth: depth + 1,
                    index: index << 1 | (right ? 1 : 0), into: &result)
            }
            return
        }
        var found: [Row] = []
        rows(old, new, depth: depth, into: &found)
        if !found.isEmpty { result.append(Shard(index: index, before: SubtreeMark(old), rows: found)) }
    }

    private static func rows(_ old: Subtree, _ new: Subtree, depth: Int, into result: inout [Row]) {
        if old.isIdentical(to: new) { return }
        switch (old, new) {
        case (.inner, _), (_, .inner):
            for right in [false, true] {
                rows(
                    old.child(right: right, at: depth), new.child(right: right, at: depth), depth: depth + 1,
                    into: &result)
            }
        case (.leaf(let was), .leaf(let now)):
            if was.keyHash == now.keyHash {
                if was.hash != now.hash { result.append(Row(key: was.key, value: was.value)) }
            } else {
                let (restored, removed) = (Row(key: was.key, value: was.value), Row(key: now.key, value: nil))
                result += was.keyHash < now.keyHash ? [restored, removed] : [removed, restored]
            }
        case (.leaf(let was), .empty): result.append(Row(key: was.key, value: was.value))
        case (.empty, .leaf(let now)): result.append(Row(key: now.key, value: nil))
        case (.empty, .empty): break
        }
    }
}
