import ArgumentParser
import Codec
import Foundation
import GatewayClient

/// `vivian status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say where the ledger stands.")
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let status = try await client.withClient { try await $0.status() }
        if client.json { return Output.json(status.json) }
        for (label, text) in [
            ("chain", status.chainID), ("genesis hash", status.genesisHash), ("height", String(status.height)),
            ("block time", status.time), ("validators hash", status.validatorsHash),
            ("log size", String(status.logSize)), ("pending", String(status.pendingTransactions)),
        ] {
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
        let block = try await client.withClient { try await $0.block(height) }
        if client.json { return Output.json(block.json) }
        for (label, text) in [
            ("height", String(block.height)), ("hash", block.hash), ("time", block.time), ("appHash", block.appHash),
            ("proposer", block.proposer),
        ] {
            Output.line(label.padding(toLength: 10, withPad: " ", startingAt: 0) + text)
        }
        for transaction in block.transactions { Output.line("transaction \(transaction.id ?? "")") }
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
            let answer = try await client.withClient { try await $0.submit(bytes) }
            client.json ? Output.json(answer.json) : Output.line(answer.id)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what became of a transaction.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id in hex.") var id: String

        func run() async throws {
            let answer = try await client.withClient { try await $0.transaction(id) }
            if client.json { return Output.json(answer.json) }
            let height = answer.height.map { String($0) } ?? ""
            Output.line("\(answer.isIncluded ? "included" : "pending") \(height) \(answer.log ?? "")")
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
        @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?

        func run() async throws {
            guard let slash = path.firstIndex(of: "/") else { throw ValidationError("PATH is STORE/KEY") }
            let store = String(path[..<slash])
            let key = try Self.key(String(path[path.index(after: slash)...]))
            if prove {
                let proof = try await client.withClient {
                    try await $0.stateProof(store: store, key: key, height: height, trusted: trusted)
                }
                return Output.json(proof)
            }
            let entry = try await client.withClient { try await $0.state(store: store, key: key, height: height) }
            client.json ? Output.json(entry.json) : Output.line(entry.value.map { Hex.encode($0) } ?? "absent")
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
        let isPiped = path == "-"
        let data =
            isPiped
            ? try? FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: path)
        guard let data else { throw CommandFailure("\(isPiped ? "standard input" : path) cannot be read") }
        return Array(data)
    }
}
