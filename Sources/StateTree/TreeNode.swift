package import Cryptography
import Proofs

/// A leaf: one key and its value. Immutable, shared between versions.
package final class StateLeaf: Sendable {
    /// SHA-256 of the key: the leaf's place.
    package let keyHash: Digest
    let hash: Digest
    /// Key, then value, in one allocation.
    private let content: [UInt8]
    private let keyCount: Int

    package init(key: [UInt8], value: [UInt8]) {
        precondition(!key.isEmpty && !value.isEmpty, "neither keys nor values are empty")
        keyHash = SHA256.hash(key)
        hash = Jellyfish.leafHash(keyHash: keyHash, valueHash: SHA256.hash(value))
        content = key + value
        keyCount = key.count
    }

    package var key: [UInt8] { Array(content[..<keyCount]) }
    package var value: [UInt8] { Array(content[keyCount...]) }
    var byteCount: Int { content.count }

    func isFor(_ key: [UInt8]) -> Bool { keyCount == key.count && content[..<keyCount].elementsEqual(key) }
}

/// An inner node. Immutable, shared between versions.
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

/// What an update made: for the budget of retained states.
package struct TreeWork: Equatable, Sendable {
    package var innerNodes = 0
    package var leaves = 0
    package var leafBytes = 0
    /// Leaves more (or fewer) than before.
    package var added = 0

    package init() {}

    /// Memory that only this version holds, in bytes, as measured on 64-bit Linux: an inner node and its allocation take
    /// 80 bytes, a leaf 144 and its content.
    package var byteCount: Int { innerNodes * 80 + leaves * 144 + leafBytes }

    static func += (left: inout TreeWork, right: TreeWork) {
        left.innerNodes += right.innerNodes
        left.leaves += right.leaves
        left.leafBytes += right.leafBytes
        left.added += right.added
    }
}
