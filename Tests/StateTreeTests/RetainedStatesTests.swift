import TestSupport
import Testing

@testable import StateTree

/// Which heights stay provable.
struct RetainedStatesTests {
    static let second: UInt64 = 1_000_000_000

    /// A ledger that rewrites some of its keys each second.
    struct Ledger {
        var states: RetainedStates
        var forest: StoreForest
        var height: UInt64 = 0
        var random = SeededGenerator(seed: 4)

        init(budgetBytes: Int, keyCount: Int = 200) throws {
            states = RetainedStates(budgetBytes: budgetBytes)
            forest = try StoreForest(stores: ["anchor", "bank"]).applying([
                ("bank", (0..<keyCount).map { (key: Array("key \($0)".utf8), value: [1]) })
            ])
        }

        mutating func advance(_ count: Int, seconds: UInt64 = 1, keyCount: Int = 200) throws {
            for _ in 0..<count {
                var changes: [[UInt8]: [UInt8]?] = [:]
                for _ in 0..<5 {
                    let key = Array("key \(Int.random(in: 0..<keyCount, using: &random))".utf8)
                    let isRemoval = Int.random(in: 0..<4, using: &random) == 0
                    changes.updateValue(isRemoval ? nil : Array("\(random.next())".utf8), forKey: key)
                }
                forest = try forest.applying([("bank", changes.map { (key: $0.key, value: $0.value) })])
                height += 1
                states.insert(height: height, time: height * seconds * RetainedStatesTests.second, forest: forest)
            }
        }

        /// Memory of the nodes that any held state has and the newest has not, by identity.
        var heldBytes: Int {
            var newest: Set<ObjectIdentifier> = []
            for root in forest.roots { collect(root.tree) { newest.insert($0) } }
            var seen = newest
            var sum = 0
            for height in states.heights! {
                for root in states.state(at: height)?.roots ?? [] {
                    collect(root.tree) { id, bytes in if seen.insert(id).inserted { sum += bytes } }
                }
            }
            return sum + (states.count - 1) * RetainedStates.stateBytes
        }

        private func collect(_ subtree: Subtree, _ body: (ObjectIdentifier, Int) -> Void) {
            switch subtree {
            case .empty: break
            case .leaf(let leaf): body(leaf.identifier, NodeMemory.leaf + leaf.contentCount)
            case .inner(let node):
                body(ObjectIdentifier(node), NodeMemory.inner)
                collect(node.left, body)
                collect(node.right, body)
            }
        }

        private func collect(_ subtree: Subtree, _ body: (ObjectIdentifier) -> Void) {
            collect(subtree) { id, _ in body(id) }
        }
    }

    @Test func `nothing is held before the first block`() {
        let states = RetainedStates()
        #expect(states.count == 0)
        #expect(states.heights == nil)
        #expect(states.state(at: 1) == nil)
        #expect(states.atOrAbove(1)?.height == nil)
        #expect(states.below(1) == nil)
    }

    @Test func `within the budget every height is held, with its own state`() throws {
        var ledger = try Ledger(budgetBytes: .max)
        var hashes = [ledger.forest.appHash]
        for _ in 0..<100 {
            try ledger.advance(1)
            hashes.append(ledger.forest.appHash)
        }
        #expect(ledger.states.heights == 1...100)
        for height in 1...100 { #expect(ledger.states.state(at: UInt64(height))?.appHash == hashes[height]) }
        #expect(ledger.states.state(at: 0) == nil)
        #expect(ledger.states.state(at: 101) == nil)
    }

    @Test(arguments: [0, 20_000, 100_000, 200_000, 400_000, .max])
    func `the estimate is what the old states hold, and stays within the budget`(budget: Int) throws {
        var ledger = try Ledger(budgetBytes: budget, keyCount: 60)
        for _ in 0..<8 {
            try ledger.advance(20, seconds: 60, keyCount: 60)
            #expect(ledger.states.byteCount == ledger.heldBytes)
            #expect(ledger.states.byteCount <= budget || ledger.states.count == RetainedStates.countMin)
        }
        #expect(ledger.states.heights?.upperBound == 160)
    }

    @Test func `over the budget the oldest go, and pinned ones stay`() throws {
        // 600 blocks of six seconds, a pin each hundredth.
        var ledger = try Ledger(budgetBytes: 1_000_000)
        try ledger.advance(600, seconds: 6)
        let held = (1...600 as ClosedRange<UInt64>).filter { ledger.states.state(at: $0) != nil }
        #expect(held.count == ledger.states.count)
        #expect([1, 101, 201, 301].allSatisfy(held.contains))
        let recent = held.reversed().prefix { held.contains($0 + 1) || $0 == 600 }
        #expect(recent.count >= RetainedStates.recentCountMin)
        #expect(recent.count < 600)
        #expect(held.allSatisfy { $0 % 100 == 1 || $0 >= recent.last! })
    }

    @Test func `pinned states do not crowd out the recent ones`() throws {
        var ledger = try Ledger(budgetBytes: 300_000)
        try ledger.advance(400, seconds: 3_600)
        let held = (1...400 as ClosedRange<UInt64>).filter { ledger.states.state(at: $0) != nil }
        #expect(held.last == 400)
        #expect(held.count >= 64)
        #expect(held == Array(held.first!...400))
    }

    @Test func `the two newest stay, whatever the budget`() throws {
        var ledger = try Ledger(budgetBytes: 0)
        try ledger.advance(1)
        #expect(ledger.states.heights == 1...1)
        try ledger.advance(9)
        #expect(ledger.states.heights == 9...10)
        #expect(ledger.states.count == 2)
        #expect(ledger.states.state(at: 8) == nil)
    }

    @Test func `the held heights on both sides are told`() throws {
        let forest = StoreForest(stores: ["bank"])
        var states = RetainedStates()
        for height in [10, 20, 30] as [UInt64] { states.insert(height: height, time: 0, forest: forest) }
        let cases: [(UInt64, above: UInt64?, below: UInt64?)] = [
            (0, 10, nil), (10, 10, nil), (11, 20, 10), (20, 20, 10), (30, 30, 20), (31, nil, 30), (.max, nil, 30),
        ]
        for (asked, above, below) in cases {
            #expect(states.atOrAbove(asked)?.height == above)
            #expect(states.below(asked) == below)
        }
    }
}
