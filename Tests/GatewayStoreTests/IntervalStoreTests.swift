import Foundation
import GatewayStore
import Testing

struct IntervalStoreTests {
    /// A capture of records with these numbers as ids, into intervals of `size` entries.
    @discardableResult
    static func accept(_ numbers: [UInt8], job: UInt8, size: Int, in store: GatewayStore) throws -> Int {
        try store.accept(
            [GatewayStoreTests.capture(job, numbers.map { GatewayStoreTests.record($0) })],
            issuer: GatewayStoreTests.issuer, now: 5, draw: { interval(size: size) }, sign: statements)[0]
    }

    static func interval(size: Int) -> NewInterval {
        NewInterval(
            rid: (0..<32).map { _ in UInt8.random(in: 0...255) }, secret: [UInt8](repeating: 3, count: 32), size: size)
    }

    /// A statement says its number and its record, so that both can be read back.
    static func statements(_ number: UInt64, _ records: [NewRecord]) -> SignedBatch {
        SignedBatch(statements: records.map { [UInt8(number), $0.rid[0]] }, anchors: [])
    }

    static func anchor(_ interval: IntervalRow) -> NewOutboxTransaction {
        NewOutboxTransaction(
            id: [UInt8](repeating: UInt8(interval.number), count: 32), validUntil: 1_000,
            bytes: interval.statements.flatMap(\.self), firstNumber: interval.number, count: 1)
    }

    static func seal(_ store: GatewayStore, padding: (() -> NewInterval)? = nil) throws -> (
        records: Int, waiting: Int
    )? {
        try store.sealInterval(padding: padding, issuer: GatewayStoreTests.issuer, sign: anchor)
    }

    static func row(_ number: UInt8, in store: GatewayStore) throws -> RecordRow {
        try #require(try store.record([UInt8](repeating: number, count: 32), tenant: "default"))
    }

    @Test func `captures share a forming interval, its number and nothing on its way yet`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1, 2], job: 1, size: 8, in: store)
            try Self.accept([3], job: 2, size: 8, in: store)
            #expect(try [1, 2, 3].map { try Self.row($0, in: store).number } == [0, 0, 0])
            #expect(try store.nextNumber(of: GatewayStoreTests.issuer) == 1)
            #expect(try store.pendingOutboxCount() == 0)
            #expect(try store.pendingOutbox(limit: 9).isEmpty)
            #expect(try Self.row(1, in: store).place == nil)
        }
    }

    @Test func `what does not fit goes into the next interval, and the oldest is sealed first`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1, 2, 3, 4, 5], job: 1, size: 2, in: store)
            try Self.accept([6, 7], job: 2, size: 2, in: store)
            #expect(try (1...7).map { try Self.row($0, in: store).number } == [0, 0, 1, 1, 2, 2, 3])
            #expect(try store.nextNumber(of: GatewayStoreTests.issuer) == 4)
            var waiting: [Int] = []
            while let sealed = try Self.seal(store) { waiting.append(sealed.waiting) }
            #expect(waiting == [3, 2, 1, 0])
            let pending = try store.pendingOutbox(limit: 9)
            #expect(pending.map(\.firstNumber) == [0, 1, 2, 3])
            #expect(
                try pending.map { try store.outboxBytes($0.row) } == [
                    [0, 1, 0, 2], [1, 3, 1, 4], [2, 5, 2, 6], [3, 7],
                ])
        }
    }

    @Test func `every record of an interval stands at its one leaf, under its one id`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1, 2], job: 1, size: 2, in: store)
            _ = try Self.seal(store)
            let pending = try #require(try store.pendingOutbox(limit: 1).first)
            let interval = try #require(try store.interval(ofOutbox: pending.row))
            #expect(try store.firstRecordID(ofOutbox: pending.row) == interval.rid)
            try store.markIncluded([(pending.row, RecordPlace(leafIndex: 40, height: 9, blockTime: 77))], now: 8)
            #expect(try [1, 2].map { try Self.row($0, in: store).place?.leafIndex } == [40, 40])
            #expect(try store.job([UInt8](repeating: 1, count: 16), tenant: "default")?.anchoredCount == 2)
            #expect(interval.statements == [[0, 1], [0, 2]])
            let second = try #require(try store.intervalPlace(of: try Self.row(2, in: store).row))
            #expect(second.ordinal == 1 && second.outbox == pending.row)
        }
    }

    @Test func `nothing is sealed where nothing came, unless idle time is covered`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            #expect(try Self.seal(store) == nil)
            let sealed = try Self.seal(store, padding: { Self.interval(size: 4) })
            #expect(sealed?.records == 0)
            #expect(try store.nextNumber(of: GatewayStoreTests.issuer) == 1)
            #expect(try store.pendingOutbox(limit: 9).map(\.firstNumber) == [0])
            try Self.accept([1], job: 1, size: 4, in: store)
            #expect(try Self.row(1, in: store).number == 1)
        }
    }

    @Test func `a sealing that fails leaves the interval forming, with what it holds`() throws {
        struct Failed: Error {}
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1], job: 1, size: 4, in: store)
            #expect(throws: (any Error).self) {
                _ = try store.sealInterval(issuer: GatewayStoreTests.issuer) { _ in throw Failed() }
            }
            #expect(try store.pendingOutboxCount() == 0)
            try Self.accept([2], job: 2, size: 4, in: store)
            #expect(try Self.seal(store)?.records == 2)
        }
    }

    @Test func `a sealed interval takes no more records`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1], job: 1, size: 8, in: store)
            _ = try Self.seal(store)
            try Self.accept([2], job: 2, size: 8, in: store)
            #expect(try Self.row(2, in: store).number == 1)
        }
    }

    @Test func `records do not go one by one past an interval that is forming`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1], job: 1, size: 8, in: store)
            #expect(throws: GatewayStoreFailure.self) {
                try store.accept(
                    [GatewayStoreTests.capture(2, [GatewayStoreTests.record(2)])], issuer: GatewayStoreTests.issuer,
                    now: 6, sign: GatewayStoreTests.sign)
            }
            _ = try Self.seal(store)
            _ = try store.accept(
                [GatewayStoreTests.capture(2, [GatewayStoreTests.record(2)])], issuer: GatewayStoreTests.issuer,
                now: 6, sign: GatewayStoreTests.sign)
            #expect(try Self.row(2, in: store).number == 1)
            #expect(try store.intervalPlace(of: try Self.row(2, in: store).row) == nil)
        }
    }

    @Test func `a record that is there already enters no interval again`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            #expect(try Self.accept([1], job: 1, size: 8, in: store) == 1)
            #expect(try Self.accept([1, 2], job: 2, size: 8, in: store) == 1)
            #expect(try Self.seal(store)?.records == 2)
        }
    }

    @Test func `a backlog without end is refused whole`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            let records = (0...GatewayStore.formingIntervalsMax).map { index in
                var record = GatewayStoreTests.record(1)
                record.rid = [UInt8(index >> 8), UInt8(index & 255)] + record.rid.dropFirst(2)
                return record
            }
            var code: GatewayStoreFailure.Code?
            do {
                _ = try store.accept(
                    [GatewayStoreTests.capture(1, records)], issuer: GatewayStoreTests.issuer, now: 5,
                    draw: { Self.interval(size: 1) },
                    sign: { _, new in SignedBatch(statements: new.map(\.rid), anchors: []) })
            } catch let failure as GatewayStoreFailure { code = failure.code }
            #expect(code == .backlog)
            #expect(try store.recordCounts().records == 0)
            #expect(try store.nextNumber(of: GatewayStoreTests.issuer) == 0)
        }
    }

    @Test func `an erased record's statement stays in its interval, and its tombstone is not submitted`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            try Self.accept([1, 2], job: 1, size: 2, in: store)
            let tombstone = NewOutboxTransaction(id: [7], validUntil: 1, bytes: [8], firstNumber: 0, count: 0)
            #expect(
                try store.erase(
                    [UInt8](repeating: 1, count: 32), tenant: "default", now: 9, newGroup: 2, tombstone: tombstone,
                    tombstoneState: .kept
                ) { $0 })
            #expect(try store.pendingOutboxCount() == 0)
            #expect(try Self.seal(store)?.records == 2)
            #expect(try store.pendingOutbox(limit: 9).map(\.kind) == [.anchor])
        }
    }

    @Test func `a record is found under an id of an older secret, and stays what it was`() throws {
        try GatewayStoreTests.withStore { (store: GatewayStore, _: URL) throws in
            let old = GatewayStoreTests.record(1)
            var again = GatewayStoreTests.record(2)
            again.earlierIDs = [[UInt8](repeating: 9, count: 32), old.rid]
            for (job, record) in [(UInt8(1), old), (2, again), (3, again)] {
                let counts = try store.accept(
                    [GatewayStoreTests.capture(job, [record])], issuer: GatewayStoreTests.issuer, now: 5,
                    sign: GatewayStoreTests.sign)
                #expect(counts == [job == 1 ? 1 : 0])
                #expect(
                    try store.job([UInt8](repeating: job, count: 16), tenant: "default")?.records == [old.rid])
            }
            #expect(try store.record(again.rid, tenant: "default") == nil)
        }
    }
}
