import Cryptography
import Testing

@testable import Proofs

/// CometBFT's tree over byte strings and the tree of stores.
struct SimpleMerkleTests {
    static let leaves = (0..<33).map { Array("leaf \($0)".utf8) }

    @Test func `roots are those of RFC 9162 over the same entries`() {
        for size in 0...Self.leaves.count {
            let hashes = Self.leaves[..<size].map { TransparencyLog.leafHash(entry: $0) }
            #expect(SimpleMerkle.root(of: Array(Self.leaves[..<size])) == TransparencyLogTests.root(hashes[...]))
        }
    }

    @Test func `paths are those of RFC 9162`() throws {
        for size in 1...Self.leaves.count {
            let leaves = Array(Self.leaves[..<size])
            for index in 0..<size {
                try TransparencyLog.verifyInclusion(
                    of: SimpleMerkle.leafHash(leaves[index]), index: UInt64(index), size: UInt64(size),
                    path: SimpleMerkle.path(of: index, in: leaves), root: SimpleMerkle.root(of: leaves))
            }
        }
    }

    @Test func `each store is proven at its name alone, with its root alone`() throws {
        for count in 1...17 {
            let stores = (0..<count).map { (name: "store \($0 / 10)\($0 % 10)", value: SHA256.hash([UInt8($0)])) }
            let tree = SimpleMerkle.StoreTree(stores)
            for (index, store) in stores.enumerated() {
                let proof = try CommitmentProof(decoding: tree.proof(of: index).encoded())
                func holds(_ name: String, _ value: Digest) -> Bool {
                    (try? ICS23.verifyPresence(
                        .tendermint, root: tree.root.bytes, key: Array(name.utf8), value: value.bytes, proof: proof))
                        != nil
                }
                #expect(holds(store.name, store.value))
                #expect(!holds(store.name, .zero))
                #expect(!holds("store", store.value))
            }
        }
    }
}
