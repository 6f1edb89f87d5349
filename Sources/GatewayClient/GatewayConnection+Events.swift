package import Codec

/// The event feed of one's own tenant: CloudEvents as JSON objects.
extension GatewayConnection {
    /// Events behind a place, oldest first, and the place behind the last of them.
    ///
    /// `place`: `oldest`, `newest`, or what an earlier call named.
    package func events(
        after place: String, limit: Int = 1_000
    ) async throws(GatewayFailure) -> (events: [JSON], next: String?) {
        let page = try await json(
            "GET", RequestTarget.path(["events"], ["limit": String(limit), "cursor": place]),
            headers: [("accept", "application/json")])
        guard case .array(let events)? = page["events"] else { throw .unreadable("a page of events has no events") }
        if case .string(let next)? = page["next"] { return (events, next) }
        return (events, nil)
    }

    /// Follows the feed from a place on, until the stream ends or breaks off; returns the place up to which it came.
    /// - Throws: ``GatewayFailure``, `refused` where the place is no longer held or the credential does not hold.
    package func followEvents(after place: String, _ receive: (JSON) -> Void) async throws(GatewayFailure) -> String {
        var lines = EventStreamLines(place: place)
        let reply = await stream(
            RequestTarget.path(["events"]), headers: [("accept", "text/event-stream"), ("last-event-id", place)]
        ) { bytes in
            for event in lines.take(bytes) { receive(JSON(try JSONDocument(parsing: event).root)) }
        }
        if let reply, reply.status >= 400 { throw GatewayFailure.refused(ProblemDocument(reply)) }
        return lines.place
    }
}

/// Reads Server-Sent Events (WHATWG HTML §9.2.6) as far as this gateway uses them: `id` and one line of `data`.
struct EventStreamLines {
    /// The last event's id.
    private(set) var place: String
    private var buffer: [UInt8] = []
    private var id: String?
    private var data: [UInt8] = []

    init(place: String) { self.place = place }

    /// The data of the events that are whole with these bytes.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        buffer += bytes
        var events: [[UInt8]] = []
        while let end = buffer.firstIndex(of: 0x0a) {
            let line = Array(buffer[..<end])
            buffer.removeFirst(end + 1)
            if line.isEmpty {
                place = id ?? place
                if !data.isEmpty { events.append(data) }
                (id, data) = (nil, [])
            } else if line.starts(with: Array("id: ".utf8)) {
                id = String(decoding: line.dropFirst(4), as: UTF8.self)
            } else if line.starts(with: Array("data: ".utf8)) {
                data = Array(line.dropFirst(6))
            }
        }
        return events
    }
}
