/// One subscription of a tenant.
package struct WebhookRow: Equatable, Sendable {
    /// 16 digits of lower-case hex.
    package var id: String
    package var tenant: String
    package var url: String
    /// `type`s that are delivered, sorted; all if empty.
    package var types: [String]
    package var label: String
    /// `hmac` or `ed25519`.
    package var signing: String
    /// Sealed.
    package var secret: [UInt8]
    /// Sealed; signs beside the other until `oldUntil`.
    package var oldSecret: [UInt8]?
    /// Nanoseconds since 1970.
    package var oldUntil: UInt64?
    /// Who made it, as the audit log names them.
    package var createdBy: String
    package var createdAt: UInt64
    package var isEnabled: Bool
    /// Why it was disabled by the gateway; else empty.
    package var note: String
    /// The number up to which the feed became deliveries.
    package var cursor: UInt64
    /// Attempts that failed since one succeeded.
    package var failures: Int

    package init(
        id: String, tenant: String, url: String, types: [String], label: String, signing: String, secret: [UInt8],
        createdBy: String, createdAt: UInt64, cursor: UInt64 = 0
    ) {
        self.id = id
        self.tenant = tenant
        self.url = url
        self.types = types
        self.label = label
        self.signing = signing
        self.secret = secret
        self.createdBy = createdBy
        self.createdAt = createdAt
        isEnabled = true
        note = ""
        self.cursor = cursor
        failures = 0
    }
}

/// What changes in a subscription; nil leaves it.
package struct WebhookChange: Sendable {
    package var url: String?
    package var types: [String]?
    package var label: String?
    package var isEnabled: Bool?
    package var secret: (new: [UInt8], old: [UInt8], oldUntil: UInt64)?

    package init() {}
}

/// How far a delivery is.
package enum DeliveryState: Int64, CaseIterable, Sendable {
    case pending = 0
    case delivered = 1
    /// All attempts failed, or the receiver is gone: nothing more is sent unless it is asked for.
    case dead = 2
}

/// One event on its way to one webhook.
package struct DeliveryRow: Equatable, Sendable {
    package var id: Int64
    package var webhook: String
    /// Nil for a ping.
    package var sequence: UInt64?
    /// The event's id, and the message's: the same with each attempt.
    package var message: String
    package var type: String
    /// What is sent.
    package var body: [UInt8]
    package var state: DeliveryState
    package var attempts: Int
    /// When it is tried next, in nanoseconds since 1970.
    package var nextAt: UInt64
    /// The last answer's HTTP status, if there was an answer.
    package var status: Int?
    /// Why the last attempt failed; else empty.
    package var reason: String
    package var createdAt: UInt64
    package var endedAt: UInt64?
}

/// How one attempt ended, and what follows.
package struct DeliveryResult: Equatable, Sendable {
    package enum Next: Equatable, Sendable {
        case delivered
        case retry(at: UInt64)
        case dead
        /// Dead, and the webhook is switched off: its receiver says that it is gone for good.
        case gone
    }
    package var next: Next
    package var status: Int?
    package var reason: String

    package init(next: Next, status: Int?, reason: String) {
        self.next = next
        self.status = status
        self.reason = reason
    }
}

/// How many deliveries there are.
package struct DeliveryTotals: Equatable, Sendable {
    package var pending = 0
    package var dead = 0
}
