import Cryptography
import Proofs
import TestSupport
import Testing

@testable import StateTree

/// One store's tree against the plain recursive definition.
struct StateRootTests {
    /// About 10,000 random operations in batches of 1 to 80 over a few hundred keys, so that removals and collapses are
    /// frequent.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `after any updates the tree is the plain tree of what it holds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var plain = PlainTree()
        var root = StateRoot()
        var older: [(root: StateRoot, plain: PlainTree)] = []
        var operationCount = 0
        while operationCount < 3_400 {
            var batch: [[UInt8]: [UInt8]?] = [:]
            // Growing and shrinking by turns.
            let removals = operationCount / 700 % 2 == 0 ? 3 : 8
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                let key = Array("key \(Int.random(in: 0..<300, using: &random))".utf8)
                let isRemoval = Int.random(in: 0..<10, using: &random) < removals
                batch.updateValue(isRemoval ? nil : Array("\(random.next())".utf8), forKey: key)
            }
            operationCount += batch.count
            for (key, value) in batch { plain.entries[key] = value }
            root = root.applying(batch.map { (key: $0.key, value: $0.value) })
            #expect(root.hash == plain.hash)
            #expect(root.count == plain.entries.count)
            if Int.random(in: 0..<10, using: &random) == 0 { older.append((root, plain)) }
        }
        // Older versions are what they were.
        for (root, plain) in older {
            #expect(root.hash == plain.hash)
            for (key, value) in plain.entries { #expect(root.value(key) == value) }
        }
    }

    @Test func `one batch and many lead to the same tree, and back to the empty one`() throws {
        let entries = (0..<500).map { (key: Array("key \($0)".utf8), value: Optional(Array("value \($0)".utf8))) }
        let atOnce = StateRoot().applying(entries)
        let oneByOne = entries.reduce(StateRoot()) { $0.applying([$1]) }
        let backwards = entries.reversed().reduce(StateRoot()) { $0.applying([$1]) }
        #expect(atOnce.hash == oneByOne.hash)
        #expect(atOnce.hash == backwards.hash)
        let emptied = atOnce.applying(entries.map { (key: $0.key, value: nil) })
        #expect(emptied.hash == Jellyfish.placeholder)
        #expect(emptied.count == 0)
        #expect(entries.reduce(atOnce) { $0.applying([(key: $1.key, value: nil)]) }.hash == Jellyfish.placeholder)
    }

    @Test func `removing what is not there changes nothing`() throws {
        let root = StateRoot().applying([(key: [1], value: [1]), (key: [2], value: [2])])
        let same = root.applying([(key: [3], value: nil), (key: [4], value: nil)])
        #expect(same.hash == root.hash)
        #expect(same.count == 2)
        #expect(StateRoot().applying([(key: [1], value: nil)]).hash == Jellyfish.placeholder)
    }

    @Test func `a tree built from its own leaves is the same tree`() throws {
        for count in [0, 1, 2, 3, 100, 1_000] {
            let root = StateRoot().applying((0..<count).map { (key: Array("key \($0)".utf8), value: [1]) })
            var leaves: [StateLeaf] = []
            root.forEachLeaf { leaves.append($0) }
            #expect(leaves.count == count)
            let rebuilt = try #require(StateRoot(sorted: leaves))
            #expect(rebuilt.hash == root.hash)
            #expect(rebuilt.count == count)
        }
    }

    @Test func `leaves out of order, or a key given twice, build no tree`() {
        let leaves = [StateLeaf(key: [1], value: [1]), StateLeaf(key: [2], value: [2])]
            .sorted { $0.keyHash < $1.keyHash }
        #expect(StateRoot(sorted: leaves) != nil)
        #expect(StateRoot(sorted: leaves.reversed()) == nil)
        #expect(StateRoot(sorted: [leaves[0], leaves[0]]) == nil)
    }

    @Test func `an update shares what it does not touch`() throws {
        let root = StateRoot().applying((0..<1_000).map { (key: Array("key \($0)".utf8), value: [1]) })
        let update = root.updated(by: [(key: Array("key 7".utf8), value: [2])])
        let (next, work) = (update.root, update.work)
        #expect(work.leaves == 1)
        #expect(work.added == 0)
        #expect(work.innerNodes < 30)
        let held = NodeMemory.held(by: root.tree, notBy: next.tree, nor: .empty)
        #expect(held == work.innerNodes * NodeMemory.inner + NodeMemory.leaf + Array("key 7".utf8).count + 1)
        #expect(NodeMemory.held(by: root.tree, notBy: root.tree, nor: .empty) == 0)
        #expect(NodeMemory.held(by: root.tree, notBy: .empty, nor: root.tree) == 0)
    }

    @Test func `keys and values come back as they were, the long ones too`() {
        for count in [1, 2, 255, 256, 65_535, 70_000] {
            let key = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let leaf = StateLeaf(key: key, value: [9, 8])
            #expect(leaf.key == key)
            #expect(leaf.value == [9, 8])
            #expect(leaf.isFor(key))
            #expect(!leaf.isFor(key + [9]))
            #expect(!leaf.isFor(Array(key.dropLast())))
            #expect(leaf.contentCount == count + 2)
        }
    }
}
