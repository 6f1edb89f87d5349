import ArgumentParser
import Codec
import Foundation
import GatewayClient

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
                    place = try await gateway.followEvents(after: place) { show($0) }
                    Output.note("the stream ended; it is taken up again from \(place)")
                    try await Task.sleep(for: Self.pause)
                }
            }
            Output.note("next: --since \(place)")
        }
    }

    /// Everything up to the newest; returns the place behind it.
    private func pages(_ gateway: GatewayConnection) async throws -> String {
        var place = since
        while true {
            let page = try await gateway.events(after: place)
            for event in page.events { show(event) }
            guard let next = page.next, next != place else { return place }
            place = next
        }
    }

    private func show(_ event: JSON) {
        if client.json { return Output.json(event) }
        let data = event["data"].map { String(decoding: $0.serialized(), as: UTF8.self) } ?? ""
        Output.line("\(event["time"]?.string ?? "")  \(event["type"]?.string ?? "")  \(data)")
    }
}
