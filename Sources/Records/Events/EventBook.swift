package import GatewayStore
package import LedgerModel

/// How much of each tenant's feed is kept.
package struct EventRetention: Equatable, Sendable {
    /// A month: longer than any reader should be away.
    package static let daysDefault = 30
    /// Some 400 MB at the most.
    package static let countDefault = 1_000_000

    package var days: Int
    /// Events of one tenant.
    package var count: Int

    package init(days: Int = daysDefault, count: Int = countDefault) {
        self.days = days
        self.count = count
    }
}

/// What of a feed is held.
package struct EventFeedBounds: Equatable, Sendable {
    /// The first place from which a reader can go on.
    package let oldest: EventCursor
    package let newest: EventCursor

    init(_ bounds: EventBounds) {
        oldest = EventCursor(bounds.floor)
        newest = EventCursor(bounds.newest)
    }

    /// Whether a reader at a place misses nothing.
    package func holds(_ cursor: EventCursor) -> Bool { (oldest.sequence...newest.sequence).contains(cursor.sequence) }
}

/// The event feed: what happened in a tenant, in order.
///
/// Events are written by ``GatewayStore`` in the SQL transaction of what they tell; here they are read, and the oldest
/// are dropped.
package final class EventBook: Sendable {
    package let retention: EventRetention
    private let store: GatewayStore
    private let ledger: LedgerIdentity

    package init(store: GatewayStore, ledger: LedgerIdentity, retention: EventRetention = .init()) {
        self.store = store
        self.ledger = ledger
        self.retention = retention
    }

    package func bounds(tenant: String) throws(RecordsFailure) -> EventFeedBounds {
        do { return EventFeedBounds(try store.eventBounds(tenant: tenant)) } catch { throw RecordsFailure(error) }
    }

    /// A tenant's events behind a place, oldest first.
    ///
    /// - Throws: `eventsGone` where some of them are no longer held, or the place is ahead of the feed.
    package func events(tenant: String, after cursor: EventCursor, limit: Int) throws(RecordsFailure) -> [CloudEvent] {
        do {
            let (held, rows) = try store.events(tenant: tenant, after: cursor.sequence, limit: limit)
            let bounds = EventFeedBounds(held)
            guard bounds.holds(cursor) else { throw RecordsFailure.eventsGone(oldest: bounds.oldest) }
            return rows.map { CloudEvent($0, ledger: ledger) }
        } catch { throw RecordsFailure(error) }
    }

    /// Wakes its reader when something new stands in a tenant's feed; the continuation wakes it for other reasons, or
    /// ends it.
    package func listen(tenant: String) -> (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation) {
        store.bell.listen(to: tenant)
    }

    /// Drops what is older, or more, than is kept.
    func trim(now: UInt64) throws {
        let span = UInt64(retention.days) * 86_400 * 1_000_000_000
        for tenant in try store.eventTenants() {
            while try store.dropEvents(tenant: tenant, before: now - min(now, span), countMax: retention.count) {}
        }
    }
}
