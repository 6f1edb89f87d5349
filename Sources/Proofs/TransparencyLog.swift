package import Cryptography

/// Merkle trees of logs (RFC 9162 §2.1) over SHA-256: checking paths, and making them from stored nodes.
package enum TransparencyLog {
    /// Largest tree, and longest path.
    package static let sizeMax: UInt64 = 1 << 63 - 1
    package static let pathCountMax = 63

    /// Leaf hash of an entry: SHA-256(00 || entry).
    package static func leafHash(entry: [UInt8]) -> Digest { SimpleMerkle.leafHash(entry) }

    package static func nodeHash(_ left: Digest, _ right: Digest) -> Digest { SHA256.hash(prefix: 1, left, right) }

    /// The root that an inclusion path leads to (§2.1.3.2).
    package static func root(
        fromInclusionOf leaf: Digest, index: UInt64, size: UInt64, path: [Digest]
    ) throws(ProofFailure) -> Digest {
        guard index < size, size <= sizeMax else { throw .range("the index is not below the tree size") }
        guard path.count <= pathCountMax else { throw .range("the path is too long") }
        var (position, last) = (index, size - 1)
        var result = leaf
        for sibling in path {
            guard last > 0 else { throw .range("the path is too long") }
            if position & 1 == 1 || position == last {
                result = nodeHash(sibling, result)
                while position != 0, position & 1 == 0 { (position, last) = (position >> 1, last >> 1) }
            } else {
                result = nodeHash(result, sibling)
            }
            (position, last) = (position >> 1, last >> 1)
        }
        guard last == 0 else { throw .range("the path is too short") }
        return result
    }

    /// A leaf stands at an index in the tree of that size and root.
    package static func verifyInclusion(
        of leaf: Digest, index: UInt64, size: UInt64, path: [Digest], root wanted: Digest
    ) throws(ProofFailure) {
        guard try root(fromInclusionOf: leaf, index: index, size: size, path: path) == wanted else { throw .root }
    }

    /// The tree of the first size and root is a prefix of the second (§2.1.4.2).
    ///
    /// From an empty tree there is nothing to prove, so a proof that claims to is refused.
    package static func verifyConsistency(
        from firstSize: UInt64, _ firstRoot: Digest, to secondSize: UInt64, _ secondRoot: Digest, path: [Digest]
    ) throws(ProofFailure) {
        guard firstSize > 0, firstSize <= secondSize, secondSize <= sizeMax else {
            throw .range("the first size is zero or larger than the second")
        }
        if firstSize == secondSize {
            guard path.isEmpty else { throw .range("sizes are equal, but the path is not empty") }
            guard firstRoot == secondRoot else { throw .root }
            return
        }
        guard !path.isEmpty, path.count <= pathCountMax + 1 else { throw .range("the path is empty or too long") }
        var path = path[...]
        if firstSize & (firstSize - 1) == 0 { path = [firstRoot] + path }
        var (position, last) = (firstSize - 1, secondSize - 1)
        while position & 1 == 1 { (position, last) = (position >> 1, last >> 1) }
        var first = path.removeFirst()
        var second = first
        for sibling in path {
            guard last > 0 else { throw .range("the path is too long") }
            if position & 1 == 1 || position == last {
                first = nodeHash(sibling, first)
                second = nodeHash(sibling, second)
                while position != 0, position & 1 == 0 { (position, last) = (position >> 1, last >> 1) }
            } else {
                second = nodeHash(second, sibling)
            }
            (position, last) = (position >> 1, last >> 1)
        }
        guard last == 0 else { throw .range("the path is too short") }
        guard first == firstRoot, second == secondRoot else { throw .root }
    }

    /// A complete subtree's hash: `level` 0 are leaves, `index` counts subtrees of 2^level leaves.
    package typealias NodeSource<Failure: Error> = (_ level: Int, _ index: UInt64) throws(Failure) -> Digest

    /// The hash of leaves first..<end, first a multiple of the largest power of two in it.
    private static func subtree<Failure: Error>(
        _ first: UInt64, _ end: UInt64, _ node: NodeSource<Failure>
    ) throws(Failure) -> Digest {
        let count = end - first
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return try node(level, first >> UInt64(level))
        }
        let middle = first + largestPower(below: count)
        return nodeHash(try subtree(first, middle, node), try subtree(middle, end, node))
    }

    private static func largestPower(below count: UInt64) -> UInt64 {
        1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }

    /// The path of a leaf in the tree of `size` leaves, from the leaf up (§2.1.3.1).
    package static func inclusionPath<Failure: Error>(
        of index: UInt64, size: UInt64, node: NodeSource<Failure>
    ) throws(Failure) -> [Digest] {
        precondition(index < size)
        var path: [Digest] = []
        var (first, end) = (UInt64(0), size)
        while end - first > 1 {
            let middle = first + largestPower(below: end - first)
            if index < middle {
                path.append(try subtree(middle, end, node))
                end = middle
            } else {
                path.append(try subtree(first, middle, node))
                first = middle
            }
        }
        return path.reversed()
    }

    /// The path between two sizes (§2.1.4.1).
    package static func consistencyPath<Failure: Error>(
        from firstSize: UInt64, to secondSize: UInt64, node: NodeSource<Failure>
    ) throws(Failure) -> [Digest] {
        precondition(firstSize > 0 && firstSize <= secondSize)
        var path: [Digest] = []
        var (first, end) = (UInt64(0), secondSize)
        var isWhole = true
        while firstSize != end {
            let middle = first + largestPower(below: end - first)
            if firstSize <= middle {
                path.append(try subtree(middle, end, node))
                end = middle
            } else {
                path.append(try subtree(first, middle, node))
                first = middle
                isWhole = false
            }
        }
        if !isWhole { path.append(try subtree(first, end, node)) }
        return path.reversed()
    }
}

/// A log's right edge: from it the root follows, and entries can be appended, without the entries.
package struct LogFrontier: Equatable, Sendable {
    /// Number of leaves.
    package private(set) var size: UInt64
    /// Roots of the complete subtrees, the largest first: one for each bit of `size`.
    package private(set) var peaks: [Digest]

    package init() {
        size = 0
        peaks = []
    }

    /// A stored edge; nil where the number of peaks is not that of the size's bits.
    package init?(size: UInt64, peaks: [Digest]) {
        guard peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    package mutating func append(_ leafHash: Digest) {
        var hash = leafHash
        var rest = size
        while rest & 1 == 1 {
            hash = TransparencyLog.nodeHash(peaks.removeLast(), hash)
            rest >>= 1
        }
        peaks.append(hash)
        size += 1
    }

    /// The tree's root; SHA-256 of nothing while it is empty.
    package var root: Digest {
        guard var result = peaks.last else { return SHA256.hash([UInt8]()) }
        for peak in peaks.dropLast().reversed() { result = TransparencyLog.nodeHash(peak, result) }
        return result
    }
}
