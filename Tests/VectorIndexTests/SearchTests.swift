import TestSupport
import Testing

@testable import VectorIndex

struct SearchTests {
    /// Probes that leave nothing out.
    static let everything = SearchQuery.Mode.approximate(
        SearchQuery.Probes(supers: 1_000, lists: 1_000, finalists: 4_096))

    @Test(arguments: Metric.allCases)
    func `exact search, and approximate search that leaves nothing out, are the plain comparison`(metric: Metric)
        throws
    {
        let ledger = try Ledger.random(11, metric: metric, dimension: 20, blocks: 50)
        var random = SeededGenerator(seed: 12)
        for number in 0..<60 {
            var query = SearchQuery(random.vector(20, spread: 90), mode: .exact, limit: number % 3 == 0 ? 1 : 17)
            if number % 4 == 1 { query.tag = UInt32(number % 5) }
            if number % 5 == 2 { query.owner = number % 2 == 0 ? Ledger.owner : Ledger.other }
            if number % 6 == 3 { query.distanceMax = metric == .squaredL2 ? 60_000 : -9_000 }
            guard let plain = try? ledger.nearest(query) else {
                #expect(throws: VectorFailure.self) { try ledger.answer(query) }
                continue
            }
            #expect(try ledger.answer(query) == plain)
            query.mode = Self.everything
            #expect(try ledger.answer(query) == plain)
        }
    }

    @Test func `a stranger owns nothing`() throws {
        let ledger = try Ledger.random(13, metric: .dot, dimension: 20, blocks: 10)
        var query = SearchQuery([Int8](repeating: 9, count: 20), mode: .exact)
        query.owner = Ledger.subject(1).id
        #expect(try ledger.answer(query).isEmpty)
        query.mode = Self.everything
        #expect(try ledger.answer(query).isEmpty)
    }

    @Test func `equally near entries are answered by rising id`() throws {
        var ledger = try Ledger(dimension: 8)
        for number in 0..<400 { try ledger.insert(Ledger.subject(number), [Int8](repeating: 3, count: 8)) }
        ledger.commit(settling: 20)
        let query = SearchQuery([Int8](repeating: 3, count: 8), mode: .exact, limit: 300)
        #expect(try ledger.answer(query) == Array(1...300))
    }

    @Test func `an empty collection answers nothing`() throws {
        let ledger = try Ledger(dimension: 8)
        for mode in [SearchQuery.Mode.exact, Self.everything] {
            #expect(try ledger.answer(SearchQuery([Int8](repeating: 3, count: 8), mode: mode)).isEmpty)
        }
    }

    @Test func `near entries are found by few probes`() throws {
        var random = SeededGenerator(seed: 14)
        var ledger = try Ledger(dimension: 48)
        let centres = (0..<80).map { _ in random.vector(48, spread: 90) }
        for number in 0..<4_000 {
            try ledger.insert(Ledger.subject(number), random.vector(48, around: centres[number % 80], spread: 30))
            if number % 200 == 0 { ledger.commit(settling: 20) }
        }
        ledger.commit(settling: 100)
        let probes = SearchQuery.Probes(supers: 4, lists: 6, finalists: 40)
        var hits = 0
        for number in 0..<80 {
            let query = SearchQuery(
                random.vector(48, around: centres[number], spread: 30), mode: .approximate(probes))
            hits += Set(try ledger.answer(query)).intersection(try ledger.nearest(query)).count
        }
        #expect(hits >= 760)
    }

    @Test func `numbers out of range are refused`() throws {
        let ledger = try Ledger.random(15, metric: .dot, dimension: 8, blocks: 3)
        func refuse(_ failure: VectorFailure, _ change: (inout SearchQuery) -> Void) {
            var query = SearchQuery([Int8](repeating: 1, count: 8), mode: .exact)
            change(&query)
            #expect(throws: failure) { try ledger.answer(query) }
        }
        func probes(_ supers: Int, _ lists: Int, _ finalists: Int) -> SearchQuery.Mode {
            .approximate(SearchQuery.Probes(supers: supers, lists: lists, finalists: finalists))
        }
        refuse(.query(.limit)) { $0.limit = 0 }
        refuse(.query(.limit)) { $0.limit = SearchQuery.limitMax + 1 }
        refuse(.query(.supers)) { $0.mode = probes(0, 1, 1) }
        refuse(.query(.lists)) { $0.mode = probes(1, 0, 1) }
        refuse(.query(.lists)) { $0.mode = probes(1, SearchQuery.listsMax + 1, 1) }
        refuse(.query(.finalists)) { $0.mode = probes(1, 1, 0) }
        refuse(.query(.finalists)) { $0.mode = probes(1, 1, SearchQuery.finalistsMax + 1) }
        refuse(.dimension(found: 7)) { $0.vector.removeLast() }
        refuse(.component(index: 3)) { $0.vector[3] = -128 }
    }
}
