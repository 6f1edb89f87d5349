import Cryptography

/// What nodes take of memory, in bytes, as measured with 64-bit Linux's allocator.
enum NodeMemory {
    static let inner = 80
    /// A leaf without the bytes of its key and value.
    static let leaf = 104

    /// Memory of the nodes that a version holds and neither of two others does: what dropping it sets free.
    ///
    /// A subtree that is the same object in one of the others is passed over. All three stand at the same place, except
    /// that a single leaf of the others stands for the whole subtree above it.
    /// - Complexity: linear in the nodes counted.
    static func held(by subtree: Subtree, notBy newer: Subtree, nor older: Subtree, depth: Int = 0) -> Int {
        switch subtree {
        case .empty: return 0
        case .leaf(let leaf):
            if newer.holds(leaf, depth: depth) || older.holds(leaf, depth: depth) { return 0 }
            return Self.leaf + leaf.contentCount
        case .inner(let node):
            if newer.isNode(node) || older.isNode(node) { return 0 }
            let (newerLeft, newerRight) = newer.children
            let (olderLeft, olderRight) = older.children
            return inner + held(by: node.left, notBy: newerLeft, nor: olderLeft, depth: depth + 1)
                + held(by: node.right, notBy: newerRight, nor: olderRight, depth: depth + 1)
        }
    }
}

extension Subtree {
    /// Whether this is that very node.
    fileprivate func isNode(_ node: InnerNode) -> Bool {
        if case .inner(let mine) = self { mine === node } else { false }
    }

    /// Whether this subtree, whose root stands at a depth, holds that very leaf.
    fileprivate func holds(_ leaf: StateLeaf, depth: Int) -> Bool {
        var subtree = self
        var depth = depth
        while case .inner(let node) = subtree {
            subtree = leaf.keyHash.bit(depth) ? node.right : node.left
            depth += 1
        }
        if case .leaf(let mine) = subtree { return mine === leaf }
        return false
    }

    /// Both children; a leaf stands for either, since it may have moved up from there.
    fileprivate var children: (left: Subtree, right: Subtree) {
        if case .inner(let node) = self { (node.left, node.right) } else { (self, self) }
    }
}

extension StoreForest {
    /// Memory of the nodes that this version holds and neither of two others does; the stores are the same.
    func bytesHeld(notBy newer: StoreForest, nor older: StoreForest?) -> Int {
        roots.indices.reduce(0) { sum, index in
            sum
                + NodeMemory.held(
                    by: roots[index].tree, notBy: newer.roots[index].tree, nor: older?.roots[index].tree ?? .empty)
        }
    }
}
