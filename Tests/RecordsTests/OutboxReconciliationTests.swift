import Codec
import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Logging
import Testing

@testable import Records

@Suite struct OutboxReconciliationTests {
    /// A gateway's store and outbox on a ledger that can be cut back.
    struct Fixture {
        let store: GatewayStore
        let ledger: ReplaceableLedger
        let issuer: Issuer
        let outbox: Outbox

        init(_ folder: URL, issuer: Issuer, ledger: ReplaceableLedger) throws {
            store = try GatewayStore(folder: folder)
            self.issuer = issuer
            self.ledger = ledger
            outbox = Outbox(
                store: store, ledger: ledger, issuer: issuer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                now: { OutboxReconciliationTests.now })
        }

        static func rid(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

        /// Captures records as one anchor.
        func accept(_ numbers: [UInt8]) throws {
            let capture = NewCapture(
                jobID: SecureRandom.bytes(16), tenant: "default",
                original: NewOriginal(mediaType: "text/xml", payload: [1], keyGroup: 1, wrap: [9]),
                records: numbers.map {
                    NewRecord(
                        rid: Self.rid($0), mediaType: "text/xml", payload: [$0], keyGroup: 1, wrap: [$0],
                        commitment: Self.rid($0))
                })
            _ = try store.accept([capture], issuer: issuer.account.bytes, now: 5) { first, records in
                try issuer.sign(records, first: first, now: OutboxReconciliationTests.now)
            }
        }

        /// Captures and anchors each of these as an anchor of its own.
        func anchor(_ numbers: ClosedRange<UInt8>) async throws {
            for number in numbers {
                try accept([number])
                await settle()
            }
        }

        func settle() async {
            for _ in 0..<4 { await outbox.turn() }
        }

        func place(_ number: UInt8) throws -> RecordPlace? {
            try store.record(Self.rid(number), tenant: "default")?.place
        }

        /// Whether every record stands in the store where it stands on the ledger.
        func agrees(_ numbers: ClosedRange<UInt8>) async throws -> Bool {
            for number in numbers {
                let noted = try place(number)
                guard let noted, try await outbox.anchored(Self.rid(number))?.place == noted else { return false }
            }
            return true
        }
    }

    static let now: UInt64 = 1_780_000_000_000_000_000

    static func identity(_ genesis: UInt8 = 1) throws -> LedgerIdentity {
        LedgerIdentity(chainID: try ChainID("test-1"), genesisHash: Digest([UInt8](repeating: genesis, count: 32))!)
    }

    static func withFixture(_ body: (Fixture, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-outbox-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = try SigningKey.generate(.edDSA)
        let identity = try identity()
        let issuer = Issuer(ledger: identity, account: AccountID(key.publicKey.thumbprint), key: key)
        try await body(try Fixture(folder, issuer: issuer, ledger: ReplaceableLedger(identity)), folder)
    }

    @Test func `where both are whole, nothing is put back and nothing is handed in`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.outbox.reconcile()
            try await fixture.anchor(1...9)
            try fixture.accept([10, 11])
            let submitted = fixture.ledger.copy.submitted
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 1)
            #expect(fixture.ledger.copy.submitted == submitted)
            #expect(try await fixture.agrees(1...9))
        }
    }

    @Test(arguments: 0...9 as ClosedRange<UInt8>)
    func `what a ledger lost comes again under the same numbers and statements`(kept: UInt8) async throws {
        try await Self.withFixture { fixture, _ in
            var states = [fixture.ledger.copy]
            for number: UInt8 in 1...9 {
                try await fixture.anchor(number...number)
                states.append(fixture.ledger.copy)
            }
            let statements = try (1...9 as ClosedRange<UInt8>).map {
                try fixture.store.record(Fixture.rid($0), tenant: "default")?.statement
            }
            // Later than before, so that what comes again stands at other heights.
            states[Int(kept)].height += kept == 9 ? 0 : 100
            fixture.ledger.copy = states[Int(kept)]
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 9 - Int(kept))
            if kept < 9 { #expect(try fixture.place(9) == nil, "a lost record is not shown as anchored") }
            await fixture.settle()
            #expect(try fixture.store.pendingOutboxCount() == 0)
            #expect(try await fixture.agrees(1...9))
            #expect(fixture.ledger.copy.next == 9)
            let after = try (1...9 as ClosedRange<UInt8>).map { number in
                let row = try fixture.store.record(Fixture.rid(number), tenant: "default")
                #expect(row?.number == UInt64(number - 1))
                return row?.statement
            }
            #expect(after == statements)
            // The next start finds nothing to do.
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 0)
        }
    }

    @Test func `what had been waiting goes behind what comes again`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...3)
            let older = fixture.ledger.copy
            try await fixture.anchor(4...6)
            try fixture.accept([7])
            fixture.ledger.copy = older
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 4)
            await fixture.settle()
            #expect(try await fixture.agrees(1...7))
        }
    }

    @Test(arguments: 1...9 as ClosedRange<UInt8>)
    func `records that stand elsewhere than noted are found by halving, and noted anew`(first: UInt8) async throws {
        try await Self.withFixture { fixture, _ in
            if first > 1 { try await fixture.anchor(1...(first - 1)) }
            var older = fixture.ledger.copy
            try await fixture.anchor(first...9)
            // The ledger lost its end and took the same records again while this store was away.
            older.height += 50
            let bytes = try (first...9).map { number -> [UInt8] in
                let row = try #require(try fixture.store.record(Fixture.rid(number), tenant: "default"))
                return try fixture.issuer.anchor(
                    [(Fixture.rid(number), row.statement)], first: UInt64(number - 1), now: Self.now + UInt64(number)
                ).bytes
            }
            fixture.ledger.copy = older
            for each in bytes { _ = try await fixture.ledger.submit(each) }
            let submitted = fixture.ledger.copy.submitted
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 10 - Int(first))
            await fixture.settle()
            #expect(try await fixture.agrees(1...9))
            #expect(fixture.ledger.copy.submitted == submitted, "they are looked up, not handed in again")
        }
    }

    @Test(arguments: [[8] as [UInt8], [8, 9], [9, 10, 11, 12]])
    func `a ledger that holds something else under our numbers is refused, and nothing changes`(
        others: [UInt8]
    ) async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...3)
            let older = fixture.ledger.copy
            try fixture.accept([4, 5, 6, 7])
            await fixture.settle()
            fixture.ledger.copy = older
            let foreign = try fixture.issuer.anchor(
                others.map { (Fixture.rid($0), [$0]) }, first: 3, now: Self.now + 1)
            _ = try await fixture.ledger.submit(foreign.bytes)
            await #expect(throws: OutboxFailure.ledgerDiffers(number: 3)) { try await fixture.outbox.reconcile() }
            #expect(try fixture.store.pendingOutboxCount() == 0)
            #expect(try fixture.place(7) != nil)
            #expect(OutboxFailure.ledgerDiffers(number: 3).description.contains("restore ledger/ and gateway/"))
        }
    }

    @Test func `a waiting record whose number the ledger gave to another is refused`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...2)
            try fixture.accept([3])
            let foreign = try fixture.issuer.anchor([(Fixture.rid(8), [8])], first: 2, now: Self.now + 1)
            _ = try await fixture.ledger.submit(foreign.bytes)
            await #expect(throws: OutboxFailure.ledgerDiffers(number: 2)) { try await fixture.outbox.reconcile() }
        }
    }

    @Test func `a ledger with more numbers than were assigned is refused`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...2)
            let foreign = try fixture.issuer.anchor([(Fixture.rid(8), [8])], first: 2, now: Self.now + 1)
            _ = try await fixture.ledger.submit(foreign.bytes)
            await #expect(throws: OutboxFailure.storeIsOlder(assigned: 2, onLedger: 3)) {
                try await fixture.outbox.reconcile()
            }
        }
    }

    @Test(arguments: [true, false])
    func `statements about another ledger are never handed to this one`(isPending: Bool) async throws {
        try await Self.withFixture { fixture, folder in
            if isPending { try fixture.accept([1]) } else { try await fixture.anchor(1...3) }
            let other = try Self.identity(2)
            let moved = try Fixture(
                folder, issuer: Issuer(ledger: other, account: fixture.issuer.account, key: fixture.issuer.key),
                ledger: ReplaceableLedger(other))
            await #expect(throws: OutboxFailure.otherLedger(stated: "test-1", found: "test-1")) {
                try await moved.outbox.reconcile()
            }
            #expect(moved.ledger.copy.submitted == 0)
        }
    }

    @Test func `a tombstone that the ledger lost comes again with its reason`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...2)
            let older = fixture.ledger.copy
            try await fixture.anchor(3...3)
            for (number, reason) in [(1, 2), (3, 1)] as [(UInt8, UInt64)] {
                _ = try fixture.store.erase(
                    Fixture.rid(number), tenant: "default", now: 6, newGroup: Int64(number) + 1,
                    tombstone: try fixture.issuer.tombstone(Fixture.rid(number), reason: reason, now: Self.now)
                ) { $0 }
            }
            await fixture.settle()
            #expect(try fixture.store.pendingOutboxCount() == 0)
            fixture.ledger.copy = older
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 3)
            await fixture.settle()
            #expect(try fixture.store.pendingOutboxCount() == 0)
            for (number, reason) in [(1, 2), (3, 1)] as [(UInt8, UInt64)] {
                let value = try #require(fixture.ledger.copy.values[Tombstone.key(Fixture.rid(number))])
                #expect(try CBOR.decode(value).array?.last?.unsigned == reason)
            }
            try await fixture.outbox.reconcile()
            #expect(try fixture.store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a tombstone that expired on its way is signed again and blocks nothing`() async throws {
        try await Self.withFixture { fixture, _ in
            try await fixture.anchor(1...1)
            _ = try fixture.store.erase(
                Fixture.rid(1), tenant: "default", now: 6, newGroup: 2,
                tombstone: try fixture.issuer.tombstone(Fixture.rid(1), reason: 3, now: 0)
            ) { $0 }
            try fixture.accept([2])
            await fixture.settle()
            #expect(try fixture.store.pendingOutboxCount() == 0)
            #expect(fixture.ledger.copy.values[Tombstone.key(Fixture.rid(1))] != nil)
            #expect(try await fixture.agrees(1...2))
        }
    }
}
