import Foundation
import GatewayStore
import Testing

struct GatewayStoreTests {
    /// A store in a folder of its own, removed afterwards.
    static func withStore(_ body: (GatewayStore, URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(try GatewayStore(folder: folder), folder)
    }

    static func record(_ number: UInt8, payload: String = "ciphertext") -> NewRecord {
        NewRecord(
            rid: [UInt8](repeating: number, count: 32), mediaType: "application/ld+json", payload: Array(payload.utf8),
            keyGroup: 1, wrap: [number], commitment: [UInt8](repeating: number, count: 32))
    }

    static func capture(_ job: UInt8, _ records: [NewRecord]) -> NewCapture {
        NewCapture(
            jobID: [UInt8](repeating: job, count: 16), tenant: "default",
            original: NewOriginal(
                mediaType: "text/xml", payload: Array("original \(job)".utf8), keyGroup: 1, wrap: [9]),
            records: records)
    }

    static func sign(_ first: UInt64, _ records: [NewRecord]) -> SignedBatch {
        SignedBatch(
            statements: records.enumerated().map { [UInt8(first) + UInt8($0.offset)] },
            anchors: [
                NewOutboxTransaction(
                    id: [UInt8](repeating: UInt8(first), count: 32), validUntil: 1_000, bytes: [1, 2, 3],
                    firstNumber: first, count: records.count)
            ])
    }

    static let issuer = [UInt8](repeating: 7, count: 32)

    @Test func `numbers are gapless over captures`() throws {
        try Self.withStore { store, _ in
            _ = try store.accept(
                [Self.capture(1, [Self.record(1), Self.record(2)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            _ = try store.accept([Self.capture(2, [Self.record(3)])], issuer: Self.issuer, now: 6, sign: Self.sign)
            let numbers = try [1, 2, 3].map { number in
                try store.record([UInt8](repeating: UInt8(number), count: 32), tenant: "default")?.number
            }
            #expect(numbers == [0, 1, 2])
            #expect(try store.nextNumber(of: Self.issuer) == 3)
        }
    }

    @Test func `the same record again is the first one`() throws {
        try Self.withStore { store, _ in
            let first = try store.accept(
                [Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            let second = try store.accept(
                [Self.capture(2, [Self.record(1, payload: "other"), Self.record(2)])], issuer: Self.issuer, now: 6,
                sign: Self.sign)
            #expect(first == [1])
            #expect(second == [1])
            let row = try store.record([UInt8](repeating: 1, count: 32), tenant: "default")
            #expect(row?.payload == Array("ciphertext".utf8))
            let job = try store.job([UInt8](repeating: 2, count: 16), tenant: "default")
            #expect(job?.records.count == 2)
        }
    }

    @Test func `a record twice in one capture is one record`() throws {
        try Self.withStore { store, _ in
            let counts = try store.accept(
                [Self.capture(1, [Self.record(1), Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            #expect(counts == [1])
            #expect(try store.recordCounts().records == 1)
        }
    }

    @Test(arguments: [0, 31, 33]) func `a record id that has not 32 bytes is refused with all of its capture`(
        count: Int
    ) throws {
        try Self.withStore { (store: GatewayStore, _: URL) throws in
            var wrong = Self.record(2)
            wrong.rid = [UInt8](repeating: 2, count: count)
            #expect(throws: GatewayStoreFailure.self) {
                try store.accept(
                    [Self.capture(1, [Self.record(1), wrong])], issuer: Self.issuer, now: 5, sign: Self.sign)
            }
            #expect(try store.recordCounts().records == 0)
            #expect(try store.nextNumber(of: Self.issuer) == 0)
        }
    }

    @Test func `what fails while signing leaves nothing behind`() throws {
        struct Failed: Error {}
        try Self.withStore { (store: GatewayStore, _: URL) throws in
            #expect(throws: (any Error).self) {
                try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5) { _, _ in
                    throw Failed()
                }
            }
            #expect(try store.recordCounts().records == 0)
            #expect(try store.job([UInt8](repeating: 1, count: 16), tenant: "default") == nil)
            #expect(try store.nextNumber(of: Self.issuer) == 0)
        }
    }

    @Test func `another tenant sees neither record nor job`() throws {
        try Self.withStore { store, _ in
            _ = try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            #expect(try store.record([UInt8](repeating: 1, count: 32), tenant: "other") == nil)
            #expect(try store.job([UInt8](repeating: 1, count: 16), tenant: "other") == nil)
        }
    }

    @Test func `an anchor's place gives each of its records its own`() throws {
        try Self.withStore { store, _ in
            _ = try store.accept(
                [Self.capture(1, [Self.record(1), Self.record(2)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            let pending = try store.pendingOutbox(limit: 10)
            #expect(pending.count == 1)
            #expect(try store.outboxBytes(pending[0].row) == [1, 2, 3])
            #expect(try store.firstRecordID(ofOutbox: pending[0].row) == [UInt8](repeating: 1, count: 32))
            try store.markIncluded([(pending[0].row, RecordPlace(leafIndex: 40, height: 9, blockTime: 77))])
            #expect(try store.pendingOutboxCount() == 0)
            let places = try [1, 2].map { number in
                try store.record([UInt8](repeating: UInt8(number), count: 32), tenant: "default")?.place?.leafIndex
            }
            #expect(places == [40, 41])
            #expect(try store.job([UInt8](repeating: 1, count: 16), tenant: "default")?.anchoredCount == 2)
        }
    }

    @Test func `anchors that are put back wait again, in order, and their records stand nowhere`() throws {
        try Self.withStore { store, _ in
            for number: UInt8 in 1...4 {
                _ = try store.accept(
                    [Self.capture(number, [Self.record(number)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            }
            let arrivals = try store.pendingOutbox(limit: 10).map {
                (row: $0.row, place: RecordPlace(leafIndex: $0.firstNumber + 40, height: 9, blockTime: 77))
            }
            try store.markIncluded(arrivals)
            let newest = try #require(try store.includedAnchor(below: .max, of: Self.issuer))
            #expect(newest.firstNumber == 3 && newest.endNumber == 4 && newest.place.leafIndex == 43)
            #expect(newest.rid == [UInt8](repeating: 4, count: 32))
            #expect(try store.includedAnchor(below: 2, of: Self.issuer)?.firstNumber == 1)
            #expect(try store.includedAnchor(below: 0, of: Self.issuer)?.rid == nil)
            #expect(try store.oldestPendingAnchor(of: Self.issuer)?.rid == nil)

            let found = try store.putBackAnchors(from: 2, of: Self.issuer)
            #expect(found.anchors == 2 && found.records == 2)
            let pending = try store.pendingOutbox(limit: 10)
            #expect(pending.map(\.firstNumber) == [2, 3])
            #expect(pending.allSatisfy { $0.validUntil == 0 }, "they are to be signed again")
            #expect(try pending.allSatisfy { try store.outboxBytes($0.row).isEmpty })
            #expect(try store.oldestPendingAnchor(of: Self.issuer)?.firstNumber == 2)
            #expect(try store.records(ofOutbox: pending[0].row).map(\.statement) == [[2]])
            let places = try (1...4).map { number in
                try store.record([UInt8](repeating: UInt8(number), count: 32), tenant: "default")?.place?.leafIndex
            }
            #expect(places == [40, 41, nil, nil])
            #expect(try store.job([UInt8](repeating: 4, count: 16), tenant: "default")?.anchoredCount == 0)
            #expect(try store.nextNumber(of: Self.issuer) == 4, "numbers stay assigned")
            #expect(try store.putBackAnchors(from: 2, of: Self.issuer).anchors == 0)
        }
    }

    @Test func `another issuer's anchors are neither found nor put back`() throws {
        try Self.withStore { store, _ in
            _ = try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            let row = try store.pendingOutbox(limit: 1)[0].row
            let other = [UInt8](repeating: 8, count: 32)
            #expect(try store.oldestPendingAnchor(of: other)?.rid == nil)
            try store.markIncluded([(row, RecordPlace(leafIndex: 1, height: 2, blockTime: 3))])
            #expect(try store.includedAnchor(below: .max, of: other)?.rid == nil)
            #expect(try store.putBackAnchors(from: 0, of: other).anchors == 0)
            #expect(try store.pendingOutboxCount() == 0)
        }
    }

    @Test func `a tombstone keeps its bytes, and only tombstones are put back as such`() throws {
        try Self.withStore { store, _ in
            _ = try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            let tombstone = NewOutboxTransaction(
                id: [UInt8](repeating: 5, count: 32), validUntil: 9, bytes: [4, 5, 6], firstNumber: 0, count: 0)
            _ = try store.erase(
                [UInt8](repeating: 1, count: 32), tenant: "default", now: 6, newGroup: 2, tombstone: tombstone
            ) { $0 }
            let rows = try store.pendingOutbox(limit: 10)
            #expect(rows.map(\.kind) == [.anchor, .tombstone])
            try store.markIncluded(rows.map { ($0.row, RecordPlace(leafIndex: 0, height: 3, blockTime: 0)) })
            let included = try store.included(.tombstone, below: .max, limit: 10)
            #expect(included.map(\.bytes) == [[4, 5, 6]])
            #expect(try store.included(.tombstone, below: included[0].row, limit: 10).isEmpty)
            try store.putBack(rows.map(\.row))
            #expect(try store.pendingOutbox(limit: 10).map(\.kind) == [.tombstone])
            #expect(try store.pendingOutbox(limit: 10).map { try store.outboxBytes($0.row) } == [[4, 5, 6]])
        }
    }

    @Test func `erasure takes payload, wrap and every original that holds the record`() throws {
        try Self.withStore { store, folder in
            _ = try store.accept(
                [Self.capture(1, [Self.record(1, payload: "SECRET-PAYLOAD-OF-ONE"), Self.record(2)])],
                issuer: Self.issuer, now: 5, sign: Self.sign)
            _ = try store.accept(
                [Self.capture(2, [Self.record(1), Self.record(3)])], issuer: Self.issuer, now: 6, sign: Self.sign)
            var rewrapped: [[UInt8]] = []
            let erased = try store.erase(
                [UInt8](repeating: 1, count: 32), tenant: "default", now: 9, newGroup: 2, tombstone: nil
            ) { wraps in
                rewrapped += wraps
                return wraps.map { $0 + [0xee] }
            }
            try store.scrub()
            #expect(erased)
            #expect(rewrapped == [[2], [3]])
            let one = try store.record([UInt8](repeating: 1, count: 32), tenant: "default")
            #expect(one?.payload == nil)
            #expect(one?.wrap == nil)
            #expect(one?.erasedAt == 9)
            let two = try store.record([UInt8](repeating: 2, count: 32), tenant: "default")
            #expect(two?.wrap == [2, 0xee])
            #expect(two?.keyGroup == 2)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let bytes = try Data(contentsOf: folder.appending(path: name))
                for secret in ["SECRET-PAYLOAD-OF-ONE", "original 1", "original 2"] {
                    let isThere = bytes.range(of: Data(secret.utf8)) != nil
                    #expect(!isThere, "\(name) holds \(secret)")
                }
            }
            let again = try store.erase(
                [UInt8](repeating: 1, count: 32), tenant: "default", now: 10, newGroup: 3, tombstone: nil
            ) { $0 }
            #expect(!again)
        }
    }

    @Test func `an original that holds an erased record is not kept, and what is new in it is`() throws {
        try Self.withStore { store, folder in
            _ = try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
            _ = try store.erase(
                [UInt8](repeating: 1, count: 32), tenant: "default", now: 9, newGroup: 2, tombstone: nil
            ) { $0 }
            let counts = try store.accept(
                [Self.capture(2, [Self.record(1), Self.record(2)]), Self.capture(3, [Self.record(3)])],
                issuer: Self.issuer, now: 10, sign: Self.sign)
            #expect(counts == [1, 1])
            try store.scrub()
            let bytes = try Data(contentsOf: folder.appending(path: "gateway.sqlite"))
            #expect(bytes.range(of: Data("original 2".utf8)) == nil)
            #expect(bytes.range(of: Data("original 3".utf8)) != nil)
            #expect(try store.record([UInt8](repeating: 2, count: 32), tenant: "default")?.payload != nil)
            #expect(try store.record([UInt8](repeating: 1, count: 32), tenant: "default")?.payload == nil)
        }
    }

    @Test func `the file is there again after closing`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let store = try GatewayStore(folder: folder)
            _ = try store.accept([Self.capture(1, [Self.record(1)])], issuer: Self.issuer, now: 5, sign: Self.sign)
        }
        let store = try GatewayStore(folder: folder)
        #expect(try store.recordCounts().records == 1)
        #expect(try store.pendingOutboxCount() == 1)
    }
}
