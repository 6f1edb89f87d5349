import ArgumentParser
import Codec
import Foundation
import HTTPClientKit

/// `vivian status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say where the ledger stands.")
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let status = try await client.withClient { try await $0.json("GET", "/status") }
        if client.json { return Output.json(status) }
        for (name, label) in [
            ("chainId", "chain"), ("genesisHash", "genesis hash"), ("height", "height"), ("time", "block time"),
            ("validatorsHash", "validators hash"), ("logSize", "log size"), ("pendingTransactions", "pending"),
        ] {
            let text = status[name]?.string ?? status[name]?.lexeme ?? ""
            Output.line(label.padding(toLength: 18, withPad: " ", startingAt: 0) + text)
        }
    }
}

/// `vivian block`.
struct BlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "block", abstract: "Show one block.")
    @OptionGroup var client: ClientOptions
    @Argument(help: "Its height.") var height: UInt64

    func run() async throws {
        let block = try await client.withClient { try await $0.json("GET", "/blocks/\(height)") }
        if client.json { return Output.json(block) }
        for name in ["height", "hash", "time", "appHash", "proposer"] {
            Output.line(name.padding(toLength: 10, withPad: " ", startingAt: 0) + (block[name]?.string ?? ""))
        }
        for transaction in block["transactions"]?.items ?? [] {
            Output.line("transaction \(transaction["id"]?.string ?? "")")
        }
    }
}

/// `vivian tx`.
struct TxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tx", abstract: "Send a transaction, or see what became of one.",
        subcommands: [Send.self, Show.self])

    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send a signed transaction from a file.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "File with the transaction's bytes (COSE).") var file: String

        func run() async throws {
            let bytes = try FileInput.bytes(file)
            let answer = try await client.withClient {
                try await $0.json(
                    "POST", "/transactions", headers: [("content-type", "application/cose")], body: bytes)
            }
            client.json ? Output.json(answer) : Output.line(answer["id"]?.string ?? "")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what became of a transaction.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id in hex.") var id: String

        func run() async throws {
            let answer = try await client.withClient { try await $0.json("GET", "/transactions/\(id)") }
            if client.json { return Output.json(answer) }
            Output.line(
                "\(answer["state"]?.string ?? "") \(answer["height"]?.string ?? "") \(answer["log"]?.string ?? "")")
        }
    }
}

/// `vivian state get`.
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Read the ledger's state.", subcommands: [Get.self])

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read one key of one store.",
            discussion: """
                PATH is STORE/KEY. A key that begins with hex: is given in hex, so anchor/log and \
                account/hex:00ff... both work. With --prove the answer is a state proof file that `vivian verify` checks.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "STORE/KEY") var path: String
        @Flag(help: "Print a proof file instead of the value.") var prove = false
        @Option(help: "The height; the newest provable one if left out.") var height: UInt64?
        @Option(help: "Let the headers lead from this validators hash.") var trusted: String?

        func run() async throws {
            guard let slash = path.firstIndex(of: "/") else { throw ValidationError("PATH is STORE/KEY") }
            let key = try Self.key(String(path[path.index(after: slash)...]))
            var query = prove ? ["prove=true"] : []
            if let height { query.append("height=\(height)") }
            if let trusted { query.append("trusted=\(trusted)") }
            let target =
                "/state/\(path[..<slash])/\(Base64.encodeURL(key))"
                + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
            let reply = try await client.withClient { try await $0.send("GET", target) }
            if prove || client.json {
                FileHandle.standardOutput.write(Data(reply.body + [0x0a]))
                return
            }
            let value = JSON(try JSONDocument(parsing: reply.body).root)["value"]
            Output.line(value?.string.flatMap(Base64.decode).map { Hex.encode($0) } ?? "absent")
        }

        static func key(_ text: String) throws -> [UInt8] {
            guard text.hasPrefix("hex:") else { return Array(text.utf8) }
            guard let bytes = Hex.decode(String(text.dropFirst(4))) else {
                throw ValidationError("the key is not lower-case hex")
            }
            return bytes
        }
    }
}

/// Reads the files that commands are given.
enum FileInput {
    static func bytes(_ path: String) throws -> [UInt8] {
        if path == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("\(path) cannot be read")
        }
        return Array(data)
    }
}
