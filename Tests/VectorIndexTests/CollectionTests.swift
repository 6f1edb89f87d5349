import Cryptography
import TestSupport
import Testing

@testable import VectorIndex

struct CollectionTests {
    @Test(arguments: Metric.allCases, [1, 2] as [UInt64])
    func `after random operations everything is in its place, and state entries build the same index`(
        metric: Metric, seed: UInt64
    ) throws {
        let ledger = try Ledger.random(seed, metric: metric, dimension: 24, blocks: 60)
        #expect(ledger.failedInvariant() == nil)
        #expect(ledger.collection.count > 200 && ledger.collection.listCount > 5)
        let rebuilt = try VectorCollection(number: 7, entries: ledger.state.list)
        #expect(rebuilt.head == ledger.collection.head)
        // What follows is the same for both: nothing of the live index is missing from the state.
        var (one, other) = (ledger, ledger)
        other.collection = rebuilt
        var random = SeededGenerator(seed: seed)
        for number in 5_000..<5_200 {
            let vector = random.vector(24, spread: 100)
            try one.insert(Ledger.subject(number), vector)
            try other.insert(Ledger.subject(number), vector)
        }
        one.commit(settling: 100)
        other.commit(settling: 100)
        #expect(one.collection.head == other.collection.head && one.state.rows == other.state.rows)
    }

    @Test func `the root is the same with every set of kernels`() throws {
        let roots = try Kernels.available.map {
            try Ledger.random(9, metric: .squaredL2, dimension: 40, blocks: 40, kernels: $0).collection.head
        }
        #expect(Set(roots).count == 1)
    }

    /// A root that changes here is another index: `IndexRules.version` must change with it.
    @Test func `the root of a fixed history is what it was`() throws {
        let ledger = try Ledger.random(3, metric: .dot, dimension: 24, blocks: 40)
        #expect(ledger.collection.head.root.hex == Self.fixedRoot)
    }

    static let fixedRoot = "301a25a4af7fc6f79195a48f6d5e3b37b13f93defe9072fb5f0c145e196b2fb4"

    @Test func `a copy is not disturbed by what happens to another`() throws {
        let ledger = try Ledger.random(5, metric: .squaredL2, dimension: 16, blocks: 30)
        var random = SeededGenerator(seed: 5)
        let query = SearchQuery(random.vector(16), mode: .exact, limit: 50)
        let answer = try ledger.answer(query)
        var other = ledger
        for number in 9_000..<9_400 { try other.insert(Ledger.subject(number), random.vector(16)) }
        for subject in ledger.plain.keys.prefix(100) { try other.delete(subject) }
        other.commit(settling: 1_000)
        #expect(try ledger.answer(query) == answer)
        #expect(ledger.failedInvariant() == nil && other.failedInvariant() == nil)
        #expect(try VectorCollection(number: 7, entries: ledger.state.list).head == ledger.collection.head)
    }

    @Test func `without an operation a commit writes nothing`() throws {
        var ledger = try Ledger.random(6, metric: .dot, dimension: 16, blocks: 10)
        let head = ledger.collection.head
        #expect(ledger.collection.commit().isEmpty && ledger.collection.head == head)
    }

    @Test func `an emptied collection holds nothing and takes vectors again`() throws {
        var ledger = try Ledger.random(8, metric: .squaredL2, dimension: 16, blocks: 12)
        for subject in Array(ledger.plain.keys) { try ledger.delete(subject) }
        ledger.commit(settling: 1_000)
        #expect(ledger.collection.count == 0 && ledger.collection.listCount == 1)
        let letters = Set(ledger.state.rows.keys.map { $0[5] })
        #expect(!letters.contains(UInt8(ascii: "r")) && !letters.contains(UInt8(ascii: "s")))
        #expect(!letters.contains(UInt8(ascii: "c")))
        try ledger.insert(Ledger.subject(1), [Int8](repeating: 3, count: 16))
        ledger.commit()
        #expect(ledger.failedInvariant() == nil)
        #expect(try VectorCollection(number: 7, entries: ledger.state.list).head == ledger.collection.head)
    }

    // MARK: Refusals

    @Test func `what is refused changes nothing`() throws {
        let parameters = try CollectionParameters(
            metric: .dot, dimension: 4, scale: 7, owner: Ledger.owner, policy: .owner, countMax: 2)
        var collection = VectorCollection(parameters, number: 1)
        var state = Entries()
        state.take(collection.commit())
        var cost = VectorCost()
        func insert(_ number: Int, _ vector: [Int8], by owner: Digest = Ledger.owner) throws {
            _ = try collection.insert(
                vector, subject: Ledger.subject(number), owner: owner, state: state, cost: &cost)
        }
        #expect(throws: VectorFailure.notPermitted) { try insert(1, [1, 2, 3, 4], by: Ledger.other) }
        #expect(throws: VectorFailure.dimension(found: 3)) { try insert(1, [1, 2, 3]) }
        #expect(throws: VectorFailure.component(index: 0)) { try insert(1, [-128, 2, 3, 4]) }
        #expect(throws: VectorFailure.unknown) {
            try collection.delete(Ledger.subject(1), by: Ledger.owner, state: state, cost: &cost)
        }
        #expect(collection.commit().isEmpty && cost == VectorCost())
        try insert(1, [1, 2, 3, 4])
        #expect(throws: VectorFailure.subjectExists(id: 1)) { try insert(1, [4, 3, 2, 1]) }
        try insert(2, [4, 3, 2, 1])
        #expect(throws: VectorFailure.full) { try insert(3, [1, 1, 1, 1]) }
        state.take(collection.commit())
        #expect(throws: VectorFailure.notPermitted) {
            try collection.delete(Ledger.subject(1), by: Ledger.other, state: state, cost: &cost)
        }
        #expect(throws: VectorFailure.dimension(found: 1)) {
            _ = try collection.replace(
                Ledger.subject(1), by: [1], owner: Ledger.owner, state: state, cost: &cost)
        }
        #expect(collection.commit().isEmpty && collection.count == 2)
        #expect(collection.entry(1)?.vector == [1, 2, 3, 4])
        #expect(collection.entry(0) == nil && collection.entry(3) == nil && collection.entry(.max) == nil)
    }

    @Test func `state entries that do not fit are refused`() throws {
        let ledger = try Ledger.random(4, metric: .squaredL2, dimension: 16, blocks: 30)
        let keys = ledger.state.rows.keys.sorted { $0.lexicographicallyPrecedes($1) }
        var refused: Set<UInt8> = []
        for (index, key) in keys.enumerated() where index % 7 == 0 || [8, 104, 108, 112, 117].contains(key[5]) {
            // Subjects and owners are looked up by key alone; the index does not follow from them.
            guard ![UInt8(ascii: "s"), UInt8(ascii: "o"), UInt8(ascii: "n")].contains(key[5]) else { continue }
            var damaged = ledger.state
            damaged.rows[key]![index % damaged.rows[key]!.count] ^= 1
            #expect(throws: VectorFailure.self) { try VectorCollection(number: 7, entries: damaged.list) }
            damaged.rows[key] = nil
            #expect(throws: VectorFailure.self) { try VectorCollection(number: 7, entries: damaged.list) }
            refused.insert(key[5])
        }
        #expect(refused.count == 6)
        #expect(throws: VectorFailure.state(.parameters)) {
            try VectorCollection(number: 8, entries: ledger.state.list)
        }
    }
}
