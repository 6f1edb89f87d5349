import Cryptography
import Proofs
import Testing

@testable import StateTree

/// The plain recursive definition of a Jellyfish tree: everything is computed anew, nothing is shared.
struct PlainTree {
    var entries: [[UInt8]: [UInt8]] = [:]

    var hash: Digest {
        let leaves = entries.map { (place: SHA256.hash($0.key), value: $0.value) }.sorted { $0.place < $1.place }
        return Self.hash(leaves[...], depth: 0)
    }

    private static func hash(_ leaves: ArraySlice<(place: Digest, value: [UInt8])>, depth: Int) -> Digest {
        guard let first = leaves.first else { return Digest(Array("SPARSE_MERKLE_PLACEHOLDER_HASH__".utf8))! }
        if leaves.count == 1 {
            return SHA256.hash(Array("JMT::LeafNode".utf8), first.place.bytes, SHA256.hash(first.value).bytes)
        }
        let middle = leaves.firstIndex { $0.place.bytes[depth / 8] >> UInt8(7 - depth % 8) & 1 == 1 } ?? leaves.endIndex
        return SHA256.hash(
            Array("JMT::IntrnalNode".utf8), hash(leaves[..<middle], depth: depth + 1).bytes,
            hash(leaves[middle...], depth: depth + 1).bytes)
    }
}

extension StateRoot {
    /// A tree with changes applied, the work not counted.
    func applying(_ changes: [(key: [UInt8], value: [UInt8]?)]) -> StateRoot {
        updated(by: changes).root
    }
}

/// The forest's own proof of a key holds for this value (nil: absence), and for no other.
func verify(_ forest: StoreForest, _ store: String, _ key: [UInt8], _ value: [UInt8]?) throws {
    try verify(try #require(forest.proof(store: store, key: key)), under: forest.appHash, store, key, value)
}

/// The same of a proof under an app hash.
func verify(_ proof: MerkleProof, under root: Digest, _ store: String, _ key: [UInt8], _ value: [UInt8]?) throws {
    let bytes = proof.encoded()
    func check(_ value: [UInt8]?) throws(ProofFailure) {
        try ICS23.verifyPath(
            root: root.bytes, specs: ProofSpec.ledger, path: [Array(store.utf8), key], value: value,
            proof: MerkleProof(decoding: bytes))
    }
    try check(value)
    #expect(throws: ProofFailure.self) { try check(value == nil ? [1] : nil) }
    #expect(throws: ProofFailure.self) { try check((value ?? []) + [0]) }
}
