import TestSupport
import Testing

@testable import VectorIndex

/// Crafted vectors cannot make an operation cost more than its bound.
struct BoundTests {
    enum Craft: CaseIterable {
        case allEqual, twoPoints, line, outliers, largest, oneCluster
    }

    private func vector(_ craft: Craft, _ number: Int, _ random: inout SeededGenerator) -> [Int8] {
        let dimension = 32
        switch craft {
        case .allEqual: return [Int8](repeating: 5, count: dimension)
        case .twoPoints: return [Int8](repeating: number % 2 == 0 ? 5 : -5, count: dimension)
        case .line: return [Int8(number % 127)] + [Int8](repeating: 0, count: dimension - 1)
        case .outliers:
            return number % 100 == 0 ? random.vector(dimension) : [Int8](repeating: 1, count: dimension)
        case .largest: return (0..<dimension).map { number >> ($0 % 10) & 1 == 0 ? 127 : -127 }
        case .oneCluster:
            return random.vector(dimension, around: [Int8](repeating: 60, count: dimension), spread: 2)
        }
    }

    /// A route, twice where a list is full, and one split.
    private func bound(_ collection: VectorCollection) -> Int {
        let supers = collection.superCount
        let route = supers + IndexRules.insertSupers * IndexRules.fanOut(supers: supers)
        return 2 * route + IndexRules.splitDistances(supers: supers)
    }

    @Test(arguments: Craft.allCases)
    func `no insert exceeds its bound, and lists stay short`(craft: Craft) throws {
        var random = SeededGenerator(seed: 1)
        var ledger = try Ledger(dimension: 32)
        for number in 0..<2_500 {
            ledger.cost = VectorCost()
            let bound = bound(ledger.collection)
            try ledger.insert(Ledger.subject(number), vector(craft, number, &random))
            #expect(ledger.cost.distances <= bound)
            // A few steps only, so that lists pile up in front of it.
            if number % 500 == 499 {
                ledger.cost = VectorCost()
                let bound = self.bound(ledger.collection)
                ledger.commit(settling: 1)
                #expect(ledger.cost.distances <= bound)
            }
        }
        #expect(ledger.failedInvariant() == nil)
        // What waits is done in as many steps as there are lists to split: each leaves two at their target or below.
        let waiting = ledger.collection.queuedCount
        ledger.commit(settling: 3 * waiting + 50)
        #expect(ledger.collection.overfull.numbers.isEmpty)
        #expect(ledger.failedInvariant() == nil)
    }

    @Test func `a search costs what its probes allow, whatever the collection holds`() throws {
        var random = SeededGenerator(seed: 2)
        for craft in Craft.allCases {
            var ledger = try Ledger(dimension: 32)
            for number in 0..<1_200 {
                try ledger.insert(Ledger.subject(number), vector(craft, number, &random))
            }
            ledger.commit(settling: 100)
            let probes = SearchQuery.Probes(supers: 2, lists: 3, finalists: 12)
            var cost = VectorCost()
            _ = try ledger.collection.search(
                SearchQuery(vector(craft, 7, &random), mode: .approximate(probes)), state: ledger.state, cost: &cost)
            #expect(cost.codes <= 3 * IndexRules.listMax && cost.lists <= 3)
            #expect(cost.distances <= ledger.collection.superCount + 2 * IndexRules.fanOutMax + 12)
        }
    }

    /// Copies of one vector fill lists of their own; others are still found by whoever asks for them.
    @Test func `stuffing one place does not bury what is elsewhere`() throws {
        var random = SeededGenerator(seed: 3)
        var ledger = try Ledger(dimension: 32)
        var others: [[Int8]] = []
        for number in 0..<3_000 {
            if number % 30 == 0 {
                others.append(random.vector(32))
                try ledger.insert(Ledger.subject(number), others[others.count - 1])
            } else {
                try ledger.insert(Ledger.subject(number), [Int8](repeating: 40, count: 32))
            }
            if number % 100 == 0 { ledger.commit(settling: 10) }
        }
        ledger.commit(settling: 100)
        let probes = SearchQuery.Probes(supers: 16, lists: 8, finalists: 32)
        let found = try others.enumerated().count { index, vector in
            let answer = try ledger.answer(SearchQuery(vector, mode: .approximate(probes), limit: 1))
            return answer == [ledger.plain[Ledger.subject(index * 30)]!.id]
        }
        #expect(found >= 95)
    }
}
