import Cryptography
import TestSupport
import Testing

@testable import VectorIndex

struct ProofTests {
    /// The path of an entry here is the SHA-256 of key and value: enough to see that the caller's answer is heeded.
    private static func path(_ key: [UInt8], _ value: [UInt8]?) -> [UInt8] { SHA256.hash(key, value ?? [0]).bytes }

    private func make(_ query: SearchQuery, _ ledger: Ledger) throws -> (proof: SearchProof, answer: [Neighbour]) {
        try SearchProof.make(of: query, in: ledger.collection, state: ledger.state) { key in
            Self.path(key, ledger.state.value(key))
        }
    }

    private func verify(_ bytes: [UInt8], _ query: SearchQuery, _ ledger: Ledger) throws -> [Neighbour] {
        try SearchProof(decoding: bytes, of: query).verify(query) { entry in
            entry.path == Self.path(entry.key, entry.value) && ledger.state.value(entry.key) == entry.value
        }
    }

    private static func queries(_ random: inout SeededGenerator) -> [SearchQuery] {
        let probes = SearchQuery.Mode.approximate(SearchQuery.Probes(supers: 2, lists: 3, finalists: 15))
        var queries: [SearchQuery] = []
        for mode in [probes, .exact, SearchTests.everything] {
            let vector = random.vector(20, spread: 90)
            queries.append(SearchQuery(vector, mode: mode))
            queries.append(SearchQuery(vector, mode: mode, limit: 5, tag: 2))
            queries.append(SearchQuery(vector, mode: mode, limit: 3, owner: Ledger.other))
            queries.append(SearchQuery(vector, mode: mode, tag: 1, owner: Ledger.subject(0).id))
            queries.append(SearchQuery(vector, mode: mode, limit: 30, distanceMax: 40_000))
        }
        return queries
    }

    @Test(arguments: [Metric.dot, .squaredL2])
    func `a proof gives exactly the answer of the index`(metric: Metric) throws {
        let ledger = try Ledger.random(21, metric: metric, dimension: 20, blocks: 40)
        var random = SeededGenerator(seed: 22)
        for query in Self.queries(&random) {
            let (proof, answer) = try make(query, ledger)
            var cost = VectorCost()
            #expect(try ledger.collection.search(query, state: ledger.state, cost: &cost) == answer)
            for kernels in Kernels.available {
                #expect(try proof.verify(query, kernels: kernels) { _ in true } == answer)
            }
            #expect(try verify(proof.encoded(), query, ledger) == answer)
        }
    }

    @Test func `a collection without vectors proves that it has none`() throws {
        let ledger = try Ledger(dimension: 20)
        let query = SearchQuery([Int8](repeating: 1, count: 20), mode: SearchTests.everything)
        #expect(try verify(make(query, ledger).proof.encoded(), query, ledger).isEmpty)
    }

    @Test func `any flipped bit is refused`() throws {
        let ledger = try Ledger.random(23, metric: .squaredL2, dimension: 20, blocks: 20)
        var random = SeededGenerator(seed: 24)
        for query in Self.queries(&random) {
            let bytes = try make(query, ledger).proof.encoded()
            for _ in 0..<250 {
                var changed = bytes
                let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(throws: ProofFailure.self, "bit \(bit)") { try verify(changed, query, ledger) }
            }
            // All of the head, where counts and flags stand.
            for index in 0..<min(200, bytes.count) {
                var changed = bytes
                changed[index] ^= 0x11
                #expect(throws: ProofFailure.self, "byte \(index)") { try verify(changed, query, ledger) }
            }
        }
    }

    @Test func `a shortened or lengthened proof is refused`() throws {
        let ledger = try Ledger.random(25, metric: .dot, dimension: 20, blocks: 12)
        var random = SeededGenerator(seed: 26)
        let query = Self.queries(&random)[0]
        let bytes = try make(query, ledger).proof.encoded()
        for count in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: ProofFailure.self) { try verify(Array(bytes[..<count]), query, ledger) }
        }
        #expect(throws: ProofFailure.self) { try verify(bytes + [0], query, ledger) }
    }

    @Test func `a proof of another query is refused, or its answer is that query's own`() throws {
        let ledger = try Ledger.random(27, metric: .squaredL2, dimension: 20, blocks: 40)
        var random = SeededGenerator(seed: 28)
        let queries = Self.queries(&random)
        for made in queries {
            let bytes = try make(made, ledger).proof.encoded()
            for asked in queries where asked != made {
                guard let answer = try? verify(bytes, asked, ledger) else { continue }
                // The same bytes are read where queries differ in what they do with the finalists alone.
                #expect(try make(asked, ledger).answer == answer)
                #expect(try make(asked, ledger).proof.encoded() == bytes)
            }
            var other = made
            guard case .approximate(let probes) = made.mode, probes.lists < 100 else { continue }
            for change in [(1, 3, 15), (3, 3, 15), (2, 2, 15), (2, 4, 15), (2, 3, 14), (2, 3, 16)] {
                other.mode = .approximate(
                    SearchQuery.Probes(supers: change.0, lists: change.1, finalists: change.2))
                guard let answer = try? verify(bytes, other, ledger) else { continue }
                #expect(try make(other, ledger).proof.encoded() == bytes && make(other, ledger).answer == answer)
            }
        }
    }

    @Test func `a proof under an earlier head is refused`() throws {
        var ledger = try Ledger.random(29, metric: .dot, dimension: 20, blocks: 12)
        var random = SeededGenerator(seed: 30)
        let query = Self.queries(&random)[0]
        let bytes = try make(query, ledger).proof.encoded()
        #expect(try verify(bytes, query, ledger).count == 10)
        try ledger.insert(Ledger.subject(7_777), random.vector(20))
        ledger.commit()
        #expect(throws: ProofFailure.notProven) { try verify(bytes, query, ledger) }
        // Nor do the old bytes hash to the new head.
        let proof = try SearchProof(decoding: bytes, of: query)
        let renewed = try make(query, ledger).proof
        var writer = Array(renewed.encoded().dropLast(renewed.body.count))
        writer += proof.body
        #expect(throws: ProofFailure.root) { try verify(writer, query, ledger) }
    }

    @Test func `what the search does not read is refused, and what it reads cannot be left out`() throws {
        let ledger = try Ledger.random(31, metric: .squaredL2, dimension: 20, blocks: 40)
        var random = SeededGenerator(seed: 32)
        let vector = random.vector(20, spread: 90)
        func mode(_ supers: Int, _ lists: Int, _ finalists: Int) -> SearchQuery.Mode {
            .approximate(SearchQuery.Probes(supers: supers, lists: lists, finalists: finalists))
        }
        let query = SearchQuery(vector, mode: mode(1, 3, 20))
        // Bodies that the same root commits to, with more and with less than the query reads.
        for (other, failure) in [
            (mode(1, 4, 20), ProofFailure.surplus), (mode(1, 2, 20), .incomplete), (mode(1, 3, 21), .surplus),
            (mode(1, 3, 19), .incomplete),
        ] {
            let bytes = try make(SearchQuery(vector, mode: other), ledger).proof.encoded()
            #expect(throws: failure) { try verify(bytes, query, ledger) }
        }
    }

    @Test func `an exact search of a large collection is not proven`() throws {
        var ledger = try Ledger(dimension: 2)
        for number in 0...SearchProof.exactCountMax { try ledger.insert(Ledger.subject(number), [1, 2]) }
        ledger.commit(settling: 100)
        #expect(throws: VectorFailure.query(.finalists)) { try make(SearchQuery([1, 2], mode: .exact), ledger) }
    }
}
