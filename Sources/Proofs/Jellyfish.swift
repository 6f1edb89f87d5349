package import Cryptography

/// The hash rules of a Jellyfish tree (penumbra-zone/jmt with SHA-256), which existing 07-tendermint clients verify.
///
/// | node | hash |
/// |---|---|
/// | empty subtree | the 32 ASCII bytes `SPARSE_MERKLE_PLACEHOLDER_HASH__` |
/// | leaf | SHA-256("JMT::LeafNode" \|\| SHA-256(key) \|\| SHA-256(value)) |
/// | inner | SHA-256("JMT::IntrnalNode" \|\| left \|\| right) (sic) |
///
/// The bits of SHA-256(key), most significant first, lead from the root; a subtree with one leaf is that leaf.
package enum Jellyfish {
    /// The hash of an empty subtree.
    package static let placeholder = Digest(Array("SPARSE_MERKLE_PLACEHOLDER_HASH__".utf8))!

    package static func leafHash(keyHash: Digest, valueHash: Digest) -> Digest {
        SHA256.hash(tag: "JMT::LeafNode", keyHash, valueHash)
    }

    package static func innerHash(_ left: Digest, _ right: Digest) -> Digest {
        SHA256.hash(tag: "JMT::IntrnalNode", left, right)
    }

    /// A leaf with the siblings along its path.
    package struct LeafPath: Sendable {
        package var key: [UInt8]
        package var value: [UInt8]
        /// From the root down; the turn at depth d is bit d of SHA-256(key).
        package var siblings: [Digest]

        package init(key: [UInt8], value: [UInt8], siblings: [Digest]) {
            self.key = key
            self.value = value
            self.siblings = siblings
        }

        /// The path as an ICS-23 proof of presence.
        package var existence: ExistenceProof {
            let hashed = SHA256.hash(key)
            let prefix = Array("JMT::IntrnalNode".utf8)
            let steps = siblings.enumerated().reversed().map { depth, sibling in
                hashed.bit(depth)
                    ? InnerOp(prefix: prefix + sibling.bytes, suffix: [])
                    : InnerOp(prefix: prefix, suffix: sibling.bytes)
            }
            return ExistenceProof(key: key, value: value, leaf: LeafOp(.jmt), path: steps)
        }
    }

    /// The proof that a key is absent, from its neighbours in the order of hashed keys.
    package static func absence(of key: [UInt8], left: LeafPath?, right: LeafPath?) -> CommitmentProof {
        .nonexist(NonExistenceProof(key: key, left: left?.existence, right: right?.existence))
    }
}
