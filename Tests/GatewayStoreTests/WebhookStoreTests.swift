import Foundation
import Testing

@testable import GatewayStore

struct WebhookStoreTests {
    static func row(_ id: String, tenant: String = "orchard", types: [String] = []) -> WebhookRow {
        WebhookRow(
            id: id, tenant: tenant, url: "https://example.com/", types: types, label: "label", signing: "hmac",
            secret: [1, 2, 3], createdBy: "api-key:1", createdAt: 5)
    }

    static func add(_ id: String, to store: GatewayStore, types: [String] = []) throws {
        _ = try store.addWebhook(row(id, types: types), audit: AccessTests.entry(id))
    }

    struct FanOut: Equatable {
        var isMore: Bool
        var missed: UInt64
    }

    @discardableResult
    static func fanOut(_ store: GatewayStore, _ id: String = "a", now: UInt64 = 10) throws -> FanOut {
        let result = try store.fanOut(id, now: now) { Array($0.subject.utf8) }
        return FanOut(isMore: result.isMore, missed: result.missed)
    }

    static func all(_ store: GatewayStore, _ id: String = "a", state: DeliveryState? = nil) throws -> [DeliveryRow] {
        try store.deliveries(id, state: state, after: 0, limit: 9_999)
    }

    @Test func `a webhook comes back as it was put, begins behind the newest event, and is its tenant's alone`() throws
    {
        try GatewayStoreTests.withStore { store, _ in
            try EventStoreTests.append([EventStoreTests.event("a"), EventStoreTests.event("b")], to: store)
            try Self.add("a", to: store, types: ["x", "y"])
            var wanted = Self.row("a", types: ["x", "y"])
            wanted.cursor = 2
            #expect(try store.webhook("a", tenant: "orchard") == wanted)
            #expect(try store.webhook("a", tenant: "mill") == nil)
            #expect(try store.webhooks(tenant: "mill").isEmpty)
            let entry = AccessTests.entry("a", tenant: "mill")
            #expect(try store.changeWebhook("a", tenant: "mill", WebhookChange(), audit: entry) == nil)
            #expect(try store.removeWebhook("a", tenant: "mill", audit: entry) == false)
            #expect(try store.replayEvents("a", tenant: "mill", after: 0, audit: entry) == nil)
            #expect(try store.replayDeliveries("a", tenant: "mill", delivery: nil, now: 6, audit: entry) == nil)
            let ping = EventRow(sequence: 0, EventStoreTests.event("p", tenant: "mill"))
            #expect(try store.addPing(ping, body: [], webhook: "a", now: 6, audit: entry) == nil)
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).isEmpty)
            #expect(try store.webhook("a", tenant: "orchard") == wanted)
        }
    }

    @Test func `no more than a tenant may hold, and no id twice`() throws {
        try GatewayStoreTests.withStore { store, _ in
            for number in 0..<GatewayStore.webhooksPerTenantMax { try Self.add("w\(number)", to: store) }
            #expect(throws: GatewayStoreFailure.self) { try Self.add("more", to: store) }
            #expect(throws: GatewayStoreFailure.self) {
                _ = try store.addWebhook(Self.row("w1", tenant: "mill"), audit: AccessTests.entry("w1", tenant: "mill"))
            }
            #expect(try store.audit(tenant: "mill", after: 0, limit: 9).isEmpty)
            #expect(try store.audit(tenant: "orchard", after: 0, limit: 99).count == GatewayStore.webhooksPerTenantMax)
        }
    }

    @Test func `events become deliveries once, of the wished types, in order`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            try Self.add("b", to: store, types: ["io.vivian.capture.accepted"])
            try EventStoreTests.append((1...150).map { EventStoreTests.event("\($0)") }, to: store)
            #expect(try Self.fanOut(store) == FanOut(isMore: true, missed: 0))
            #expect(try Self.fanOut(store) == FanOut(isMore: false, missed: 0))
            #expect(try Self.fanOut(store) == FanOut(isMore: false, missed: 0))
            #expect(try Self.all(store).map(\.body) == (1...150).map { Array("\($0)".utf8) })
            while try Self.fanOut(store, "b").isMore {}
            #expect(try Self.all(store, "b").isEmpty)
            #expect(try store.webhook("b", tenant: "orchard")?.cursor == 150)
        }
    }

    @Test func `a receiver that takes nothing holds up to its bound, the rest waits in the feed`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            try EventStoreTests.append((1...1_200).map { EventStoreTests.event("\($0)") }, to: store)
            while try Self.fanOut(store).isMore {}
            #expect(try Self.all(store).count == GatewayStore.pendingPerWebhookMax)
            let first = try #require(try store.dueDeliveries("a", now: 10, limit: 1).first)
            try store.finishAttempts(
                [(first, DeliveryResult(next: .delivered, status: 200, reason: ""))], now: 11)
            while try Self.fanOut(store).isMore {}
            #expect(try Self.all(store, state: .pending).count == GatewayStore.pendingPerWebhookMax)
            #expect(try Self.all(store).last?.sequence == 1_001)
        }
    }

    @Test func `events that left the feed are counted as missed`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            try EventStoreTests.append((1...9).map { EventStoreTests.event("\($0)") }, to: store)
            _ = try store.dropEvents(tenant: "orchard", before: 0, countMax: 4)
            #expect(try Self.fanOut(store) == FanOut(isMore: false, missed: 5))
            #expect(try Self.all(store).map(\.sequence) == [6, 7, 8, 9])
        }
    }

    @Test func `a webhook that is off gets nothing, and goes on where it was`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            var change = WebhookChange()
            change.isEnabled = false
            _ = try store.changeWebhook("a", tenant: "orchard", change, audit: AccessTests.entry("a"))
            try EventStoreTests.append([EventStoreTests.event("1")], to: store)
            #expect(try Self.fanOut(store) == FanOut(isMore: false, missed: 0))
            #expect(try store.enabledWebhooks().isEmpty)
            change.isEnabled = true
            _ = try store.changeWebhook("a", tenant: "orchard", change, audit: AccessTests.entry("a"))
            try Self.fanOut(store)
            #expect(try Self.all(store).map(\.sequence) == [1])
        }
    }

    @Test func `an attempt's end is noted once, and who is gone is switched off`() throws {
        try GatewayStoreTests.withStore { store, folder in
            try Self.add("a", to: store)
            try EventStoreTests.append((1...3).map { EventStoreTests.event("\($0)") }, to: store)
            try Self.fanOut(store)
            let rows = try store.dueDeliveries("a", now: 10, limit: 9)
            #expect(rows.count == 3)
            #expect(try store.dueDeliveries("a", now: 9, limit: 9).isEmpty)
            let retry = DeliveryResult(next: .retry(at: 50), status: 500, reason: "answered 500")
            try store.finishAttempts([(rows[0], retry), (rows[0], retry)], now: 11)
            let again = try GatewayStore(folder: folder)
            #expect(try Self.all(again)[0].attempts == 1, "the second end is of an attempt that is noted")
            #expect(try again.dueDeliveries("a", now: 49, limit: 9).map(\.sequence) == [2, 3])
            #expect(try again.dueDeliveries("a", now: 50, limit: 9).map(\.sequence) == [1, 2, 3])
            #expect(try again.webhook("a", tenant: "orchard")?.failures ?? 0 > 0)
            try again.finishAttempts([(rows[1], DeliveryResult(next: .delivered, status: 204, reason: ""))], now: 12)
            #expect(try again.webhook("a", tenant: "orchard")?.failures == 0)
            try again.finishAttempts([(rows[2], DeliveryResult(next: .gone, status: 410, reason: "gone"))], now: 13)
            let webhook = try #require(try again.webhook("a", tenant: "orchard"))
            #expect(!webhook.isEnabled && webhook.note == "gone")
            #expect(try Self.all(again).map(\.state) == [.pending, .delivered, .dead])
            #expect(try again.deliveryTotals() == DeliveryTotals(pending: 1, dead: 1))
        }
    }

    @Test func `a replay brings back what ended, all that died, or all behind a place, and nothing twice at once`()
        throws
    {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            try EventStoreTests.append((1...4).map { EventStoreTests.event("\($0)") }, to: store)
            try Self.fanOut(store)
            let rows = try store.dueDeliveries("a", now: 10, limit: 9)
            func replay(_ delivery: Int64?) throws -> Int? {
                try store.replayDeliveries(
                    "a", tenant: "orchard", delivery: delivery, now: 20, audit: AccessTests.entry("a"))
            }
            #expect(try replay(nil) == 0)
            #expect(try replay(rows[0].id) == 0, "it has not ended")
            #expect(try replay(999) == 0)
            let dead = DeliveryResult(next: .dead, status: 500, reason: "answered 500")
            try store.finishAttempts(
                [
                    (rows[0], dead), (rows[1], dead),
                    (rows[2], DeliveryResult(next: .delivered, status: 200, reason: "")),
                ],
                now: 11)
            #expect(try replay(rows[2].id) == 1)
            #expect(try replay(nil) == 2)
            let pending = try Self.all(store, state: .pending)
            #expect(pending.map(\.id) == rows.map(\.id))
            #expect(pending.map(\.message) == rows.map(\.message))
            #expect(pending.prefix(3).allSatisfy { $0.attempts == 0 && $0.status == nil && $0.nextAt == 20 })
            #expect(try store.replayEvents("a", tenant: "orchard", after: 2, audit: AccessTests.entry("a")) == 2)
            try Self.fanOut(store, now: 30)
            #expect(try Self.all(store).count == 4)
            #expect(try store.replayEvents("a", tenant: "orchard", after: 99, audit: AccessTests.entry("a")) == 0)
        }
    }

    @Test func `what ended is dropped when its time is over, what waits never`() throws {
        try GatewayStoreTests.withStore { store, _ in
            try Self.add("a", to: store)
            try EventStoreTests.append((1...3).map { EventStoreTests.event("\($0)") }, to: store)
            try Self.fanOut(store)
            let rows = try store.dueDeliveries("a", now: 10, limit: 9)
            try store.finishAttempts(
                [
                    (rows[0], DeliveryResult(next: .delivered, status: 200, reason: "")),
                    (rows[1], DeliveryResult(next: .dead, status: nil, reason: "x")),
                ], now: 100)
            #expect(try store.dropDeliveries(deliveredBefore: 100, deadBefore: 100) == 0)
            #expect(try store.dropDeliveries(deliveredBefore: 101, deadBefore: 50) == 1)
            #expect(try Self.all(store).map(\.state) == [.dead, .pending])
            #expect(try store.dropDeliveries(deliveredBefore: .max >> 1, deadBefore: .max >> 1) == 1)
            #expect(try Self.all(store).map(\.state) == [.pending])
            #expect(try store.removeWebhook("a", tenant: "orchard", audit: AccessTests.entry("a")))
            #expect(try Self.all(store).isEmpty)
            #expect(try store.deliveryTotals() == DeliveryTotals())
        }
    }
}
