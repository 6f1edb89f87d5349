import Codec
import Foundation
import GRDB
import Testing

@testable import GatewayStore

struct EventStoreTests {
    static func event(_ subject: String, tenant: String = "orchard", time: UInt64 = 5) -> NewEvent {
        NewEvent(
            tenant: tenant, time: time, kind: .recordErased, subject: subject, data: ["recordId": .string(subject)])
    }

    static func append(_ events: [NewEvent], to store: GatewayStore) throws {
        try store.write { try store.appendEvents(events, in: $0) }
    }

    static func types(_ store: GatewayStore, tenant: String = "default") throws -> [String] {
        try store.events(tenant: tenant, after: 0, limit: 99).1.map {
            "\($0.sequence) \($0.type.replacing("io.vivian.", with: "")) \($0.subject.prefix(2))"
        }
    }

    @Test func `numbers rise by one within a tenant, and go on behind what was dropped`() throws {
        try GatewayStoreTests.withStore { store, folder in
            try Self.append([Self.event("a"), Self.event("x", tenant: "mill"), Self.event("b")], to: store)
            try Self.append([Self.event("c")], to: store)
            #expect(try store.events(tenant: "orchard", after: 0, limit: 9).1.map(\.sequence) == [1, 2, 3])
            #expect(try store.events(tenant: "orchard", after: 1, limit: 1).1.map(\.subject) == ["b"])
            #expect(try store.events(tenant: "mill", after: 0, limit: 9).1.map(\.sequence) == [1])
            #expect(try store.dropEvents(tenant: "orchard", before: 6, countMax: 9) == false)
            #expect(try store.events(tenant: "orchard", after: 0, limit: 9).1.isEmpty)
            #expect(try store.eventBounds(tenant: "orchard") == EventBounds(floor: 3, newest: 3))
            let again = try GatewayStore(folder: folder)
            try Self.append([Self.event("d")], to: again)
            #expect(try again.events(tenant: "orchard", after: 3, limit: 9).1.map(\.sequence) == [4])
            #expect(try again.eventBounds(tenant: "nobody") == EventBounds(floor: 0, newest: 0))
        }
    }

    @Test func `what is older or more than is kept goes, the oldest first, a page at a time`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.append((1...10).map { Self.event("\($0)", time: UInt64($0)) }, to: store)
            #expect(try store.dropEvents(tenant: "orchard", before: 4, countMax: 99, limit: 2) == true)
            #expect(try store.dropEvents(tenant: "orchard", before: 4, countMax: 99, limit: 2) == false)
            #expect(try store.eventBounds(tenant: "orchard").floor == 3)
            #expect(try store.dropEvents(tenant: "orchard", before: 0, countMax: 4) == false)
            #expect(try store.events(tenant: "orchard", after: 0, limit: 99).1.map(\.sequence) == [7, 8, 9, 10])
            #expect(try store.dropEvents(tenant: "orchard", before: 0, countMax: 4) == false)
            #expect(try store.dropEvents(tenant: "mill", before: .max, countMax: 1) == false)
        }
    }

    @Test(arguments: ["UPDATE event SET subject = 'other'", "INSERT INTO event SELECT * FROM event"])
    func `the feed cannot be changed through SQL`(_ sql: String) throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.append([Self.event("a")], to: store)
            #expect(throws: (any Error).self) { try store.write { try $0.execute(sql: sql) } }
            #expect(try store.events(tenant: "orchard", after: 0, limit: 9).1.map(\.subject) == ["a"])
        }
    }

    @Test func `a transaction that fails tells nobody, one that holds wakes its tenant's listeners`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try GatewayStore(folder: folder)
        var orchard = store.bell.listen(to: "orchard").stream.makeAsyncIterator()
        let mill = store.bell.listen(to: "mill").stream
        #expect(throws: (any Error).self) {
            try store.write { database in
                try store.appendEvents([Self.event("a", tenant: "mill")], in: database)
                throw GatewayStoreFailure(.conflict, "no")
            }
        }
        #expect(try store.eventBounds(tenant: "mill").newest == 0)
        try Self.append([Self.event("a")], to: store)
        #expect(await orchard.next() != nil)
        var heard = false
        let waiting = Task {
            for await _ in mill { return true }
            return false
        }
        waiting.cancel()
        heard = await waiting.value
        #expect(!heard)
    }

    @Test func `a capture is told when it is stored, and once more when its last record arrives`() throws {
        try GatewayStoreTests.withStore { store, _ in
            let capture = GatewayStoreTests.capture
            let record = { GatewayStoreTests.record($0) }
            _ = try store.accept(
                [capture(1, [record(1), record(2)]), capture(2, [record(3)])], issuer: GatewayStoreTests.issuer, now: 5
            ) { first, records in
                // An anchor each, so that captures are complete one after the other.
                SignedBatch(
                    statements: records.indices.map { [UInt8($0)] },
                    anchors: records.indices.map {
                        NewOutboxTransaction(
                            id: [UInt8($0)], validUntil: 9, bytes: [1], firstNumber: first + UInt64($0), count: 1)
                    })
            }
            #expect(try Self.types(store) == ["1 capture.accepted 01", "2 capture.accepted 02"])
            let rows = try store.pendingOutbox(limit: 9).map(\.row)
            let place = RecordPlace(leafIndex: 1, height: 7, blockTime: 1_780_000_000_123_456_789)
            try store.markIncluded([(rows[0], place)], now: 6)
            #expect(try Self.types(store).count == 2, "one of its two records is there")
            try store.markIncluded([(rows[1], place), (rows[2], place)], now: 6)
            #expect(try Self.types(store).suffix(2) == ["3 capture.anchored 01", "4 capture.anchored 02"])
            let told = try #require(try store.events(tenant: "default", after: 2, limit: 1).1.first)
            #expect(told.time == 6)
            #expect(
                told.data
                    == #"{"captureID":"01010101010101010101010101010101","recordCount":2,"height":"7","blockTime":"2026-05-28T20:26:40.123456789Z"}"#
            )
        }
    }

    @Test func `a capture that brings nothing new is complete with what it repeats`() throws {
        try GatewayStoreTests.withStore { store, _ in
            func accept(_ job: UInt8, _ records: [UInt8]) throws {
                _ = try store.accept(
                    [GatewayStoreTests.capture(job, records.map { GatewayStoreTests.record($0) })],
                    issuer: GatewayStoreTests.issuer, now: 5, sign: GatewayStoreTests.sign)
            }
            try accept(1, [1])
            // Known, but not on the ledger yet: both are complete with the one anchor.
            try accept(2, [1, 1])
            try store.markIncluded(
                try store.pendingOutbox(limit: 9).map { ($0.row, RecordPlace(leafIndex: 1, height: 7, blockTime: 0)) },
                now: 6)
            #expect(
                try Self.types(store) == [
                    "1 capture.accepted 01", "2 capture.accepted 02", "3 capture.anchored 01", "4 capture.anchored 02",
                ])
            // On the ledger already: complete at once.
            try accept(3, [1])
            #expect(try Self.types(store).suffix(2) == ["5 capture.accepted 03", "6 capture.anchored 03"])
            // One that is there and one that is new waits for the new one.
            try accept(4, [1, 2])
            #expect(try Self.types(store).last == "7 capture.accepted 04")
        }
    }

    @Test func `an anchor that is put back and arrives again is told again`() throws {
        try GatewayStoreTests.withStore { store, _ in
            _ = try store.accept(
                [GatewayStoreTests.capture(1, [GatewayStoreTests.record(1)])], issuer: GatewayStoreTests.issuer, now: 5,
                sign: GatewayStoreTests.sign)
            let row = try store.pendingOutbox(limit: 1)[0].row
            for height: UInt64 in [7, 9] {
                try store.markIncluded([(row, RecordPlace(leafIndex: 1, height: height, blockTime: 0))], now: height)
                _ = try store.putBackAnchors(from: 0, of: GatewayStoreTests.issuer)
            }
            let told = try store.events(tenant: "default", after: 1, limit: 9).1
            #expect(told.map(\.time) == [7, 9])
            #expect(Set(told.map(\.id)).count == 2)
        }
    }

    @Test func `erasure and API keys are told with what they do, and not without`() throws {
        try GatewayStoreTests.withStore { store, _ in
            _ = try store.accept(
                [GatewayStoreTests.capture(1, [GatewayStoreTests.record(1)])], issuer: GatewayStoreTests.issuer, now: 5,
                sign: GatewayStoreTests.sign)
            func erase() throws -> Bool {
                try store.erase(
                    [UInt8](repeating: 1, count: 32), tenant: "default", now: 6, newGroup: 2, tombstone: nil,
                    event: Self.event("01", tenant: "default")
                ) { $0 }
            }
            #expect(try erase())
            #expect(try !erase())
            #expect(try Self.types(store) == ["1 capture.accepted 01", "2 record.erased 01"])
            try store.addAPIKey(AccessTests.key("ab"), audit: AccessTests.entry("ab"))
            #expect(throws: GatewayStoreFailure.self) {
                try store.addAPIKey(AccessTests.key("ab"), audit: AccessTests.entry("ab"))
            }
            for id in ["ab", "ab", "cd"] {
                _ = try store.changeAPIKey(id, tenant: "orchard", audit: AccessTests.entry(id)) { key in
                    var key = key
                    key.revokedAt = key.revokedAt ?? 8
                    return key
                }
            }
            #expect(try Self.types(store, tenant: "orchard") == ["1 api-key.created ab", "2 api-key.revoked ab"])
            for row in try store.events(tenant: "orchard", after: 0, limit: 9).1 {
                #expect(!row.data.contains("label") && !row.data.contains("BwcH") && !row.data.contains("0707"))
            }
        }
    }

    @Test func `an event's id follows from all that it tells`() {
        let row = EventRow(sequence: 1, Self.event("a"))
        #expect(row.id.count == 32 && row.id == EventRow(sequence: 1, Self.event("a")).id)
        var others = [EventRow(sequence: 2, Self.event("a")), EventRow(sequence: 1, Self.event("a", time: 6))]
        for path in [\EventRow.tenant, \EventRow.type, \EventRow.subject, \EventRow.data] {
            var other = row
            other[keyPath: path] += "x"
            others.append(other)
        }
        var moved = row
        moved.type += moved.subject
        moved.subject = ""
        #expect(!(others + [moved]).map(\.id).contains(row.id))
    }
}
