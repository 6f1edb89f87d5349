import Cryptography
import Foundation
import GatewayStore
import LedgerModel
import Logging
import Synchronization
import Testing

@testable import Records

/// Waiting for a job until all of it can be proven.
struct WaitingTests {
    /// A service on a ledger whose blocks the test makes.
    struct Bench {
        let fixture: OutboxReconciliationTests.Fixture
        let service: RecordService
        static let job = [UInt8](repeating: 5, count: 16)

        init(_ fixture: OutboxReconciliationTests.Fixture, _ folder: URL) throws {
            self.fixture = fixture
            let file = folder.appending(path: "records.keys")
            try GroupKeyFile.create(at: file, now: 5)
            service = RecordService(
                store: fixture.store, keys: try GroupKeyFile(opening: file), issuer: fixture.issuer,
                ledger: fixture.ledger, outbox: fixture.outbox, reader: try CaptureReader(), now: { 5 })
        }

        func accept() throws {
            let record = NewRecord(
                rid: OutboxReconciliationTests.Fixture.rid(1), mediaType: "t", payload: [1], keyGroup: 1, wrap: [1],
                commitment: [UInt8](repeating: 1, count: 32))
            let capture = NewCapture(
                jobID: Self.job, tenant: "orchard",
                original: NewOriginal(mediaType: "t", payload: [1], keyGroup: 1, wrap: [1]), records: [record])
            _ = try fixture.store.accept([capture], issuer: fixture.issuer.account.bytes, now: 5) { first, records in
                try fixture.issuer.sign(records, first: first, now: OutboxReconciliationTests.now)
            }
        }

        /// One look of the outbox's, as its loop has it.
        func turn() async {
            await fixture.outbox.turn()
            fixture.outbox.board.noteTurn()
        }

        /// The next block, which proves the one before.
        func block() { fixture.ledger.state.withLock { $0.height += 1 } }

        func isFinished(within limit: Duration) async throws -> Bool? {
            try await service.awaited(Self.job, tenant: "orchard", within: limit)?.isFinished
        }
    }

    static func withBench(_ body: (Bench) async throws -> Void) async throws {
        try await OutboxReconciliationTests.withFixture { fixture, folder in try await body(Bench(fixture, folder)) }
    }

    @Test func `a job is not finished before it can be proven`() async throws {
        try await Self.withBench { bench in
            try bench.accept()
            #expect(try await bench.isFinished(within: .zero) == false)
            for _ in 0..<4 { await bench.turn() }
            // It stands in the newest block, which nothing proves yet.
            #expect(try await bench.service.job(Bench.job, tenant: "orchard")?.anchoredCount == 1)
            #expect(try await bench.isFinished(within: .milliseconds(20)) == false)
            #expect(
                try await bench.service.jobs(tenant: "orchard", after: nil, limit: 9).items.map(\.isFinished) == [false]
            )
            bench.block()
            #expect(try await bench.isFinished(within: .zero) == true)
            #expect(
                try await bench.service.jobs(tenant: "orchard", after: nil, limit: 9).items.map(\.isFinished) == [true])
        }
    }

    @Test func `whoever waits is answered as soon as it can`() async throws {
        try await Self.withBench { bench in
            try bench.accept()
            try await withThrowingTaskGroup(of: Bool?.self) { group in
                for _ in 0..<20 { group.addTask { try await bench.isFinished(within: .seconds(600)) } }
                group.addTask {
                    for _ in 0..<4 { await bench.turn() }
                    bench.block()
                    await bench.turn()
                    return true
                }
                for try await isFinished in group { #expect(isFinished == true) }
            }
        }
    }

    @Test func `more than may wait are answered at once, and seats are given back`() async throws {
        try await Self.withBench { bench in
            try bench.accept()
            let tasks = (0..<AnchorBoard.waitersMax).map { _ in
                Task { try await bench.isFinished(within: .seconds(600)) }
            }
            while bench.fixture.outbox.board.waiters < AnchorBoard.waitersMax { await Task.yield() }
            #expect(try await bench.isFinished(within: .seconds(600)) == nil)
            for task in tasks { task.cancel() }
            for task in tasks { #expect(try await task.value == false) }
            #expect(bench.fixture.outbox.board.waiters == 0)
        }
    }

    @Test func `another tenant's job is not waited for`() async throws {
        try await Self.withBench { bench in
            try bench.accept()
            for (job, tenant) in [(Bench.job, "mill"), ([UInt8](repeating: 6, count: 16), "orchard"), ([], "orchard")] {
                await #expect(throws: RecordsFailure.self) {
                    try await bench.service.awaited(job, tenant: tenant, within: .seconds(600))
                }
            }
        }
    }

    @Test func `no turn is missed, whenever it comes`() async throws {
        let board = AnchorBoard()
        for _ in 0..<2_000 {
            let turn = board.turn
            async let noted: Void = board.noteTurn()
            await board.sleep(after: turn)
            await noted
            #expect(board.turn == turn + 1)
        }
    }

    @Test func `a task that is cancelled does not sleep`() async {
        let board = AnchorBoard()
        for isEarly in [true, false] {
            let task = Task {
                if isEarly { withUnsafeCurrentTask { $0?.cancel() } }
                await board.sleep(after: board.turn)
            }
            if !isEarly { task.cancel() }
            await task.value
        }
    }
}

/// Erasure of what the caller saw, and of nothing else.
struct ExpectedErasureTests {
    @Test func `a record that is no longer what was seen is not erased, and can be later`() async throws {
        try await WaitingTests.withBench { bench in
            let document = Array(
                #"""
                {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",
                "schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00.000Z","epcisBody":{"eventList":[{
                "type":"ObjectEvent","action":"OBSERVE","eventTime":"2026-05-01T08:00:00.000Z",
                "eventTimeZoneOffset":"+00:00","epcList":["urn:epc:id:sgtin:4012345.022222.1"]}]}}
                """#.utf8)
            let capture = try await bench.service.capture(document, mediaType: "application/ld+json", tenant: "orchard")
            let rid = try #require(capture.recordIDs.first)
            let seen = try #require(try bench.service.record(rid, tenant: "orchard"))
            // The record changes between the first look and the one inside the transaction.
            let looks = Mutex(0)
            await #expect(throws: RecordsFailure.self) {
                try await bench.service.erase(rid, tenant: "orchard", reason: 1) { _ in
                    looks.withLock {
                        $0 += 1; return $0 == 1
                    }
                }
            }
            #expect(looks.withLock { $0 } == 2)
            #expect(try bench.service.record(rid, tenant: "orchard")?.state == .accepted)
            #expect(try bench.fixture.store.record(rid, tenant: "orchard")?.payload != nil)
            await #expect(throws: RecordsFailure.self) {
                try await bench.service.erase(rid, tenant: "orchard", reason: 1) { _ in false }
            }
            let erased = try await bench.service.erase(rid, tenant: "orchard", reason: 1) { $0.state == seen.state }
            #expect(erased)
            #expect(try bench.service.record(rid, tenant: "orchard")?.state == .erased)
        }
    }
}
