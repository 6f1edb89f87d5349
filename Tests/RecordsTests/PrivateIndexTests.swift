import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Synchronization
import Testing

@testable import Records

/// The private index over records that were captured, sealed and stored in earnest.
struct PrivateIndexTests {
    /// A service on real files; `reopened` is the same after a restart.
    struct Bench {
        let folder: URL
        let fixture: OutboxReconciliationTests.Fixture
        let service: RecordService
        let clock: Clock

        final class Clock: Sendable {
            let time = Mutex<UInt64>(5)
            func set(_ now: UInt64) { time.withLock { $0 = now } }
        }

        init(
            _ fixture: OutboxReconciliationTests.Fixture, _ folder: URL, limits: PrivateIndex.Limits? = .init(),
            clock: Clock = Clock()
        ) throws {
            self.folder = folder
            self.fixture = fixture
            self.clock = clock
            let file = folder.appending(path: "records.keys")
            if !FileManager.default.fileExists(atPath: file.path) { try GroupKeyFile.create(at: file, now: 5) }
            let keys = try GroupKeyFile(opening: file)
            let now: @Sendable () -> UInt64 = { clock.time.withLock { $0 } }
            service = RecordService(
                store: fixture.store, keys: keys, issuer: fixture.issuer, ledger: fixture.ledger,
                outbox: fixture.outbox, reader: try CaptureReader(),
                index: limits.map { PrivateIndex(store: fixture.store, keys: keys, limits: $0, now: now) }, now: now)
        }

        func reopened(limits: PrivateIndex.Limits? = .init()) throws -> Bench {
            try Bench(fixture, folder, limits: limits, clock: clock)
        }

        /// Captures events; their record ids.
        func capture(_ events: [String], tenant: String = "orchard") async throws -> [[UInt8]] {
            try await service.capture(
                PrivateIndexTests.document(events), mediaType: "application/ld+json", tenant: tenant
            ).recordIDs
        }

        func similar(_ rid: [UInt8], tenant: String = "orchard", limit: Int = 10) async throws -> [[UInt8]] {
            try await service.similar(to: rid, tenant: tenant, limit: limit, distanceMax: 2_000).items
                .map(\.record.recordID)
        }
    }

    static func document(_ events: [String]) -> [UInt8] {
        Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",\
            "schemaVersion":"2.0","creationDate":"2026-04-14T07:05:00Z",\
            "epcisBody":{"eventList":[\(events.joined(separator: ","))]}}
            """.utf8)
    }

    /// A usual event: a step that belongs to its place, of objects of its own.
    static func event(
        _ number: Int, step: String? = nil, place: Int? = nil, minute: Int = 0, first: Int? = nil
    ) -> String {
        let steps = ["commissioning", "packing", "shipping", "receiving"]
        let place = place ?? number % 4
        let serial = first ?? number * 10
        return """
            {"type":"ObjectEvent","eventTime":"2026-04-14T09:\(minute < 10 ? "0" : "")\(minute):11Z",\
            "eventTimeZoneOffset":"+02:00","action":"OBSERVE","bizStep":"\(step ?? steps[place])",\
            "readPoint":{"id":"urn:epc:id:sgln:4012345.0000\(place).0"},\
            "epcList":["urn:epc:id:sgtin:4012345.011111.\(serial)","urn:epc:id:sgtin:4012345.011111.\(serial + 1)"]}
            """
    }

    static func withBench(_ limits: PrivateIndex.Limits? = .init(), _ body: (Bench) async throws -> Void) async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in
            try await body(Bench(fixture, folder, limits: limits))
        }
    }

    /// What a call is refused with.
    static func refusal(_ body: () async throws -> Void) async -> String {
        do { try await body() } catch { return "\(error)" }
        return "none"
    }

    // MARK: What is found

    @Test func `a planted duplicate comes first, and a planted anomaly too`() async throws {
        try await Self.withBench { bench in
            let usual = try await bench.capture((0..<200).map { Self.event($0) })
            let twin = try await bench.capture([Self.event(0, minute: 30, first: 500)])[0]
            // The same objects at the same place, a little later.
            let again = try await bench.capture([Self.event(50, minute: 40)])[0]
            let odd = try await bench.capture([Self.event(8, step: "destroying", place: 9)])[0]
            let found = try await bench.service.similar(to: usual[50], tenant: "orchard", limit: 5, distanceMax: 2_000)
            #expect(found.items[0].record.recordID == again)
            #expect(found.items[0].distance < 50 && found.items[1].distance > found.items[0].distance)
            #expect(found.searchedCount == 203)
            #expect(found.items.count == 5 && !found.items.contains { $0.record.recordID == usual[50] })
            let near = try await bench.service.similar(to: usual[50], tenant: "orchard", limit: 5, distanceMax: 50)
            #expect(near.items.map(\.record.recordID) == [again])
            let alone = try await bench.service.anomalies(tenant: "orchard", limit: 3, candidates: 1_000)
            #expect(alone.items[0].record.recordID == odd)
            #expect(alone.items[0].distance > alone.items[1].distance + 100, "\(alone.items.map(\.distance))")
            #expect(alone.items[0].nearest.count == 3)
            #expect(alone.items[0].nearest[2].distance == alone.items[0].distance)
            #expect(!alone.items.contains { $0.record.recordID == twin })
            // Only the newest are candidates.
            let newest = try await bench.service.anomalies(tenant: "orchard", limit: 9, candidates: 2)
            #expect(Set(newest.items.map(\.record.recordID)) == [odd, again])
        }
    }

    @Test func `what comes later is found by the next question, whatever the clock says`() async throws {
        try await Self.withBench { bench in
            bench.clock.set(1_000)
            let first = try await bench.capture([Self.event(1), Self.event(2)])
            #expect(try await bench.similar(first[0]) == [first[1]])
            // The clock was set back.
            bench.clock.set(10)
            let second = try await bench.capture([Self.event(5)])
            #expect(try await bench.similar(first[0]).contains(second[0]))
        }
    }

    // MARK: Erasure

    @Test func `an erased record is never found again, by nobody and after no restart`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<8).map { Self.event($0 * 4) })
            #expect(try await bench.similar(ids[0]).contains(ids[3]))
            _ = try await bench.service.anomalies(tenant: "orchard", limit: 9, candidates: 9)
            #expect(try await bench.service.erase(ids[3], tenant: "orchard", reason: 1))
            #expect(await bench.service.index?.count(tenant: "orchard") == 7)
            for bench in [bench, try bench.reopened()] {
                for id in ids where id != ids[3] {
                    let found = try await bench.similar(id)
                    #expect(found.count == 6 && !found.contains(ids[3]))
                }
                let alone = try await bench.service.anomalies(tenant: "orchard", limit: 9, candidates: 9)
                #expect(alone.searchedCount == 7 && alone.items.count == 7)
                #expect(
                    !alone.items.contains { item in
                        ([item.record] + item.nearest.map(\.record)).contains { $0.recordID == ids[3] }
                    })
                #expect(await Self.refusal { _ = try await bench.similar(ids[3]) } == "erased")
            }
        }
    }

    @Test func `what is erased before the index is made never enters it`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<5).map { Self.event($0) })
            _ = try await bench.service.erase(ids[1], tenant: "orchard", reason: 1)
            #expect(try await bench.similar(ids[0]).count == 3)
            #expect(await bench.service.index?.count(tenant: "orchard") == 4)
        }
    }

    @Test func `what an erasure puts under another key after it was read is opened all the same`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<3).map { Self.event($0) })
            let rows = try ids.map { try #require(try bench.fixture.store.record($0, tenant: "orchard")).row }
            let read = try bench.fixture.store.sealedRecords(rows)
            #expect(try await bench.service.erase(ids[1], tenant: "orchard", reason: 1))
            let index = try #require(bench.service.index)
            let fresh = try bench.fixture.store.sealedRecords([rows[0]])[0]
            #expect(fresh.keyGroup != read[0].keyGroup)
            #expect(try await index.document(read[0]) == index.document(fresh))
            #expect(try await index.document(read[0]) != nil)
            #expect(try await index.document(read[1]) == nil, "nothing brings an erased one back")
        }
    }

    @Test func `nothing of it is stored: questions leave the gateway's files as they are`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<50).map { Self.event($0) })
            func files() throws -> [String: Data] {
                let names = try FileManager.default.contentsOfDirectory(atPath: bench.folder.path)
                    .filter { !$0.hasSuffix("-shm") }
                return try Dictionary(
                    uniqueKeysWithValues: names.map { name in
                        (name, try Data(contentsOf: bench.folder.appending(path: name)))
                    })
            }
            let before = try files()
            #expect(before.count >= 2)
            _ = try await bench.similar(ids[0])
            _ = try await bench.service.anomalies(tenant: "orchard", limit: 9, candidates: 9)
            #expect(try files() == before)
        }
    }

    // MARK: Tenants

    @Test func `a tenant's records are compared with its own alone`() async throws {
        try await Self.withBench { bench in
            let own = try await bench.capture((0..<5).map { Self.event($0) })
            let other = try await bench.capture((0..<9).map { Self.event($0) }, tenant: "mill")
            #expect(Set(try await bench.similar(own[0])) == Set(own.dropFirst()))
            #expect(Set(try await bench.similar(other[0], tenant: "mill")) == Set(other.dropFirst()))
            #expect(await Self.refusal { _ = try await bench.similar(other[0]) } == "notFound")
            let unknown = [UInt8](repeating: 9, count: 32)
            #expect(await Self.refusal { _ = try await bench.similar(unknown) } == "notFound")
            #expect(try await bench.service.anomalies(tenant: "nobody", limit: 9, candidates: 9).items.isEmpty)
            let alone = try await bench.service.anomalies(tenant: "orchard", limit: 9, candidates: 9)
            #expect(alone.searchedCount == 5 && Set(alone.items.map(\.record.recordID)).isSubset(of: Set(own)))
        }
    }

    @Test func `where all places are taken a tenant waits for one that is idle`() async throws {
        try await Self.withBench(.init(tenantsMax: 1, idleNanoseconds: 100)) { bench in
            let own = try await bench.capture((0..<2).map { Self.event($0) })
            let other = try await bench.capture((0..<2).map { Self.event($0) }, tenant: "mill")
            #expect(try await bench.similar(own[0]) == [own[1]])
            #expect(await Self.refusal { _ = try await bench.similar(other[0], tenant: "mill") } == "busy")
            #expect(try await bench.similar(own[0]) == [own[1]])
            bench.clock.set(200)
            #expect(try await bench.similar(other[0], tenant: "mill") == [other[1]])
            #expect(await bench.service.index?.count(tenant: "orchard") == nil)
        }
    }

    // MARK: Bounds

    @Test func `only the newest are held, and an older one can still be asked about`() async throws {
        try await Self.withBench(.init(recordsMax: 6)) { bench in
            let ids = try await bench.capture((0..<10).map { Self.event($0 * 4) })
            #expect(Set(try await bench.similar(ids[0])) == Set(ids.suffix(6)))
            let later = try await bench.capture([Self.event(400)])
            #expect(Set(try await bench.similar(ids[9])) == Set(ids.suffix(5).dropLast() + later))
        }
    }

    @Test func `one question does so much and no more; the next ones go on until it is done`() async throws {
        try await Self.withBench(.init(documentsPerQuestion: 10, comparisonsPerQuestion: 300)) { bench in
            let ids = try await bench.capture((0..<35).map { Self.event($0) })
            var refusals = 0
            while await Self.refusal({ _ = try await bench.similar(ids[0]) }) == "indexing" { refusals += 1 }
            #expect(refusals >= 3 && refusals <= 5, "\(refusals)")
            #expect(try await bench.similar(ids[0], limit: 100).count == 34)
            refusals = 0
            func ask() async throws {
                _ = try await bench.service.anomalies(tenant: "orchard", limit: 3, candidates: 99)
            }
            while await Self.refusal(ask) == "indexing" { refusals += 1 }
            #expect(refusals >= 3 && refusals <= 5, "\(refusals)")
            #expect(await Self.refusal(ask) == "none")
        }
    }

    @Test func `switched off it answers nothing, and captures are compared once it is on`() async throws {
        try await Self.withBench(nil) { bench in
            let ids = try await bench.capture((0..<3).map { Self.event($0) })
            #expect(await Self.refusal { _ = try await bench.similar(ids[0]) } == "indexOff")
            #expect(
                await Self.refusal {
                    _ = try await bench.service.anomalies(tenant: "orchard", limit: 3, candidates: 9)
                } == "indexOff")
            #expect(try await bench.service.erase(ids[2], tenant: "orchard", reason: 1))
            #expect(try await bench.reopened().similar(ids[0]) == [ids[1]])
        }
    }

    // MARK: Damage

    @Test func `a document that does not open is left out, and says so when it is asked about`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<3).map { Self.event($0) })
            let damaged = NewRecord(
                rid: OutboxReconciliationTests.Fixture.rid(1), mediaType: "application/ld+json", payload: [1],
                keyGroup: 1, wrap: [1], commitment: [UInt8](repeating: 1, count: 32))
            let capture = NewCapture(
                jobID: [UInt8](repeating: 5, count: 16), tenant: "orchard",
                original: NewOriginal(mediaType: "t", payload: [1], keyGroup: 1, wrap: [1]), records: [damaged])
            let issuer = bench.fixture.issuer
            _ = try bench.fixture.store.accept([capture], issuer: issuer.account.bytes, now: 5) { first, records in
                try issuer.sign(records, first: first, now: OutboxReconciliationTests.now)
            }
            #expect(Set(try await bench.similar(ids[0])) == [ids[1], ids[2]])
            #expect(await Self.refusal { _ = try await bench.similar(damaged.rid) } == "sealBroken")
        }
    }

    @Test func `heads of the audit log are no events: they are not compared`() async throws {
        try await Self.withBench { bench in
            let ids = try await bench.capture((0..<2).map { Self.event($0) })
            let prepared = PreparedCapture(
                mediaType: AuditAnchor.mediaType,
                records: [
                    .init(
                        mediaType: AuditAnchor.mediaType, document: Array("{}".utf8), source: "audit",
                        businessKey: [1], canonical: [1])
                ])
            let head = try await bench.service.accept([1], prepared, tenant: "orchard") { _ in nil }.recordIDs[0]
            #expect(try await bench.similar(ids[0]) == [ids[1]])
            #expect(try await bench.similar(head) == [])
        }
    }
}
