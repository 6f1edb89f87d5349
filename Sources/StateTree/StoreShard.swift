package import Cryptography
import Proofs

/// A store's tree below one value of its keys' first hash byte.
///
/// An old version is known by the hashes of its 256 shards and the few of them that a proof needs: what changed in all
/// the others since need not be undone.
package enum StoreShard {
    /// Depth at which a shard's root stands.
    static let depth = 8
    package static let count = 256

    /// The shard in which a key lies.
    package static func index(ofKey key: [UInt8]) -> Int { index(of: SHA256.hash(key)) }

    static func index(of place: Digest) -> Int { (0..<depth).reduce(0) { $0 << 1 | (place.bit($1) ? 1 : 0) } }

    /// One shard of a tree.
    static func root(_ index: Int, of tree: Subtree) -> Subtree {
        (0..<depth).reduce(tree) { $0.child(right: index >> (depth - 1 - $1) & 1 == 1, at: $1) }
    }

    /// The shards of a tree, in order.
    static func all(of tree: Subtree) -> [Subtree] {
        var level = [tree]
        for depth in 0..<depth {
            level = level.flatMap { [$0.child(right: false, at: depth), $0.child(right: true, at: depth)] }
        }
        return level
    }
}

/// What a parent needs to know of a subtree: its hash, and whether it is a single leaf, which moves up beside nothing.
package struct SubtreeMark: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        case empty = 0
        case leaf = 1
        case inner = 2
    }
    package let kind: Kind
    package let hash: Digest

    /// Nil where the two contradict each other: an empty subtree has the placeholder's hash.
    package init?(kind: Kind, hash: Digest) {
        guard kind != .empty || hash == Jellyfish.placeholder else { return nil }
        self.kind = kind
        self.hash = hash
    }

    init(_ subtree: Subtree) {
        hash = subtree.hash
        switch subtree {
        case .empty: kind = .empty
        case .leaf: kind = .leaf
        case .inner: kind = .inner
        }
    }

    /// The mark of the parent of two.
    init(_ left: SubtreeMark, _ right: SubtreeMark) {
        switch (left.kind, right.kind) {
        case (.empty, .empty), (.leaf, .empty): self = left
        case (.empty, .leaf): self = right
        default:
            kind = .inner
            hash = Jellyfish.innerHash(left.hash, right.hash)
        }
    }
}

extension Subtree {
    /// One half of a subtree whose root stands at a depth; a single leaf lies in the half of its place.
    func child(right: Bool, at depth: Int) -> Subtree {
        switch self {
        case .empty: .empty
        case .leaf(let leaf): leaf.keyHash.bit(depth) == right ? self : .empty
        case .inner(let node): right ? node.right : node.left
        }
    }

    /// Whether both are one object: what neither changed.
    func isIdentical(to other: Subtree) -> Bool {
        switch (self, other) {
        case (.empty, .empty): true
        case (.leaf(let mine), .leaf(let theirs)): mine === theirs
        case (.inner(let mine), .inner(let theirs)): mine === theirs
        default: false
        }
    }
}
