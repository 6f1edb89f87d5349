import Cryptography
import Foundation
import GRDB
import Testing

@testable import GatewayStore

/// Record ids in all the places where they can stand: new in memory, in a run that settles, and settled.
struct RecordIDIndexTests {
    private static func rid(_ number: Int) -> [UInt8] { SHA256.hash(Array("record \(number)".utf8)).bytes }

    private static func accept(_ store: GatewayStore, _ numbers: [Int], job: Int) throws -> [Int] {
        let records = numbers.map { number in
            NewRecord(
                rid: rid(number), mediaType: "text/plain", payload: Array("\(number)".utf8), keyGroup: 1, wrap: [1],
                commitment: rid(number))
        }
        let capture = NewCapture(
            jobID: Array(rid(-job).prefix(16)), tenant: "default",
            original: NewOriginal(mediaType: "text/plain", payload: [1], keyGroup: 1, wrap: [2]), records: records)
        return try store.accept([capture], issuer: [1], now: 1) { first, records in
            SignedBatch(
                statements: records.map { _ in [1] },
                anchors: [
                    NewOutboxTransaction(
                        id: rid(-1_000_000 - Int(first)), validUntil: 9, bytes: [1], firstNumber: first,
                        count: records.count)
                ])
        }
    }

    private static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-ids-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private static func settledCount(_ store: GatewayStore) throws -> Int {
        try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM record_id") ?? 0 }
    }

    private static func payload(_ store: GatewayStore, _ number: Int) throws -> [UInt8]? {
        try store.record(rid(number), tenant: "default")?.payload
    }

    @Test(arguments: [1, 3, 8, 1_000]) func `every record is found, and none is taken twice, wherever its id stands`(
        idsOfRun: Int
    ) throws {
        try Self.withFolder { folder in
            let store = try GatewayStore(folder: folder, idsOfRun: idsOfRun)
            var next = 0
            for job in 1...40 {
                let count = job % 5 + 1
                let fresh = Array(next..<next + count)
                let again = [next / 2, next / 3, next - 1].filter { $0 >= 0 && $0 < next }
                #expect(try Self.accept(store, fresh + again, job: job) == [count])
                next += count
                for number in 0..<next {
                    #expect(try Self.payload(store, number) == Array("\(number)".utf8))
                }
                #expect(try Self.payload(store, next) == nil)
            }
            let settled = try Self.settledCount(store)
            #expect(idsOfRun == 1_000 ? settled == 0 : settled > 0)
            #expect(try store.recordCounts().records == next)
        }
    }

    @Test func `a store that was left at any moment goes on with every id`() throws {
        try Self.withFolder { folder in
            var store = try GatewayStore(folder: folder, idsOfRun: 8)
            for job in 1...30 {
                let first = (job - 1) * 3
                #expect(try Self.accept(store, [first, first + 1, first + 2], job: job) == [3])
                // Memory is lost with the old value; runs that had begun are formed anew.
                store = try GatewayStore(folder: folder, idsOfRun: 5 + job % 4)
                #expect(try Self.accept(store, Array(0..<first + 3), job: 1_000 + job) == [0])
            }
            #expect(try store.recordCounts().records == 90)
            #expect(try Self.settledCount(store) > 0)
        }
    }

    @Test func `a refused acceptance leaves no id behind and settles nothing`() throws {
        struct Refusal: Error {}
        try Self.withFolder { folder in
            let store = try GatewayStore(folder: folder, idsOfRun: 4)
            _ = try Self.accept(store, [0, 1, 2, 3, 4], job: 1)
            let capture = NewCapture(
                jobID: [UInt8](repeating: 7, count: 16), tenant: "default",
                original: NewOriginal(mediaType: "text/plain", payload: [1], keyGroup: 1, wrap: [2]),
                records: [
                    NewRecord(
                        rid: Self.rid(5), mediaType: "text/plain", payload: [5], keyGroup: 1, wrap: [1],
                        commitment: Self.rid(5))
                ])
            #expect(throws: Refusal.self) {
                try store.accept([capture], issuer: [1], now: 1) { _, _ in throw Refusal() }
            }
            #expect(try Self.payload(store, 5) == nil)
            #expect(try Self.settledCount(store) == 0)
            #expect(try Self.accept(store, [5, 4], job: 3) == [1])
            #expect(try Self.settledCount(store) == 2)
        }
    }

    @Test func `an id of another tenant's record is found by nobody else, settled or not`() throws {
        try Self.withFolder { folder in
            let store = try GatewayStore(folder: folder, idsOfRun: 2)
            for job in 1...6 { _ = try Self.accept(store, [job], job: job) }
            for number in 1...6 { #expect(try store.record(Self.rid(number), tenant: "other") == nil) }
        }
    }

    @Test func `erasing finds a record wherever its id stands`() throws {
        try Self.withFolder { folder in
            let store = try GatewayStore(folder: folder, idsOfRun: 3)
            for job in 1...8 { _ = try Self.accept(store, [job], job: job) }
            for number in 1...8 {
                let isErased = try store.erase(
                    Self.rid(number), tenant: "default", now: 2, newGroup: 2, tombstone: nil
                ) { $0 }
                #expect(isErased)
                #expect(try Self.payload(store, number) == nil)
            }
            let again = try store.erase(Self.rid(99), tenant: "default", now: 2, newGroup: 2, tombstone: nil) { $0 }
            #expect(!again)
        }
    }

    @Test func `a store from before the change keeps its records`() throws {
        try Self.withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let pool = try DatabasePool(path: folder.appending(path: "gateway.sqlite").path)
            try GatewaySchema.migrator.migrate(pool, upTo: "access-1")
            try pool.write { database in
                for number in [3, 1, 2] {
                    try database.execute(
                        sql: """
                            INSERT INTO record (rid, tenant, issuer, number, statement, media_type, payload, key_group,
                                wrap, outbox, accepted_at)
                            VALUES (?, 'default', x'01', ?, x'01', 'text/plain', ?, 1, x'01', 1, 1)
                            """, arguments: [Data(Self.rid(number)), number, Data("\(number)".utf8)])
                }
                try database.execute(
                    sql: """
                        INSERT INTO outbox (kind, state, tx_id, valid_until, bytes, first_number, count)
                        VALUES (1, 0, x'01', 9, x'01', 0, 3)
                        """)
            }
            try pool.close()
            let store = try GatewayStore(folder: folder)
            for number in 1...3 { #expect(try Self.payload(store, number) == Array("\(number)".utf8)) }
            #expect(try Self.settledCount(store) == 3)
            #expect(try Self.accept(store, [1, 2, 3, 4], job: 9) == [1])
        }
    }
}
