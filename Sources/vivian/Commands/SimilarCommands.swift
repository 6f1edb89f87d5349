import ArgumentParser
import GatewayClient

/// `vivian similar`.
struct SimilarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "List the records that are most like one, the nearest first.",
        discussion: """
            A line a record: its distance, its id, and when it was accepted. 0 is the same, 1000 has nothing in common. \
            What is compared never leaves the gateway. With --json, one object a record.
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "Record id in hex.") var id: String
    @Option(help: "Show at most so many, 1 to 100.") var limit = 10
    @Option(help: "None that is farther, 0 to 2000.") var distanceMax: Int?

    func run() async throws {
        let found = try await client.withClient { gateway in
            try await gateway.similar(to: id, limit: limit, distanceMax: distanceMax)
        }
        for item in found { client.json ? Output.json(item.json) : Output.line(Self.line(item)) }
    }

    static func line(_ item: SimilarRecordAnswer) -> String {
        "\(distance(item.distance))  \(item.record.id)  \(item.record.acceptedAt)"
    }

    static func distance(_ distance: Int) -> String {
        let text = String(distance)
        return String(repeating: " ", count: max(0, 4 - text.count)) + text
    }
}

/// `vivian anomalies`.
struct AnomaliesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anomalies", abstract: "List the records that are least like any other, the farthest first.",
        discussion: """
            A line a record: the distance to its third nearest, its id, and when it was accepted. 0 is the same, 1000 has \
            nothing in common. `vivian similar ID` lists what is nearest. With --json, one object a record, with its \
            nearest three.
            """)
    @OptionGroup var client: ClientOptions
    @Option(help: "Show at most so many, 1 to 100.") var limit = 10
    @Option(help: "How many of the newest records are candidates, 1 to 5000.") var among: Int?

    func run() async throws {
        let found = try await client.withClient { gateway in try await gateway.anomalies(limit: limit, among: among) }
        for item in found {
            client.json
                ? Output.json(item.json)
                : Output.line(
                    "\(SimilarCommand.distance(item.distance))  \(item.record.id)  \(item.record.acceptedAt)")
        }
    }
}
