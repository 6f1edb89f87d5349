import Codec
import HTTPTypes
import Hummingbird
import NIOCore
import Records

/// The event feed of one's own tenant: as a stream, or page by page.
struct EventRoutes {
    let parts: GatewayParts
    private let seats: StreamSeats
    /// Events in one page.
    static let pageMax: UInt64 = 1_000
    static let pageDefault: UInt64 = 100

    init(parts: GatewayParts) {
        self.parts = parts
        seats = StreamSeats(metrics: parts.metrics)
    }

    var routes: [Route] { [Route(.get, "/events", .scope(.eventsRead), events)] }

    /// Server-Sent Events, unless the caller likes JSON better.
    @Sendable func events(_ input: RouteInput) async throws -> Reply {
        let bounds = try parts.events.bounds(tenant: input.tenant)
        let accept = input.request.headers[.accept]
        let isPage =
            ContentNegotiation.weight(of: "application/json", in: accept)
            > ContentNegotiation.weight(of: "text/event-stream", in: accept)
        let start = try Self.start(input, bounds, isPage: isPage)
        guard bounds.holds(start) else { throw RecordsFailure.eventsGone(oldest: bounds.oldest) }
        return isPage ? try page(input, from: start, bounds) : try stream(input, from: start)
    }

    /// `Last-Event-ID`, which a reader that comes back brings along, before `cursor`, which stays in its URL.
    ///
    /// Without either, a stream begins with what comes, a page with the oldest.
    private static func start(_ input: RouteInput, _ bounds: EventFeedBounds, isPage: Bool) throws -> EventCursor {
        let given = input.request.headers[.lastEventID].flatMap { $0.isEmpty ? nil : $0 } ?? input.query("cursor")
        switch given {
        case nil: return isPage ? bounds.oldest : bounds.newest
        case "oldest": return bounds.oldest
        case "newest": return bounds.newest
        case let text?:
            guard let cursor = EventCursor(text) else {
                throw Problem.badParameter("cursor", "oldest, newest, or the id of an event of this feed")
            }
            return cursor
        }
    }

    private func page(_ input: RouteInput, from start: EventCursor, _ bounds: EventFeedBounds) throws -> Reply {
        let limit = try input.query("limit").map { try RouteInput.number($0, named: "limit") } ?? Self.pageDefault
        guard (1...Self.pageMax).contains(limit) else { throw Problem.badParameter("limit", "1 to \(Self.pageMax)") }
        let found = try parts.events.events(tenant: input.tenant, after: start, limit: Int(limit))
        let next = found.last?.cursor ?? start
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if next.sequence < bounds.newest.sequence {
            headers[.link] = "</events?limit=\(limit)&cursor=\(next)>; rel=\"next\""
        }
        let retention = parts.events.retention
        return Reply.json(
            .object(of: [
                "events": .array(found.map(\.json)), "next": .string("\(next)"),
                "oldest": .string("\(bounds.oldest)"), "newest": .string("\(bounds.newest)"),
                "retention": .object(of: [
                    "days": .number(String(retention.days)), "events": .number(String(retention.count)),
                ]),
            ]), headers: headers)
    }

    private func stream(_ input: RouteInput, from start: EventCursor) throws -> Reply {
        let channel = input.context.channel
        let (access, headers, principal) = (parts.access, input.request.headers, input.principal)
        let (metrics, book, tenant) = (parts.metrics, parts.events, input.tenant)
        let seat = try seats.take(tenant)
        let news = book.listen(tenant: tenant)
        channel.closeFuture.whenComplete { _ in news.continuation.finish() }
        let stream = EventStream(
            start: start,
            read: { cursor in
                try book.events(tenant: tenant, after: cursor, limit: EventStream.pageMax).map { event in
                    EventStream.Frame(
                        cursor: event.cursor, data: String(decoding: event.encoded, as: UTF8.self))
                }
            },
            news: news, seat: seat,
            mayGoOn: {
                let now = try? await access.principal(headers, isAnew: true) {
                    await PeerCertificate.thumbprint(channel)
                }
                return now?.tenant == principal.tenant && now?.scopes.contains(.eventsRead) == true
            },
            cutOff: {
                metrics.count("event_streams_dropped")
                channel.close(promise: nil)
            })
        var reply = Reply(.ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"])
        // It reads the feed from the disk: not on the connection's event loop.
        reply.stream = AsyncStream(unfolding: {
            await EventLoopExecutor.aside { await stream.next() }.map { ByteBuffer(string: $0) }
        })
        return reply
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
