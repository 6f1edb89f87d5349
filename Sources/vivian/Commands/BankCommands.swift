import ArgumentParser
import Codec
import GatewayClient
import LedgerModel

/// `vivian bank`.
struct BankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bank", abstract: "Balances of the ledger's own denom, and transfers.",
        discussion: """
            What there is was given by genesis (`vivian net genesis --balance`). ACCOUNT is an account's id in hex, or the \
            file of an installation's card. Amounts are whole numbers of the smallest unit.
            """, subcommands: [Balance.self, Send.self])

    struct Balance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what an account has.",
            discussion: "`vivian state get bank/hex:KEY --prove` gives the proof; --json names the key.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "The account; the data folder's own if left out.") var account: String?

        func run() async throws {
            let id = try account.map { try AccountName.id($0) } ?? OwnTransaction(client.data.folder).account
            let key = BankKeys.balance(id)
            let entry = try await client.withClient { try await $0.state(store: StoreName.bank.rawValue, key: key) }
            let amount = BankKeys.amount(entry.value)
            if client.json {
                return Output.json([
                    "account": .string(Hex.encode(id.bytes)), "amount": .string("\(amount)"),
                    "denom": .string(NativeDenom.name), "key": .string(Hex.encode(key)),
                    "stateHeight": .string(String(entry.height)),
                ])
            }
            Output.line("\(amount) \(NativeDenom.name)")
        }
    }

    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move an amount from the data folder's account to another one, and wait for the block.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "To whom.") var account: String
        @Argument(help: "How much.") var amount: String

        func run() async throws {
            guard let amount = Amount(decimal: amount), amount > .zero else {
                throw CommandFailure("\(amount) is no amount: give a whole number above 0")
            }
            let own = try OwnTransaction(client.data.folder)
            let message = TransferMessage(from: own.account, to: try AccountName.id(account), amount: amount)
            let answer = try await client.withClient { try await own.send(.transfer(message), over: $0) }
            if client.json { return Output.json(answer.json) }
            Output.line("in block \(answer.height ?? 0), transaction \(answer.id)")
        }
    }
}
