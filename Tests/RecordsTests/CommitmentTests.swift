import Codec
import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import SupplyChain
import Testing
import VectorIndex

@testable import Records

/// Commitments to the private index, over records that were captured, sealed and stored in earnest.
struct CommitmentTests {
    typealias Bench = PrivateIndexTests.Bench
    private static let probes = SearchQuery.Probes(supers: 8, lists: 32, finalists: 64)

    private static func events(_ numbers: Range<Int>) -> [String] { numbers.map { PrivateIndexTests.event($0) } }

    /// Commits as the service does; what the commitment's document says.
    private static func commit(_ bench: Bench, tenant: String = "orchard") async throws -> IndexCommitment {
        let receipt = try await bench.service.commitIndex(tenant: tenant, audit: nil)
        let row = try #require(try bench.fixture.store.record(receipt.recordID, tenant: tenant))
        #expect(row.mediaType == IndexCommitment.mediaType)
        let sealed = try #require(try bench.fixture.store.sealedRecords([row.row]).first)
        let document = try #require(try await bench.service.index?.document(sealed))
        let commitment = try IndexCommitment(decoding: document)
        #expect(receipt.count == Int(commitment.count) && commitment.rules == EventVector.rules)
        return commitment
    }

    /// Proves by a commitment; the answer's record ids, checked against the root.
    private static func prove(
        _ bench: Bench, _ record: [UInt8], by commitment: IndexCommitment, tenant: String = "orchard",
        limit: Int = 3, probes: SearchQuery.Probes? = probes
    ) async throws -> [[UInt8]] {
        let store = bench.fixture.store
        let index = try #require(bench.service.index)
        let row = try #require(try store.record(record, tenant: tenant)).row
        let newest = try store.record(commitment.newest.bytes, tenant: tenant)?.row ?? 0
        let found = try await index.proof(
            of: row, by: commitment, newest: newest, tenant: tenant, limit: limit, probes: probes)
        var head = CollectionHead()
        head.count = commitment.count
        head.root = commitment.root
        let entry = SearchProof.StateEntry(
            key: VectorStateKey(collection: 0).head, value: head.encoded(), path: [])
        let proof = SearchProof(collection: 0, state: [entry], body: found.body)
        #expect(try proof.verify(found.query) { _ in true } == found.answer)
        #expect(await !index.isMaking)
        return found.answer.map(\.subject.id.bytes)
    }

    // MARK: Refused

    @Test func `after an erasure nothing is proven by an older commitment, before and after a restart`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let ids = try await bench.capture(Self.events(0..<20))
            let old = try await Self.commit(bench)
            #expect(try await Self.prove(bench, ids[3], by: old)[0] == ids[3])
            #expect(try await bench.service.erase(ids[7], tenant: "orchard", reason: 1))
            for bench in [bench, try bench.reopened()] {
                #expect(
                    await PrivateIndexTests.refusal { _ = try await Self.prove(bench, ids[3], by: old) }
                        == "commitment(Records.CommitmentRefusal.outdated)")
            }
            let fresh = try await Self.commit(bench)
            #expect(fresh.count == 19 && fresh.root != old.root && fresh.newest == old.newest)
            let found = try await Self.prove(bench, ids[3], by: fresh, limit: 19, probes: nil)
            #expect(found.count == 19 && !found.contains(ids[7]))
        }
    }

    @Test func `an erased newest record, or a row of somebody else, is no end of a commitment`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let ids = try await bench.capture(Self.events(0..<9))
            let old = try await Self.commit(bench)
            #expect(old.newest.bytes == ids[8])
            #expect(try await bench.service.erase(ids[8], tenant: "orchard", reason: 1))
            _ = try await bench.capture(Self.events(30..<33))
            let refusal = "commitment(Records.CommitmentRefusal.outdated)"
            #expect(
                await PrivateIndexTests.refusal { _ = try await Self.prove(bench, ids[3], by: old) } == refusal)
            let others: [(inout IndexCommitment) -> Void] = [
                { $0.root = SHA256.hash([]) }, { $0.count -= 1 }, { $0.count = 1_000 }, { $0.count = .max },
                { $0.rules = SHA256.hash([]) }, { $0.newest = SHA256.hash([]) },
                { $0.newest = Digest(ids[3])! },
            ]
            for (number, change) in others.enumerated() {
                var other = try await Self.commit(bench)
                #expect(try await Self.prove(bench, ids[3], by: other)[0] == ids[3])
                change(&other)
                let changed = other
                let found = await PrivateIndexTests.refusal { _ = try await Self.prove(bench, ids[3], by: changed) }
                #expect(found == refusal, "\(number)")
            }
        }
    }

    @Test func `an erasure ends the making of a collection, and nothing of it stays`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let ids = try await bench.capture(Self.events(0..<3_000))
            _ = try await bench.similar(ids[0])
            let index = try #require(bench.service.index)
            async let refusal = PrivateIndexTests.refusal {
                _ = try await bench.service.commitIndex(tenant: "orchard", audit: nil)
            }
            while await !index.isMaking { await Task.yield() }
            // There is one at a time.
            #expect(
                await PrivateIndexTests.refusal {
                    _ = try await bench.service.commitIndex(tenant: "orchard", audit: nil)
                } == "commitment(Records.CommitmentRefusal.inProgress)")
            let row = try #require(try bench.fixture.store.record(ids[5], tenant: "orchard")).row
            await index.forget(row, tenant: "orchard")
            #expect(await !index.isMaking)
            #expect(await refusal == "indexing")
            #expect(try await Self.commit(bench).count == 2_999)
            #expect(await !index.isMaking)
        }
    }

    @Test func `a tenant proves by its own commitments and of its own records alone`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let own = try await bench.capture(Self.events(0..<5))
            let theirs = try await bench.capture(Self.events(0..<5), tenant: "mill")
            let mine = try await Self.commit(bench)
            let other = try await Self.commit(bench, tenant: "mill")
            // The same events, and nothing in common.
            #expect(mine.root != other.root && mine.newest != other.newest && mine.count == other.count)
            #expect(
                await PrivateIndexTests.refusal { _ = try await Self.prove(bench, own[0], by: other) }
                    == "commitment(Records.CommitmentRefusal.outdated)")
            let probes = Self.probes
            for (record, commitment) in [(theirs[0], mine.newest.bytes), (own[0], [UInt8](repeating: 1, count: 32))] {
                #expect(
                    await PrivateIndexTests.refusal {
                        _ = try await bench.service.proveSimilar(
                            to: record, by: commitment, tenant: "orchard", limit: 3, probes: probes, trusted: nil)
                    } == "notFound")
            }
        }
    }

    @Test func `an empty index is not committed to, nor one that is switched off`() async throws {
        try await PrivateIndexTests.withBench { bench in
            func commit() async throws { _ = try await bench.service.commitIndex(tenant: "orchard", audit: nil) }
            #expect(await PrivateIndexTests.refusal(commit) == "commitment(Records.CommitmentRefusal.nothingHeld)")
            let ids = try await bench.capture(Self.events(0..<1))
            #expect(await PrivateIndexTests.refusal(commit) == "none")
            let off = try bench.reopened(limits: nil)
            #expect(
                await PrivateIndexTests.refusal { _ = try await off.service.commitIndex(tenant: "orchard", audit: nil) }
                    == "indexOff")
            let probes = Self.probes
            #expect(
                await PrivateIndexTests.refusal {
                    _ = try await off.service.proveSimilar(
                        to: ids[0], by: ids[0], tenant: "orchard", limit: 3, probes: probes, trusted: nil)
                } == "indexOff")
        }
    }

    @Test func `what has left the window is not proven any more, and what is no event cannot be asked about`()
        async throws
    {
        try await PrivateIndexTests.withBench(.init(recordsMax: 10)) { bench in
            let ids = try await bench.capture(Self.events(0..<10))
            let receipt = try await bench.service.commitIndex(tenant: "orchard", audit: nil)
            let old = try await Self.commit(bench)
            #expect(old.count == 10, "a commitment is not compared")
            #expect(
                await PrivateIndexTests.refusal { _ = try await Self.prove(bench, receipt.recordID, by: old) }
                    == "commitment(Records.CommitmentRefusal.notCompared)")
            let later = try await bench.capture(Self.events(50..<51))
            #expect(
                await PrivateIndexTests.refusal { _ = try await Self.prove(bench, later[0], by: old) }
                    == "commitment(Records.CommitmentRefusal.outdated)")
            #expect(try await Self.prove(bench, ids[0], by: try await Self.commit(bench)).count == 3)
        }
    }

    @Test func `a search out of its range is refused`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let ids = try await bench.capture(Self.events(0..<5))
            let commitment = try await Self.commit(bench)
            for probes in [
                SearchQuery.Probes(supers: 0, lists: 1, finalists: 1),
                SearchQuery.Probes(supers: 1, lists: 1, finalists: SearchQuery.finalistsMax + 1),
            ] {
                let refusal = await PrivateIndexTests.refusal {
                    _ = try await Self.prove(bench, ids[0], by: commitment, probes: probes)
                }
                #expect(refusal.hasPrefix("query("), "\(refusal)")
            }
            #expect(await bench.service.index?.isMaking == false)
        }
    }

    // MARK: Proven

    @Test func `the same records make the same root, whatever came later and after a restart`() async throws {
        try await PrivateIndexTests.withBench { bench in
            let ids = try await bench.capture(Self.events(0..<700))
            bench.clock.set(10)
            let first = try await Self.commit(bench)
            bench.clock.set(20)
            let again = try await Self.commit(bench)
            #expect(first.root == again.root && first.count == 700 && first.time == 10 && again.time == 20)
            let later = try await bench.capture(Self.events(900..<950))
            #expect(try await Self.commit(bench).count == 750)
            for bench in [bench, try bench.reopened()] {
                let near = try await Self.prove(bench, ids[50], by: first, limit: 5, probes: nil)
                #expect(near[0] == ids[50] && !near.contains { later.contains($0) })
                // As the index itself answers, among those of the commitment.
                let found = try await bench.similar(ids[50], limit: 100).filter { !later.contains($0) }
                #expect(Array(near.dropFirst()) == Array(found.prefix(4)))
                // A record that came later is asked about, and not found.
                #expect(try await !Self.prove(bench, later[9], by: first).contains(later[9]))
                #expect(try await Self.prove(bench, ids[50], by: first)[0] == ids[50])
            }
        }
    }

    @Test func `only the newest are committed to where there are more`() async throws {
        try await PrivateIndexTests.withBench(.init(committedMax: 6)) { bench in
            let ids = try await bench.capture(Self.events(0..<10))
            let commitment = try await Self.commit(bench)
            #expect(commitment.count == 6 && commitment.newest.bytes == ids[9])
            let found = try await Self.prove(bench, ids[0], by: commitment, limit: 10, probes: nil)
            #expect(Set(found) == Set(ids.suffix(6)))
        }
    }

    @Test func `the rules' name stands for how vectors and collections are made today`() throws {
        // Whoever changes features, embedder or the making of collections sees this fail, and gives
        // `EventDomain.vectorRules` another number.
        var made = try CommittedIndex()
        let block = try (0..<300).map { number -> (record: Digest, vector: [Int8]) in
            let document = PrivateIndexTests.document([PrivateIndexTests.event(number)])
            return (
                SHA256.hash(document), try #require(EventVector.vector(of: document, mediaType: EventRecord.mediaType))
            )
        }
        try made.append(Array(block.prefix(CommittedIndex.blockCount)))
        try made.append(Array(block.dropFirst(CommittedIndex.blockCount)))
        #expect(made.root.hex == "0a59d27daaf72401bb3cf31321e83b385411db267e4b2ab027cc5bd0e84f1bb3")
        #expect(EventVector.rules.hex == "31b82c059b7bcf0809249a70ddcda5be2f4a99982c03224bd554ad2c7c058580")
    }
}

extension PrivateIndex {
    /// Whether a collection is being made.
    fileprivate var isMaking: Bool { transient != nil }
}
