import ArgumentParser
import Codec
import Foundation
import GatewayClient

/// `vivian webhooks`.
struct WebhooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhooks", abstract: "Have events sent to URLs, and see to what did not arrive.",
        discussion: """
            Messages are CloudEvents, signed as Standard Webhooks says: any of its libraries checks them.
              vivian webhooks add https://example.com/hook      make one; its secret is shown this once
              vivian webhooks ping ID                           have a test event sent, and see what came of it
              vivian webhooks deliveries ID --state dead        what was given up after three days of trying
              vivian webhooks replay ID --dead                  send it again
            URLs are HTTPS and public, unless the operator opened ranges in vivian.json.
            """,
        subcommands: [
            Add.self, List.self, Show.self, Remove.self, Enable.self, Disable.self, Rotate.self, Deliveries.self,
            Replay.self, Ping.self,
        ])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have events sent to a URL, from now on.",
            discussion: """
                Prints what the receiver needs: the shared secret (whsec_), shown this once, or the public key (whpk_). \
                The id goes to standard error.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "https://HOST/PATH") var url: String
        @Option(
            name: .customLong("type"), parsing: .upToNextOption,
            help: "Event types to send, such as io.vivian.record.erased; all if left out.")
        var types: [String] = []
        @Option(help: "hmac: a shared secret. ed25519: a key pair whose private half stays with the gateway.")
        var signing = "hmac"
        @Option(help: "What it is for, in words.") var label = ""

        func run() async throws {
            guard ["hmac", "ed25519"].contains(signing) else { throw ValidationError("--signing is hmac or ed25519") }
            let made = try await client.withClient {
                try await $0.json(
                    "POST", "/webhooks", headers: [("content-type", "application/json")],
                    body: JSON.object([
                        .init("url", .string(url)), .init("types", .array(types.map { .string($0) })),
                        .init("signing", .string(signing)), .init("label", .string(label)),
                    ]).serialized())
            }
            WebhooksCommand.showSecret(made, client)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tenant's webhooks.")
        @OptionGroup var client: ClientOptions

        func run() async throws {
            let answer = try await client.withClient { try await $0.json("GET", "/webhooks") }
            if client.json { return Output.json(answer["webhooks"] ?? []) }
            for webhook in answer["webhooks"]?.items ?? [] { WebhooksCommand.line(webhook) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one webhook.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String

        func run() async throws {
            let webhook = try await client.withClient { try await $0.json("GET", "/webhooks/\(id)") }
            if client.json { return Output.json(webhook) }
            WebhooksCommand.line(webhook)
            for key in webhook["publicKeys"]?.items ?? [] { Output.line("  public key  \(key.string ?? "")") }
            Output.line("  feed up to  \(webhook["cursor"]?.string ?? "")")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a webhook and its deliveries.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String

        func run() async throws {
            let answer = try await client.withClient { try await $0.json("DELETE", "/webhooks/\(id)") }
            client.json ? Output.json(answer) : Output.line("removed")
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch a webhook on again; it goes on where it was.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String
        func run() async throws { try await WebhooksCommand.turn(id, on: true, client) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Switch a webhook off; events wait in the feed.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String
        func run() async throws { try await WebhooksCommand.turn(id, on: false, client) }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new secret; for a while messages carry two signatures, of the new one and of the old one."
        )
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String
        @Option(help: "Hours for which the old secret signs too, 0 to 168.") var graceHours = 24

        func run() async throws {
            guard 0...168 ~= graceHours else { throw ValidationError("--grace-hours is 0 to 168") }
            let made = try await client.withClient {
                try await $0.json(
                    "POST", "/webhooks/\(id)/rotate", headers: [("content-type", "application/json")],
                    body: JSON.object([.init("graceSeconds", .integer(graceHours * 3_600))]).serialized())
            }
            WebhooksCommand.showSecret(made, client)
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a webhook's deliveries: those that arrived for a day, those that died for a month.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "The webhook's id.") var id: String
        @Option(help: "pending, delivered or dead; all if left out.") var state: String?

        func run() async throws {
            if let state, !["pending", "delivered", "dead"].contains(state) {
                throw ValidationError("--state is pending, delivered or dead")
            }
            let rows = try await client.withClient { gateway in
                var rows: [JSON] = []
                let path = "/webhooks/\(id)/deliveries?limit=1000" + (state.map { "&state=\($0)" } ?? "")
                var cursor: String? = ""
                while let current = cursor {
                    let page = try await gateway.json("GET", path + (current.isEmpty ? "" : "&cursor=\(current)"))
                    rows += page["deliveries"]?.items ?? []
                    cursor = page["next"]?.string
                }
                return rows
            }
            if client.json { return Output.json(.array(rows)) }
            for row in rows { WebhooksCommand.deliveryLine(row) }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send again: one delivery, all that are dead, or every event behind a place.",
            discussion: "What is sent again keeps its webhook-id, so that receivers can tell.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "The webhook's id.") var id: String
        @Option(help: "One delivery that has ended.") var delivery: String?
        @Flag(help: "All that are dead.") var dead = false
        @Option(help: "Every event behind this place: oldest, or what `vivian events` named.") var since: String?

        func run() async throws {
            let wishes: [JSON.Member?] = [
                delivery.map { .init("delivery", .string($0)) }, dead ? .init("dead", true) : nil,
                since.map { .init("since", .string($0)) },
            ]
            let wish = wishes.compactMap(\.self)
            guard wish.count == 1 else { throw ValidationError("say one of --delivery, --dead and --since") }
            let answer = try await client.withClient {
                try await $0.json(
                    "POST", "/webhooks/\(id)/replay", headers: [("content-type", "application/json")],
                    body: JSON.object(wish).serialized())
            }
            client.json ? Output.json(answer) : Output.line("\(answer["count"]?.lexeme ?? "0") to send again")
        }
    }

    struct Ping: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a test event sent, and say what came of the first attempt.",
            discussion: "Exit code 1 where the receiver did not take it.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String

        /// Longer than an attempt may take.
        private static let patience: Duration = .seconds(20)

        func run() async throws {
            let row = try await client.withClient { gateway in
                let delivery = try await gateway.json("POST", "/webhooks/\(id)/ping")["delivery"]?.string ?? ""
                let deadline = ContinuousClock.now + Self.patience
                let first = "/webhooks/\(id)/deliveries?limit=1000"
                var target = first
                while true {
                    let page = try await gateway.json("GET", target)
                    let row = page["deliveries"]?.items?.first { $0["id"]?.string == delivery }
                    if let row, row["attempts"]?.lexeme != "0" || ContinuousClock.now > deadline { return row }
                    // It stands on the last page, which is the one to look at again.
                    if row == nil, let next = page["next"]?.string {
                        target = "\(first)&cursor=\(next)"
                        continue
                    }
                    guard ContinuousClock.now <= deadline else { throw CommandFailure("the webhook was removed") }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            client.json ? Output.json(row) : WebhooksCommand.deliveryLine(row)
            if row["state"]?.string != "delivered" { throw ExitCode(1) }
        }
    }

    private static func turn(_ id: String, on isEnabled: Bool, _ client: ClientOptions) async throws {
        let webhook = try await client.withClient {
            try await $0.json(
                // Whatever it is now: this says all that it shall be.
                "PATCH", "/webhooks/\(id)",
                headers: [("content-type", "application/merge-patch+json"), ("if-match", "*")],
                body: JSON.object([.init("enabled", .boolean(isEnabled))]).serialized())
        }
        client.json ? Output.json(webhook) : line(webhook)
    }

    private static func showSecret(_ made: JSON, _ client: ClientOptions) {
        if client.json { return Output.json(made) }
        Output.line(made["secret"]?.string ?? made["publicKeys"]?.items?.first?.string ?? "")
        Output.note("webhook \(made["id"]?.string ?? "")")
    }

    private static func line(_ webhook: JSON) {
        let types = (webhook["types"]?.items ?? []).compactMap(\.string)
        let state = webhook["enabled"]?.isTrue == true ? "on" : "off \(webhook["note"]?.string ?? "")"
        Output.line(
            "\(webhook["id"]?.string ?? "")  \(state)  \(webhook["url"]?.string ?? "")  "
                + (types.isEmpty ? "all types" : types.joined(separator: " ")))
    }

    private static func deliveryLine(_ row: JSON) {
        Output.line(
            "\(row["id"]?.string ?? "")  \(row["state"]?.string ?? "")  \(row["attempts"]?.lexeme ?? "0") attempts  "
                + "\(row["type"]?.string ?? "")  \(row["reason"]?.string ?? "")  "
                + (row["nextAt"]?.string.map { "next at \($0)" } ?? ""))
    }
}
