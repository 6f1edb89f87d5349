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

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension StateRoot {
    /// A tree with changes applied, the work not counted.
    func applying(_ changes: [(key: [UInt8], value: [UInt8]?)]) -> StateRoot {
        var work = TreeWork()
        return applying(changes, work: &work)
    }
}

/// The forest's own proof of a key holds for this value (nil: absence), and for no other.
func verify(_ forest: StoreForest, _ store: String, _ key: [UInt8], _ value: [UInt8]?) throws {
    let bytes = try #require(forest.proof(store: store, key: key)).encoded()
    func check(_ value: [UInt8]?) throws(ProofFailure) {
        try ICS23.verifyPath(
            root: forest.appHash.bytes, specs: ProofSpec.ledger, path: [Array(store.utf8), key], value: value,
            proof: MerkleProof(decoding: bytes))
    }
    try check(value)
    #expect(throws: ProofFailure.self) { try check(value == nil ? [1] : nil) }
    #expect(throws: ProofFailure.self) { try check((value ?? []) + [0]) }
}
