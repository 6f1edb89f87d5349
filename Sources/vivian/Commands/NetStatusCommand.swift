import ArgumentParser
import Codec
import GatewayClient
import Foundation

/// `vivian net status`.
struct NetStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show round, votes, peers, and who is missing.",
        discussion: """
            A node that does not move says here why: which validators it has not heard, how much power has voted, and \
            which peers it could not reach or keeps out. With --watch it is shown again every second.
            """)
    @OptionGroup var client: ClientOptions
    @Flag(help: "Go on until interrupted.") var watch = false

    func run() async throws {
        try await client.withClient { gateway in
            repeat {
                let network = JSON(try JSONDocument(parsing: try await gateway.send("GET", "/network").body).root)
                client.json ? Output.json(network) : Self.show(network)
                if watch { try await Task.sleep(for: .seconds(1)) }
            } while watch
        }
    }

    private static func show(_ network: JSON) {
        func text(_ json: JSON, _ name: String) -> String { json[name]?.string ?? json[name]?.lexeme ?? "" }
        /// The first digits of an `ID@HOST:PORT`, and where it is.
        func place(_ address: String) -> String {
            let parts = address.split(separator: "@")
            return parts.count == 2 ? "\(parts[0].prefix(8))@\(parts[1])" : address
        }
        let goal = network["catchingUpToward"]?.string.map { " to \($0)" } ?? ""
        Output.line(
            "height \(text(network, "height")), round \(text(network, "round")): "
                + "\(text(network, "phase"))\(goal), proposer \(text(network, "proposer").prefix(8))")
        Output.line(
            "power \(text(network, "power")): \(text(network, "prevoted")) prevoted, "
                + "\(text(network, "precommitted")) precommitted")
        if let reason = network["halted"]?.string { Output.line("the node has stopped: \(reason)") }
        for validator in network["validators"]?.items ?? [] {
            let heard = validator["lastHeard"]?.string.map { "last heard at \($0)" } ?? "never heard"
            Output.line(
                "validator \(text(validator, "address").prefix(8))  power \(text(validator, "power"))  "
                    + "\(validator["missing"]?.isTrue == true ? "MISSING, " : "")\(heard)  \(text(validator, "operator"))"
            )
        }
        for peer in network["peers"]?.items ?? [] {
            let trip = peer["roundTripMicroseconds"]?.lexeme.map { "  \($0) us" } ?? ""
            let role = peer["validator"]?.string.map { "  for \($0.prefix(8))" } ?? ""
            Output.line(
                "peer \(place(text(peer, "address")))  at \(text(peer, "height"))\(trip)\(role)"
            )
        }
        for refusal in network["refusals"]?.items ?? [] {
            let until = refusal["bannedUntil"]?.string.map { ", kept out until \($0)" } ?? ""
            Output.line(
                "refused \(text(refusal, "time"))  \(text(refusal, "id").prefix(8))\(place(text(refusal, "address")))  "
                    + "\(text(refusal, "reason"))\(until)")
        }
    }
}
