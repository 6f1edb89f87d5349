package import Codec
import GatewayStore
import LedgerModel

/// An event as others get it: CloudEvents 1.0 in JSON, structured mode.
///
/// `source` names this gateway's ledger and the tenant, so that `source` and `id` together are an event's name in the
/// world. `sequence` is the extension of that name: the event's number in its tenant's feed, in 20 digits, which rises by
/// one from event to event.
package struct CloudEvent: Sendable {
    package static let mediaType = "application/cloudevents+json"

    /// Where the feed goes on behind this event.
    package let cursor: EventCursor
    package let type: String
    package let json: JSON

    init(_ row: EventRow, ledger: LedgerIdentity) {
        cursor = EventCursor(row.sequence)
        type = row.type
        let data = (try? JSONDocument(parsing: Array(row.data.utf8))).map { JSON($0.root) } ?? .null
        var members: [JSON.Member] = [
            .init("specversion", "1.0"), .init("id", .string(row.id)),
            .init("source", .string("urn:vivian:\(ledger.chainID.text):tenant:\(row.tenant)")),
            .init("type", .string(row.type)), .init("subject", .string(row.subject)),
            .init("time", .string(Timestamp(nanosecondsSince1970: row.time).rfc3339)),
            .init("datacontenttype", "application/json"),
        ]
        if row.sequence > 0 {
            let digits = String(row.sequence)
            members.append(
                .init("sequence", .string(String(repeating: "0", count: max(0, 20 - digits.count)) + digits)))
        }
        members.append(.init("data", data))
        json = .object(members)
    }

    package var encoded: [UInt8] { json.serialized() }
}

/// A place in a tenant's feed, which readers take for an opaque text of 11 characters.
package struct EventCursor: Hashable, Sendable, CustomStringConvertible {
    /// The number of the last event before it.
    package let sequence: UInt64

    package init(_ sequence: UInt64) { self.sequence = sequence }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        guard let bytes = Base64.decodeURL(text), bytes.count == 8 else { return nil }
        sequence = UInt64(bigEndianBytes: bytes)
        guard sequence <= UInt64(Int64.max) else { return nil }
    }

    package var description: String {
        Base64.encodeURL(sequence.bigEndianBytes)
    }
}
