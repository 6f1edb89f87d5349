package import Codec
import Cryptography

/// What events tell, by CloudEvents `type`; a name never changes its meaning.
package enum EventKind: String, CaseIterable, Sendable {
    /// A document was taken in: its records are durable here.
    case captureAccepted = "io.vivian.capture.accepted"
    /// Every record of a capture is on the ledger.
    case captureAnchored = "io.vivian.capture.anchored"
    case recordErased = "io.vivian.record.erased"
    case apiKeyCreated = "io.vivian.api-key.created"
    case apiKeyRevoked = "io.vivian.api-key.revoked"
    /// A test of a webhook: delivered, but no part of the feed.
    case webhookPing = "io.vivian.webhook.ping"
}

/// An event before it has its place: ids and places on the ledger, never a payload, a secret or a document's hash.
package struct NewEvent: Equatable, Sendable {
    package var tenant: String
    /// Nanoseconds since 1970.
    package var time: UInt64
    package var kind: EventKind
    /// The id of what it is about, in hex.
    package var subject: String
    package var data: JSON

    package init(tenant: String, time: UInt64, kind: EventKind, subject: String, data: JSON) {
        self.tenant = tenant
        self.time = time
        self.kind = kind
        self.subject = subject
        self.data = data
    }
}

/// An event at its place in its tenant's feed.
package struct EventRow: Equatable, Sendable {
    /// From 1, without a gap; 0 for one that is no part of the feed.
    package var sequence: UInt64
    package var tenant: String
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// `EventKind`, or one of a later version.
    package var type: String
    package var subject: String
    /// A JSON object.
    package var data: String

    package init(sequence: UInt64, _ event: NewEvent) {
        self.init(
            sequence: sequence, tenant: event.tenant, time: event.time, type: event.kind.rawValue,
            subject: event.subject, data: String(decoding: event.data.serialized(), as: UTF8.self))
    }

    init(sequence: UInt64, tenant: String, time: UInt64, type: String, subject: String, data: String) {
        self.sequence = sequence
        self.tenant = tenant
        self.time = time
        self.type = type
        self.subject = subject
        self.data = data
    }

    /// The event's id, 32 digits of hex, which follows from what it tells: a feed that goes on after an old backup was
    /// restored gives other ids to other events, though their numbers come again.
    package var id: String {
        var message = Array(StoreDomain.event.utf8) + sequence.bigEndianBytes + time.bigEndianBytes
        for text in [tenant, type, subject, data] {
            message += UInt64(text.utf8.count).bigEndianBytes + Array(text.utf8)
        }
        return Hex.encode(Array(SHA256.hash(message).bytes.prefix(16)))
    }
}

/// What of a tenant's feed is held: every event behind the number `floor`, up to `newest`.
package struct EventBounds: Equatable, Sendable {
    /// The last number that is no longer held; 0 where nothing was dropped.
    package var floor: UInt64
    package var newest: UInt64
}
