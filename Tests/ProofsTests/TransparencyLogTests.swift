import Cryptography
import Testing

@testable import Proofs

/// RFC 9162: what is made is accepted, and equals the plain recursive definition; nothing else is accepted.
struct TransparencyLogTests {
    static let sizeMax = 40
    static let leaves = (0..<sizeMax).map { TransparencyLog.leafHash(entry: Array("entry \($0)".utf8)) }

    /// MTH of §2.1.1.
    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        if leaves.isEmpty { return SHA256.hash([UInt8]()) }
        if leaves.count == 1 { return leaves.first! }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return SHA256.hash([1], root(leaves[..<middle]).bytes, root(leaves[middle...]).bytes)
    }

    /// Stored nodes, as tiles hold them: complete subtrees only.
    static func node(of size: Int) -> (Int, UInt64) -> Digest {
        { level, index in
            let first = Int(index) << level
            let end = first + 1 << level
            precondition(end <= size, "asked for a subtree that is not complete")
            return root(leaves[first..<end])
        }
    }

    @Test func `a frontier's root is the tree's at every size`() throws {
        var frontier = LogFrontier()
        #expect(frontier.root == Self.root([]))
        for (size, leaf) in Self.leaves.enumerated() {
            #expect(frontier.size == UInt64(size))
            frontier.append(leaf)
            #expect(frontier.root == Self.root(Self.leaves[...size]))
            #expect(LogFrontier(size: frontier.size, peaks: frontier.peaks) == frontier)
            #expect(LogFrontier(size: frontier.size, peaks: frontier.peaks + [.zero]) == nil)
        }
    }

    @Test func `every leaf of every tree is included, and nowhere else`() throws {
        for size in 1...Self.sizeMax {
            let root = Self.root(Self.leaves[..<size])
            for index in 0..<size {
                let leaf = Self.leaves[index]
                let path = TransparencyLog.inclusionPath(
                    of: UInt64(index), size: UInt64(size), node: Self.node(of: size))
                func holds(_ leaf: Digest, _ index: Int, _ size: Int, _ path: [Digest]) -> Bool {
                    (try? TransparencyLog.verifyInclusion(
                        of: leaf, index: UInt64(index), size: UInt64(size), path: path, root: root)) != nil
                }
                #expect(holds(leaf, index, size, path))
                #expect(!holds(leaf, index + 1, size, path))
                #expect(!holds(Digest.zero, index, size, path))
                #expect(!holds(leaf, index, size, path + [.zero]))
                if !path.isEmpty {
                    #expect(!holds(leaf, index, size, path.dropLast()))
                    #expect(!holds(leaf, index, size, Array(path.dropFirst())))
                    #expect(!holds(leaf, index, index, path))
                }
            }
        }
    }

    @Test func `every tree is a prefix of every later one, and of no other`() throws {
        for second in 1...Self.sizeMax {
            let secondRoot = Self.root(Self.leaves[..<second])
            for first in 1...second {
                let firstRoot = Self.root(Self.leaves[..<first])
                let path = TransparencyLog.consistencyPath(
                    from: UInt64(first), to: UInt64(second), node: Self.node(of: second))
                func holds(_ one: Int, _ oneRoot: Digest, _ other: Int, _ otherRoot: Digest, _ path: [Digest]) -> Bool {
                    (try? TransparencyLog.verifyConsistency(
                        from: UInt64(one), oneRoot, to: UInt64(other), otherRoot, path: path)) != nil
                }
                #expect(holds(first, firstRoot, second, secondRoot, path))
                #expect(!holds(first, Digest.zero, second, secondRoot, path))
                #expect(!holds(first, firstRoot, second, Digest.zero, path))
                #expect(!holds(second + 1, firstRoot, second, secondRoot, path))
                #expect(!holds(0, SHA256.hash([UInt8]()), second, secondRoot, path))
                #expect(!holds(first, firstRoot, second, secondRoot, path + [.zero]))
                if !path.isEmpty { #expect(!holds(first, firstRoot, second, secondRoot, path.dropLast())) }
            }
        }
    }

    @Test func `a size, an index or a path out of range is refused`() {
        let leaf = Self.leaves[0]
        func refusal(_ index: UInt64, _ size: UInt64, _ path: [Digest]) -> ProofFailure? {
            do throws(ProofFailure) {
                try TransparencyLog.verifyInclusion(of: leaf, index: index, size: size, path: path, root: leaf)
                return nil
            } catch { return error }
        }
        #expect(refusal(0, 1, []) == nil)
        for (index, size, count) in [
            (0, 0, 0), (1, 1, 0), (.max, 1, 0), (0, .max, 64), (.max - 1, .max, 64), (0, 1 << 63, 63),
        ] as [(UInt64, UInt64, Int)] {
            guard case .range = refusal(index, size, Array(repeating: .zero, count: count)) else {
                Issue.record("\(index) of \(size) with \(count) hashes is not out of range")
                continue
            }
        }
    }
}
