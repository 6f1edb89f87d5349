import Codec
import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Testing

@testable import Records

/// What a gateway does when its ledger went on as a new revision (D23).
@Suite struct OutboxRevisionTests {
    typealias Fixture = OutboxReconciliationTests.Fixture

    /// The same gateway on the next revision of its ledger, which continues what the old one holds.
    static func moved(_ fixture: Fixture, _ folder: URL, revision: UInt64 = 2, last: Digest? = nil) throws -> Fixture {
        let identity = LedgerIdentity(chainID: try ChainID("test-\(revision)"), genesisHash: SHA256.hash([9]))
        let ledger = ReplaceableLedger(identity)
        var state = fixture.ledger.copy
        state.fates = [:]
        state.values[RevisionEntry.key("test-\(revision - 1)")] =
            RevisionEntry(
                genesisHash: last ?? fixture.issuer.ledger.genesisHash, last: Height(state.height)
            ).encoded()
        ledger.copy = state
        return try Fixture(
            folder, issuer: Issuer(ledger: identity, account: fixture.issuer.account, key: fixture.issuer.key),
            ledger: ledger)
    }

    static func statement(_ number: UInt8, _ fixture: Fixture) throws -> Statement {
        try Statement.decode(try #require(try fixture.store.record(Fixture.rid(number), tenant: "default")).statement)
    }

    @Test func `what waited is signed for the new revision under its numbers; what had arrived stays`() async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try await fixture.anchor(1...2)
            try fixture.accept([3, 4])
            try fixture.accept([5])
            let before = try (1...5).map { try Self.statement($0, fixture) }
            let moved = try Self.moved(fixture, folder)
            try await moved.outbox.reconcile()
            await moved.settle()
            #expect(try moved.store.pendingOutboxCount() == 0)
            #expect(try await moved.agrees(1...5))
            for number: UInt8 in 1...5 {
                let (old, new) = (before[Int(number) - 1], try Self.statement(number, moved))
                #expect(new.sequence == old.sequence && new.recordHash == old.recordHash)
                #expect(new.chainID == (number <= 2 ? "test-1" : "test-2"))
                #expect((new == old) == (number <= 2))
            }
        }
    }

    @Test func `killed before it was done, the next start goes on; done, it changes nothing more`() async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try fixture.accept([1])
            try fixture.accept([2])
            let moved = try Self.moved(fixture, folder)
            // As if only the first had been replaced.
            let page = try moved.store.waitingStatements(
                of: moved.issuer.account.bytes, from: 0, after: 0, limit: 1)
            let statement = try Statement.decode(page[0].statement)
            try moved.store.replaceStatements([
                (
                    page[0].row,
                    Statement.sign(
                        recordHash: statement.recordHash, sequence: statement.sequence, issuer: moved.issuer.account,
                        ledger: moved.issuer.ledger, key: moved.issuer.key)
                )
            ])
            try await moved.outbox.reconcile()
            await moved.settle()
            #expect(try await moved.agrees(1...2))
            let after = try (1...2).map { try Self.statement($0, moved) }
            try await moved.outbox.reconcile()
            #expect(try (1...2).map { try Self.statement($0, moved) } == after)
            #expect(try moved.store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a tombstone that waited comes with its reason`() async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try await fixture.anchor(1...1)
            _ = try fixture.store.erase(
                Fixture.rid(1), tenant: "default", now: 6, newGroup: 2,
                tombstone: try fixture.issuer.tombstone(Fixture.rid(1), reason: 2, now: OutboxReconciliationTests.now)
            ) { $0 }
            let moved = try Self.moved(fixture, folder)
            try await moved.outbox.reconcile()
            await moved.settle()
            #expect(try moved.store.pendingOutboxCount() == 0)
            let value = try #require(moved.ledger.copy.values[Tombstone.key(Fixture.rid(1))])
            #expect(try CBOR.decode(value).array?.last?.unsigned == 2)
        }
    }

    @Test func `two revisions on, what waited for the first is still signed again`() async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try await fixture.anchor(1...1)
            try fixture.accept([2])
            let second = try Self.moved(fixture, folder)
            let third = try Self.moved(second, folder, revision: 3)
            try await third.outbox.reconcile()
            await third.settle()
            #expect(try await third.agrees(1...2))
            #expect(try Self.statement(1, third).chainID == "test-1")
            #expect(try Self.statement(2, third).chainID == "test-3")
        }
    }

    @Test func `a revision that continues another ledger of that name is refused, and nothing is signed`() async throws
    {
        for isPending in [true, false] {
            try await OutboxReconciliationTests.withFixture { fixture, folder in
                if isPending { try fixture.accept([1]) } else { try await fixture.anchor(1...1) }
                let before = try Self.statement(1, fixture)
                let moved = try Self.moved(fixture, folder, last: SHA256.hash([8]))
                await #expect(throws: OutboxFailure.otherLedger(stated: "test-1", found: "test-2")) {
                    try await moved.outbox.reconcile()
                }
                #expect(try Self.statement(1, moved) == before)
            }
        }
    }

    @Test func `a ledger that never had the revision, or says it wrongly, is refused`() async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try fixture.accept([1])
            let moved = try Self.moved(fixture, folder)
            moved.ledger.copy.values[RevisionEntry.key("test-1")] = nil
            await #expect(throws: OutboxFailure.self) { try await moved.outbox.reconcile() }
            moved.ledger.copy.values[RevisionEntry.key("test-1")] = [0x80]
            await #expect(throws: RecordsFailure.self) { try await moved.outbox.reconcile() }
        }
    }
}
