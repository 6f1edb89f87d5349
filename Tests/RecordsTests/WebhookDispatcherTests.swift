import Codec
import Cryptography
import Foundation
import GatewayStore
import HTTPClientKit
import LedgerModel
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Records

/// A clock that the test turns, in nanoseconds since 1970.
final class TestClock: Sendable {
    private let time = Mutex(OutboxReconciliationTests.now)

    func withLock<Value: Sendable>(_ body: (inout UInt64) -> Value) -> Value { time.withLock { body(&$0) } }
}

/// A store, its webhooks and their dispatcher, on a clock that the test turns.
final class WebhookBench: Sendable {
    let folder: URL
    let store: GatewayStore
    let book: WebhookBook
    let events: EventBook
    let dispatcher: WebhookDispatcher
    let http: GuardedHTTPClient
    let clock = TestClock()

    /// `policy`: loopback is open if left out.
    init(
        policy: AddressPolicy = AddressPolicy(
            allowed: ["127.0.0.0/8", "::1/128"].compactMap { AddressRange($0) }, allowsPlainLoopback: true),
        timeout: Duration = .seconds(10), retention: EventRetention = .init()
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vivian-webhooks-\(UUID().uuidString)")
        store = try GatewayStore(folder: folder)
        let keyFile = folder.appending(path: "keys")
        try GroupKeyFile.create(at: keyFile, now: 1)
        let clock = clock
        let now: @Sendable () -> UInt64 = { clock.withLock { $0 } }
        http = GuardedHTTPClient(policy: policy, rootsFile: nil, timeout: timeout)
        let ledger = try OutboxReconciliationTests.identity()
        events = EventBook(store: store, ledger: ledger, retention: retention)
        book = WebhookBook(
            store: store, keys: try GroupKeyFile(opening: keyFile), ledger: ledger, http: http, now: now)
        dispatcher = WebhookDispatcher(
            store: store, book: book, events: events, ledger: ledger, http: http,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: now)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func forward(seconds: UInt64) { clock.withLock { $0 += seconds * 1_000_000_000 } }

    func audit(_ target: String) -> AuditLine {
        AuditLine(
            tenant: "orchard", time: clock.withLock { $0 }, who: "operator", method: "POST", route: "/webhooks",
            target: target, status: 201, request: "")
    }

    func add(_ id: String, url: String, types: [String] = [], scheme: WebhookSecret.Scheme = .hmac) async throws
        -> WebhookSecret
    {
        try await book.add(
            id, tenant: "orchard", url: url, types: types, label: "", scheme: scheme, audit: audit(id)
        ).1
    }

    /// An event of the tenant: a key that is made.
    func happen(_ id: String) throws {
        let grant = APIKeyGrant(
            id: id, tenant: "orchard", secretHash: [UInt8](repeating: 7, count: 32), scopes: ["ledger:read"],
            label: "secret words", createdBy: "operator", createdAt: clock.withLock { $0 }, expiresAt: nil)
        try AccessBook(store).add(grant, audit: audit(id))
    }

    /// Sends what is due now, and waits for what comes of it.
    @discardableResult
    func turn() async -> Int {
        let attempts = dispatcher.turn()
        await withTaskGroup(of: Void.self) { group in
            for attempt in attempts { group.addTask { await self.dispatcher.carryOut(attempt) } }
        }
        dispatcher.settle()
        return attempts.count
    }

    func deliveries(_ id: String, state: String? = nil) throws -> [DeliveryView] {
        try book.deliveries(id, tenant: "orchard", state: state, after: 0, limit: 9_999)
    }
}

struct WebhookDispatcherTests {
    static let id = "0011223344556677"

    static func url(_ server: RawServer) -> String { "http://127.0.0.1:\(server.port)/hook" }

    /// Header fields of a request by lower-case name, and its body.
    static func parts(_ request: String) throws -> (fields: [String: String], body: [UInt8]) {
        let end = try #require(request.range(of: "\r\n\r\n"))
        var fields: [String: String] = [:]
        for line in request[..<end.lowerBound].split(separator: "\r\n").dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            fields[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
        }
        return (fields, Array(request[end.upperBound...].utf8))
    }

    @Test func `an event arrives once, signed, as a CloudEvent, and holds nothing secret`() async throws {
        let server = try RawServer(RawServer.status(204))
        defer { server.stop() }
        let bench = try WebhookBench()
        let secret = try await bench.add(Self.id, url: Self.url(server))
        try bench.happen("aa00000000000000")
        #expect(await bench.turn() == 1)
        #expect(await bench.turn() == 0)
        #expect(try bench.deliveries(Self.id).map(\.state) == ["delivered"])
        let (fields, body) = try Self.parts(try #require(server.seen.first))
        let event = try JSONDocument(parsing: body).root
        #expect(event["specversion"]?.string == "1.0" && event["type"]?.string == "io.vivian.api-key.created")
        #expect(event["id"]?.string == fields["webhook-id"])
        #expect(event["source"]?.string == "urn:vivian:test-1:tenant:orchard")
        #expect(event["sequence"]?.string == "00000000000000000001")
        #expect(fields["content-type"] == CloudEvent.mediaType)
        let seconds = bench.clock.withLock { $0 } / 1_000_000_000
        #expect(fields["webhook-timestamp"] == String(seconds))
        #expect(
            fields["webhook-signature"]
                == secret.signature(id: fields["webhook-id"] ?? "", timestamp: seconds, body: body))
        #expect(!String(decoding: body, as: UTF8.self).contains("secret words"))
    }

    @Test func `a receiver that fails gets the same message again, later each time, until it takes it`() async throws {
        let server = try RawServer([
            RawServer.status(500), RawServer.status(307, "location: http://127.0.0.1:1/"), nil, RawServer.status(200),
        ])
        defer { server.stop() }
        let bench = try WebhookBench(timeout: .milliseconds(300))
        _ = try await bench.add(Self.id, url: Self.url(server))
        try bench.happen("aa00000000000000")
        await bench.turn()
        #expect(try bench.deliveries(Self.id)[0].reason == "answered 500")
        bench.forward(seconds: 4)
        #expect(await bench.turn() == 0)
        bench.forward(seconds: 2)
        #expect(await bench.turn() == 1)
        #expect(try bench.deliveries(Self.id)[0].reason.contains("redirects are not followed"))
        bench.forward(seconds: 331)
        #expect(await bench.turn() == 1)
        #expect(try bench.deliveries(Self.id)[0].reason == "no answer in time")
        #expect(try bench.book.webhook(Self.id, tenant: "orchard").failures == 3)
        bench.forward(seconds: 1_981)
        #expect(await bench.turn() == 1)
        let ended = try bench.deliveries(Self.id)[0]
        #expect(ended.state == "delivered" && ended.attempts == 4)
        #expect(try bench.book.webhook(Self.id, tenant: "orchard").failures == 0)
        let requests = try server.seen.map { try Self.parts($0) }
        #expect(requests.count == 4)
        #expect(Set(requests.map(\.body)).count == 1)
        #expect(Set(requests.compactMap { $0.fields["webhook-id"] }).count == 1)
        #expect(Set(requests.compactMap { $0.fields["webhook-timestamp"] }).count == 4)
    }

    @Test func `after three days a delivery is dead, and a replay brings it back`() async throws {
        let server = try RawServer(RawServer.status(503))
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server))
        for number in 0..<3 { try bench.happen("aa0000000000000\(number)") }
        var days: UInt64 = 0
        while try bench.deliveries(Self.id, state: "dead").count < 3, days < 100 {
            // A failing receiver gets one at a time.
            while await bench.turn() > 0 {}
            bench.forward(seconds: 3_600)
            days += 1
        }
        #expect(
            try bench.deliveries(Self.id).map(\.attempts) == Array(repeating: DeliverySchedule.attemptsMax, count: 3))
        #expect((70...90).contains(days), "\(days) hours")
        #expect(try bench.dispatcher.counts().deadHeld == 3)
        server.answer([RawServer.status(200)])
        #expect(await bench.turn() == 0)
        let one = try bench.deliveries(Self.id)[1]
        #expect(try bench.book.replay(Self.id, tenant: "orchard", .delivery(one.id), audit: bench.audit(Self.id)) == 1)
        while await bench.turn() > 0 {}
        #expect(try bench.deliveries(Self.id).map(\.state) == ["dead", "delivered", "dead"])
        #expect(try bench.book.replay(Self.id, tenant: "orchard", .dead, audit: bench.audit(Self.id)) == 2)
        while await bench.turn() > 0 {}
        #expect(try bench.deliveries(Self.id).map(\.state) == ["delivered", "delivered", "delivered"])
        let before = server.seen.count
        #expect(
            try bench.book.replay(Self.id, tenant: "orchard", .since(EventCursor(1)), audit: bench.audit(Self.id)) == 2)
        while await bench.turn() > 0 {}
        #expect(server.seen.count == before + 2)
        #expect(try bench.deliveries(Self.id).count == 3)
    }

    @Test func `a replay from a place that is no longer held, or not there yet, is refused`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench(retention: EventRetention(days: 30, count: 2))
        _ = try await bench.add(Self.id, url: Self.url(server))
        for number in 0..<5 { try bench.happen("aa0000000000000\(number)") }
        try bench.events.trim(now: bench.clock.withLock { $0 })
        for place in [0, 2, 6] as [UInt64] {
            #expect(throws: RecordsFailure.self) {
                try bench.book.replay(
                    Self.id, tenant: "orchard", .since(EventCursor(place)), audit: bench.audit(Self.id))
            }
        }
        #expect(
            try bench.book.replay(Self.id, tenant: "orchard", .since(EventCursor(3)), audit: bench.audit(Self.id)) == 2)
    }

    @Test func `410 switches a webhook off, and switched on again it goes on`() async throws {
        let server = try RawServer([RawServer.status(410), RawServer.status(200)])
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server))
        try bench.happen("aa00000000000000")
        await bench.turn()
        let off = try bench.book.webhook(Self.id, tenant: "orchard")
        #expect(!off.isEnabled && off.note.contains("410"))
        try bench.happen("aa00000000000001")
        #expect(await bench.turn() == 0)
        let on = try await bench.book.change(Self.id, tenant: "orchard", isEnabled: true, audit: bench.audit(Self.id))
        #expect(on.isEnabled && on.note.isEmpty)
        #expect(await bench.turn() == 1)
        #expect(try bench.deliveries(Self.id).map(\.state) == ["dead", "delivered"])
    }

    @Test func `a receiver that hangs does not hold up another one's events`() async throws {
        let (hanging, good) = (try RawServer(nil), try RawServer(RawServer.status(200)))
        defer {
            hanging.stop()
            good.stop()
        }
        let bench = try WebhookBench(timeout: .milliseconds(400))
        let other = "8899aabbccddeeff"
        _ = try await bench.add(Self.id, url: Self.url(hanging))
        _ = try await bench.add(other, url: Self.url(good))
        for number in 0..<9 { try bench.happen("aa0000000000000\(number)") }
        let first = bench.dispatcher.turn()
        #expect(first.count == 2 * DeliverySlots.perWebhookMax)
        let stuck = first.filter { $0.webhook.id == Self.id }
        let running = Task {
            await withTaskGroup(of: Void.self) { group in
                for attempt in stuck { group.addTask { await bench.dispatcher.carryOut(attempt) } }
            }
        }
        for attempt in first where attempt.webhook.id == other { await bench.dispatcher.carryOut(attempt) }
        // The hanging one's slots are taken all the while.
        for _ in 0..<5 {
            let next = bench.dispatcher.turn().filter { $0.webhook.id == other }
            for attempt in next { await bench.dispatcher.carryOut(attempt) }
        }
        bench.dispatcher.settle()
        #expect(try bench.deliveries(other, state: "delivered").count == 9)
        #expect(try bench.deliveries(Self.id, state: "delivered").isEmpty)
        await running.value
    }

    @Test func `deliveries of one receiver begin in the order of their events`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server))
        for number in 0..<9 { try bench.happen("aa0000000000000\(number)") }
        var begun: [Int64] = []
        while true {
            let attempts = bench.dispatcher.turn()
            if attempts.isEmpty { break }
            begun += attempts.map(\.delivery.id)
            for attempt in attempts { await bench.dispatcher.carryOut(attempt) }
        }
        #expect(begun.count == 9 && begun == begun.sorted())
    }

    @Test func `while a secret is rotated both sign, afterwards the new one alone`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench()
        let old = try await bench.add(Self.id, url: Self.url(server), scheme: .ed25519)
        let (view, new) = try bench.book.rotate(
            Self.id, tenant: "orchard", graceSeconds: 60, audit: bench.audit(Self.id))
        #expect(view.publicKeys == [new, old].compactMap(\.publicKey) && view.publicKeys.count == 2)
        for (wait, count) in [(0, 2), (59, 2), (1, 1)] as [(UInt64, Int)] {
            bench.forward(seconds: wait)
            try bench.happen("aa\(bench.clock.withLock { $0 } / 1_000_000_000)aa00")
            await bench.turn()
            let (fields, body) = try Self.parts(try #require(server.seen.last))
            let seconds = bench.clock.withLock { $0 } / 1_000_000_000
            let wanted = [new, old].prefix(count).map {
                $0.signature(id: fields["webhook-id"] ?? "", timestamp: seconds, body: body)
            }
            #expect(fields["webhook-signature"] == wanted.joined(separator: " "))
        }
        #expect(try bench.book.webhook(Self.id, tenant: "orchard").publicKeys == [new].compactMap(\.publicKey))
    }

    @Test func `a ping arrives beside the feed`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server), types: ["io.vivian.record.erased"])
        _ = try bench.book.ping(Self.id, tenant: "orchard", audit: bench.audit(Self.id))
        _ = try bench.book.ping(Self.id, tenant: "orchard", audit: bench.audit(Self.id))
        await bench.turn()
        #expect(server.seen.count == 2)
        let event = try JSONDocument(parsing: try Self.parts(server.seen[0]).body).root
        #expect(event["type"]?.string == "io.vivian.webhook.ping" && event["sequence"] == nil)
        #expect(try bench.events.bounds(tenant: "orchard").newest == EventCursor(0))
    }

    @Test(arguments: [
        "https://127.0.0.1:8443/", "https://localhost:8443/", "https://[::1]:8443/", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
        "http://127.0.0.1:8080/", "https://example.com:22/", "ftp://example.com/", "https://user@example.com/", "",
    ])
    func `a URL inside is refused when it is named, and nothing is stored`(_ url: String) async throws {
        let bench = try WebhookBench(policy: AddressPolicy())
        await #expect(throws: RecordsFailure.self) { try await bench.add(Self.id, url: url) }
        #expect(try bench.book.webhooks(tenant: "orchard").isEmpty)
        #expect(try bench.store.audit(tenant: "orchard", after: 0, limit: 9).isEmpty)
    }

    @Test func `a URL that was open when it was named is checked again with each attempt`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server))
        try bench.happen("aa00000000000000")
        // The same store under a gateway whose operator has closed the range.
        let closed = GuardedHTTPClient(policy: AddressPolicy(), rootsFile: nil)
        let dispatcher = WebhookDispatcher(
            store: bench.store, book: bench.book, events: bench.events,
            ledger: try OutboxReconciliationTests.identity(),
            http: closed, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { bench.clock.withLock { $0 } })
        for attempt in dispatcher.turn() { await dispatcher.carryOut(attempt) }
        dispatcher.settle()
        #expect(server.seen.isEmpty)
        #expect(try bench.deliveries(Self.id)[0].reason == AddressPolicy.Refusal.address.rawValue)
    }

    @Test func `an attempt that the process does not survive is made again under the same id`() async throws {
        let server = try RawServer(RawServer.status(200))
        defer { server.stop() }
        let bench = try WebhookBench()
        _ = try await bench.add(Self.id, url: Self.url(server))
        try bench.happen("aa00000000000000")
        let lost = bench.dispatcher.turn()
        #expect(lost.count == 1)
        for attempt in lost { await bench.dispatcher.carryOut(attempt) }
        // Killed before it was noted: the next process knows only the store.
        let next = WebhookDispatcher(
            store: bench.store, book: bench.book, events: bench.events,
            ledger: try OutboxReconciliationTests.identity(),
            http: bench.http, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { bench.clock.withLock { $0 } })
        for attempt in next.turn() { await next.carryOut(attempt) }
        next.settle()
        #expect(try bench.deliveries(Self.id).map(\.state) == ["delivered"])
        let ids = try server.seen.map { try Self.parts($0).fields["webhook-id"] }
        #expect(ids.count == 2 && Set(ids).count == 1)
    }
}
