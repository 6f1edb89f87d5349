import Cryptography
import Proofs

/// An inner node.
///
/// Immutable, shared between versions.
final class InnerNode: Sendable {
    let hash: Digest
    let left: Subtree
    let right: Subtree

    init(_ left: Subtree, _ right: Subtree) {
        self.left = left
        self.right = right
        hash = Jellyfish.innerHash(left.hash, right.hash)
    }
}

/// A subtree: nothing, one leaf, or an inner node with at least two leaves below it.
enum Subtree: Sendable {
    case empty
    case leaf(StateLeaf)
    case inner(InnerNode)

    var hash: Digest {
        switch self {
        case .empty: Jellyfish.placeholder
        case .leaf(let leaf): leaf.hash
        case .inner(let node): node.hash
        }
    }

    /// The parent of two subtrees; a single leaf moves up.
    static func joining(_ left: Subtree, _ right: Subtree, work: inout TreeWork) -> Subtree {
        switch (left, right) {
        case (.empty, .empty): return .empty
        case (.leaf, .empty): return left
        case (.empty, .leaf): return right
        default:
            work.innerNodes += 1
            return .inner(InnerNode(left, right))
        }
    }

    /// The leaf at a place, or nil; this subtree's root stands at a depth.
    ///
    /// By recursion, which holds no node: threads that read at once would contend for the reference counts near the root.
    func leaf(at place: Digest, depth: Int = 0) -> StateLeaf? {
        switch self {
        case .empty: return nil
        case .leaf(let leaf): return leaf.keyHash == place ? leaf : nil
        case .inner(let node):
            if place.bit(depth) { return node.right.leaf(at: place, depth: depth + 1) }
            return node.left.leaf(at: place, depth: depth + 1)
        }
    }

    /// The hashes beside the way to a place, from this subtree's root (at a depth) down.
    func siblings(of place: Digest, depth: Int = 0) -> [Digest] {
        var siblings: [Digest] = []
        var subtree = self
        while case .inner(let node) = subtree {
            if place.bit(depth + siblings.count) {
                siblings.append(node.left.hash)
                subtree = node.right
            } else {
                siblings.append(node.right.hash)
                subtree = node.left
            }
        }
        return siblings
    }

    /// The nearest leaf on one side of a place that holds none; this subtree's root stands at a depth.
    func neighbour(of place: Digest, right: Bool, depth: Int = 0) -> StateLeaf? {
        var subtree = self
        var depth = depth
        var passed = Subtree.empty
        while case .inner(let node) = subtree {
            let goesRight = place.bit(depth)
            if goesRight != right {
                let other = goesRight ? node.left : node.right
                if case .empty = other {} else { passed = other }
            }
            subtree = goesRight ? node.right : node.left
            depth += 1
        }
        if case .leaf(let leaf) = subtree, right ? place < leaf.keyHash : leaf.keyHash < place { return leaf }
        return passed.edge(right: !right)
    }

    /// The leaf furthest to one side.
    func edge(right: Bool) -> StateLeaf? {
        var subtree = self
        while true {
            switch subtree {
            case .empty: return nil
            case .leaf(let leaf): return leaf
            case .inner(let node):
                let (near, far) = right ? (node.right, node.left) : (node.left, node.right)
                if case .empty = near { subtree = far } else { subtree = near }
            }
        }
    }
}

/// What an update made: a measure of its work.
package struct TreeWork: Equatable, Sendable {
    package var innerNodes = 0
    package var leaves = 0
    package var leafBytes = 0
    /// Leaves more (or fewer) than before.
    package var added = 0

    package init() {}

    /// Memory of the nodes made.
    package var byteCount: Int {
        innerNodes * NodeMemory.inner + leaves * NodeMemory.leaf + leafBytes
    }

    static func += (left: inout TreeWork, right: TreeWork) {
        left.innerNodes += right.innerNodes
        left.leaves += right.leaves
        left.leafBytes += right.leafBytes
        left.added += right.added
    }
}
