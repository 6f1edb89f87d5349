import GatewayStore

/// A webhook as its owner sees it.
package struct WebhookView: Sendable {
    package let id: String
    package let url: String
    /// All if empty.
    package let types: [String]
    package let label: String
    package let scheme: String
    /// What receivers check signatures with, the newest first, where it is no secret.
    package let publicKeys: [String]
    /// Until when the secret before signs too, in nanoseconds since 1970.
    package let oldSecretUntil: UInt64?
    package let createdBy: String
    package let createdAt: UInt64
    package let isEnabled: Bool
    /// Why the gateway disabled it; else empty.
    package let note: String
    /// Attempts that failed since one succeeded.
    package let failures: Int
    /// Up to where the feed became deliveries.
    package let cursor: EventCursor
}

/// One delivery as its owner sees it.
package struct DeliveryView: Sendable {
    package let id: Int64
    /// `webhook-id`, which is the event's id.
    package let messageID: String
    package let type: String
    /// `pending`, `delivered` or `dead`.
    package let state: String
    package let attempts: Int
    /// When it is tried next; nil where it has ended.
    package let nextAt: UInt64?
    package let status: Int?
    package let reason: String
    package let createdAt: UInt64
    package let endedAt: UInt64?

    init(_ row: DeliveryRow) {
        id = row.id
        messageID = row.message
        type = row.type
        state = "\(row.state)"
        attempts = row.attempts
        nextAt = row.state == .pending ? row.nextAt : nil
        status = row.status
        reason = row.reason
        createdAt = row.createdAt
        endedAt = row.endedAt
    }
}

/// What is to be sent again.
package enum ReplayWish: Sendable {
    /// One delivery that has ended.
    case delivery(Int64)
    /// Everything that is dead.
    case dead
    /// Every event behind a place in the feed.
    case since(EventCursor)
}
