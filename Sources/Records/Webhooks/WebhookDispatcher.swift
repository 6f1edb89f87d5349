package import GatewayStore
package import HTTPClientKit
package import LedgerModel
package import Logging
import ServiceLifecycle
import Synchronization

/// What became of attempts since the start.
package struct DeliveryCounts: Equatable, Sendable {
    package var delivered = 0
    package var failed = 0
    package var dead = 0
    /// Events that left the feed before a webhook got to them.
    package var missed = 0
    /// Waiting, and dead, now.
    package var pending = 0
    package var deadHeld = 0
}

/// Sends events to webhooks: at least once, started in order, and one receiver's trouble is nobody else's.
///
/// Everything is re-read from the store, so it can be killed anywhere: what was sent and not noted is sent again under the
/// same `webhook-id`. What to send comes from the feed, so capturing pays nothing for it; ``DeliverySchedule`` decides what
/// follows an attempt, ``DeliverySlots`` how many run.
package final class WebhookDispatcher: Service, Sendable {
    /// How often it is looked whether the time of something has come.
    private static let tick: Duration = .seconds(1)
    /// Least time between two looks, in which results gather for one SQL transaction.
    private static let pause: Duration = .milliseconds(20)
    /// How often what is no longer kept is dropped, in nanoseconds.
    private static let trimInterval: UInt64 = 60_000_000_000
    /// Deliveries that arrived are shown for a day, dead ones can be replayed for a month.
    package static let deliveredDays: UInt64 = 1
    package static let deadDays: UInt64 = 30

    struct Attempt: Sendable {
        var webhook: WebhookRow
        var delivery: DeliveryRow
    }
    private struct State {
        var slots = DeliverySlots()
        var ended: [(delivery: DeliveryRow, result: DeliveryResult)] = []
        var counts = DeliveryCounts()
        /// Which webhook comes first, so that none is always last.
        var turn = 0
        var trimmedAt: UInt64 = 0
    }

    private let store: GatewayStore
    private let book: WebhookBook
    private let events: EventBook
    private let ledger: LedgerIdentity
    private let http: GuardedHTTPClient
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private let state = Mutex(State())

    package init(
        store: GatewayStore, book: WebhookBook, events: EventBook, ledger: LedgerIdentity, http: GuardedHTTPClient,
        logger: Logger, now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.book = book
        self.events = events
        self.ledger = ledger
        self.http = http
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        let bell = store.bell.listen(to: nil).stream
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                group.addTask { [book] in for await _ in bell { book.wake() } }
                group.addTask { [book] in
                    while (try? await Task.sleep(for: Self.tick)) != nil { book.wake() }
                }
                book.wake()
                for await _ in book.wakeUp.stream {
                    for attempt in turn() { group.addTask { await self.carryOut(attempt) } }
                    guard (try? await Task.sleep(for: Self.pause)) != nil else { break }
                }
                group.cancelAll()
            }
        }
        settle()
        await http.shutdown()
    }

    /// What became of attempts, and how much waits.
    package func counts() throws(RecordsFailure) -> DeliveryCounts {
        do {
            let totals = try store.deliveryTotals()
            var counts = state.withLock { $0.counts }
            counts.pending = totals.pending
            counts.deadHeld = totals.dead
            return counts
        } catch { throw RecordsFailure(error) }
    }

    /// Notes what ended, makes deliveries of new events, and chooses what is sent now.
    func turn() -> [Attempt] {
        settle()
        do {
            try trim()
            let webhooks = try store.enabledWebhooks()
            guard !webhooks.isEmpty else { return [] }
            let first = state.withLock { state in
                state.turn += 1
                return state.turn % webhooks.count
            }
            return try (webhooks[first...] + webhooks[..<first]).flatMap { try due(of: $0) }
        } catch {
            logger.warning("webhooks paused", metadata: ["reason": "\(error)"])
            return []
        }
    }

    private func due(of webhook: WebhookRow) throws -> [Attempt] {
        let time = now()
        let bounds = try store.eventBounds(tenant: webhook.tenant)
        var isMore = webhook.cursor < bounds.newest
        while isMore {
            let result = try store.fanOut(webhook.id, now: time) { CloudEvent($0, ledger: ledger).encoded }
            isMore = result.isMore
            guard result.missed > 0 else { continue }
            state.withLock { $0.counts.missed += Int(result.missed) }
            logger.warning(
                "events left the feed before a webhook got to them",
                metadata: ["webhook": "\(webhook.id)", "events": "\(result.missed)"])
        }
        let (room, sending) = state.withLock { state in
            (
                state.slots.room(webhook: webhook.id, tenant: webhook.tenant, isFailing: webhook.failures > 0),
                state.slots.count(of: webhook.id)
            )
        }
        guard room > 0 else { return [] }
        let rows = try store.dueDeliveries(webhook.id, now: time, limit: room + sending)
        return state.withLock { state in
            rows.filter { !state.slots.isSending($0.id) }.prefix(room).map { row in
                state.slots.begin(row.id, webhook: webhook.id, tenant: webhook.tenant)
                return Attempt(webhook: webhook, delivery: row)
            }
        }
    }

    /// One attempt, from its signature to what follows.
    ///
    /// One that is cut short by the end of the process leaves no trace: it is made again.
    func carryOut(_ attempt: Attempt) async {
        let outcome = await send(attempt)
        let result = outcome.map { outcome in
            DeliverySchedule.result(
                outcome, attempt: attempt.delivery.attempts + 1, now: now(), jitter: UInt64.random(in: 0..<1_000))
        }
        state.withLock { state in
            guard let result, !Task.isCancelled else { return state.slots.end(attempt.delivery.id) }
            state.ended.append((attempt.delivery, result))
            switch result.next {
            case .delivered: state.counts.delivered += 1
            case .retry: state.counts.failed += 1
            case .dead, .gone:
                state.counts.failed += 1
                state.counts.dead += 1
            }
        }
        book.wake()
    }

    private func send(_ attempt: Attempt) async -> DeliverySchedule.Outcome? {
        let (webhook, delivery) = (attempt.webhook, attempt.delivery)
        let time = now()
        guard let secrets = try? book.secrets(of: webhook, now: time), !secrets.isEmpty else { return .unsigned }
        let headers = WebhookHeaders.headers(
            id: delivery.message, seconds: time / 1_000_000_000, body: delivery.body, secrets: secrets)
        do throws(GuardedHTTPFailure) {
            let reply = try await http.post(webhook.url, headers: headers, body: delivery.body)
            return .answered(
                status: reply.status,
                retryAfter: DeliverySchedule.retryAfter(reply.headers["retry-after"], now: now()))
        } catch {
            return Task.isCancelled ? nil : .failed(error)
        }
    }

    /// Writes what attempts came to; only then may the same delivery begin again.
    func settle() {
        let ended = state.withLock { state in
            defer { state.ended = [] }
            return state.ended
        }
        do { try store.finishAttempts(ended, now: now()) } catch {
            logger.warning("deliveries are not noted, and made again", metadata: ["reason": "\(error)"])
        }
        state.withLock { state in
            for (delivery, _) in ended { state.slots.end(delivery.id) }
        }
        for (delivery, result) in ended where result.next == .dead || result.next == .gone {
            logger.warning(
                "a delivery is dead",
                metadata: [
                    "webhook": "\(delivery.webhook)", "delivery": "\(delivery.id)", "reason": "\(result.reason)",
                ])
        }
    }

    private func trim() throws {
        let time = now()
        let isDue = state.withLock { state in
            guard time >= state.trimmedAt + Self.trimInterval || time < state.trimmedAt else { return false }
            state.trimmedAt = time
            return true
        }
        guard isDue else { return }
        try events.trim(now: time)
        let day: UInt64 = 86_400 * 1_000_000_000
        while try store.dropDeliveries(
            deliveredBefore: time - min(time, Self.deliveredDays * day),
            deadBefore: time - min(time, Self.deadDays * day))
            > 0
        {}
    }
}
