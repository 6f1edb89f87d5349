package import Cryptography

/// CometBFT's Merkle tree over byte strings (`crypto/merkle`): leaf SHA-256(00 || x), inner SHA-256(01 || l || r), split
/// at the largest power of two below the size; the empty tree is SHA-256 of nothing.
package enum SimpleMerkle {
    package static func root(of leaves: [[UInt8]]) -> Digest { root(ofHashes: leaves.map(leafHash)[...]) }

    package static func leafHash(_ leaf: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(0 as UInt8)
        hash.update(leaf)
        return hash.finalize()
    }

    static func root(ofHashes hashes: ArraySlice<Digest>) -> Digest {
        switch hashes.count {
        case 0: return SHA256.hash([UInt8]())
        case 1: return hashes[hashes.startIndex]
        default:
            let middle = hashes.startIndex + split(hashes.count)
            return SHA256.hash(
                prefix: 1, root(ofHashes: hashes[..<middle]), root(ofHashes: hashes[middle...]))
        }
    }

    /// Siblings from the leaf up.
    package static func path(of index: Int, in leaves: [[UInt8]]) -> [Digest] {
        path(of: index, in: leaves.map(leafHash)[...])
    }

    private static func path(of index: Int, in hashes: ArraySlice<Digest>) -> [Digest] {
        guard hashes.count > 1 else { return [] }
        let size = split(hashes.count)
        let middle = hashes.startIndex + size
        return index < size
            ? path(of: index, in: hashes[..<middle]) + [root(ofHashes: hashes[middle...])]
            : path(of: index - size, in: hashes[middle...]) + [root(ofHashes: hashes[..<middle])]
    }

    private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }

    /// The tree of stores: its root, and proofs under the Tendermint spec.
    ///
    /// A leaf is varint length || name || 32 || SHA-256(value), so a value (a store's root) is proven at its name.
    package struct StoreTree: Sendable {
        private let names: [[UInt8]]
        private let values: [[UInt8]]
        private let leaves: [[UInt8]]

        /// Names in rising order, each shorter than 128 bytes.
        package init(_ stores: [(name: String, value: Digest)]) {
            names = stores.map { Array($0.name.utf8) }
            values = stores.map(\.value.bytes)
            leaves = zip(names, values).map { name, value in
                [UInt8(name.count)] + name + [32] + SHA256.hash(value).bytes
            }
        }

        package var root: Digest { SimpleMerkle.root(of: leaves) }

        /// The proof of the store at an index.
        package func proof(of index: Int) -> CommitmentProof {
            var steps: [InnerOp] = []
            var position = index
            var range = 0..<leaves.count
            var turns: [Bool] = []
            // From the root down, to know on which side each sibling stands.
            while range.count > 1 {
                let size = SimpleMerkle.split(range.count)
                let isRight = position >= size
                turns.append(isRight)
                if isRight {
                    position -= size
                    range = range.lowerBound + size..<range.upperBound
                } else {
                    range = range.lowerBound..<range.lowerBound + size
                }
            }
            for (isRight, sibling) in zip(turns.reversed(), SimpleMerkle.path(of: index, in: leaves)) {
                steps.append(
                    isRight
                        ? InnerOp(prefix: [1] + sibling.bytes, suffix: []) : InnerOp(prefix: [1], suffix: sibling.bytes)
                )
            }
            return .exist(
                ExistenceProof(key: names[index], value: values[index], leaf: LeafOp(.tendermint), path: steps))
        }
    }
}
