import ArgumentParser
import Codec
import Foundation
import HTTPClientKit

/// `vivian events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens in the tenant, and follow it.",
        discussion: """
            Prints the events that are held, oldest first, one a line; with --json each is a CloudEvent. The place behind \
            the last one goes to standard error: --since goes on from there, without loss and without doubles.
              vivian events                          everything that is held
              vivian events --follow --since newest  only what comes
              vivian events --since AAAAAAAAAAc      what came behind that place
            Exit code 2 where events behind the place are no longer held: the gateway names the oldest place then.
            """)
    @OptionGroup var client: ClientOptions
    @Flag(help: "Stay and print what comes; broken streams are taken up again.") var follow = false
    @Option(help: "oldest, newest, or a place that an earlier call named.") var since = "oldest"

    /// Between a stream that broke off and the next one.
    private static let pause: Duration = .seconds(2)

    func run() async throws {
        guard since == "oldest" || since == "newest" || Base64.decodeURL(since)?.count == 8 else {
            throw ValidationError("--since is oldest, newest, or 11 characters that an earlier call named")
        }
        try await client.withClient { gateway in
            var place = try await pages(gateway)
            if follow {
                while true {
                    place = try await stream(gateway, from: place)
                    try await Task.sleep(for: Self.pause)
                }
            }
            Output.note("next: --since \(place)")
        }
    }

    /// Everything up to the newest; returns the place behind it.
    private func pages(_ gateway: GatewayClient) async throws -> String {
        var place = since
        while true {
            let page = try await gateway.json(
                "GET", "/events?limit=1000&cursor=\(place)", headers: [("accept", "application/json")])
            for event in page["events"]?.items ?? [] { show(event) }
            guard let next = page["next"]?.string, next != place else { return place }
            place = next
        }
    }

    /// One stream until it ends; returns the place up to which it came.
    private func stream(_ gateway: GatewayClient, from start: String) async throws -> String {
        var lines = EventLines(place: start)
        let authorization = gateway.credential.map { [("authorization", "Bearer \($0)")] } ?? []
        do {
            let reply = try await gateway.http.stream(
                "/events", headers: [("accept", "text/event-stream"), ("last-event-id", start)] + authorization
            ) { bytes in
                for event in lines.take(bytes) { show(JSON(try JSONDocument(parsing: event).root)) }
            }
            guard reply.status == 200 else { throw GatewayProblem(reply) }
        } catch let failure as HTTPClientFailure {
            Output.note("\(failure); trying again")
        }
        return lines.place
    }

    private func show(_ event: JSON) {
        if client.json { return Output.json(event) }
        let data = event["data"].map { String(decoding: $0.serialized(), as: UTF8.self) } ?? ""
        Output.line("\(event["time"]?.string ?? "")  \(event["type"]?.string ?? "")  \(data)")
    }
}

/// Reads Server-Sent Events (WHATWG HTML §9.2.6) as far as this gateway uses them: `id` and one line of `data`.
struct EventLines {
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
