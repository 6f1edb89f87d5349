import ArgumentParser
import Codec
import Cryptography
import GatewayClient
import LedgerModel

/// `vivian net validators`.
struct NetValidatorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validators", abstract: "Show who validates, with what power.",
        discussion: "The set is the newest that the ledger has decided: it counts from the height that --json names on."
    )
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let (set, first, names) = try await client.withClient { gateway in
            let store = StoreName.staking.rawValue
            guard let bytes = try await gateway.state(store: store, key: ValidatorSetKeys.newest).value else {
                throw CommandFailure("the ledger names no validators")
            }
            let set = try ValidatorSet(decoding: bytes)
            let since = try await gateway.state(store: store, key: ValidatorSetKeys.since).value
            var names: [String] = []
            for member in set.members {
                guard let address = Address(member.address),
                    let entry = try await gateway.state(store: store, key: ValidatorEntry.key(address)).value
                else { throw CommandFailure("the ledger's registry lacks validator \(Hex.encode(member.address))") }
                names.append(try ValidatorEntry(decoding: entry).operatorName)
            }
            return (set, try since.map { try ValidatorSetSince(decoding: $0).first.value } ?? 1, names)
        }
        if client.json {
            return Output.json([
                "validatorsHash": .string(set.hash.hex), "first": .string(String(first)),
                "validators": .array(
                    zip(set.members, names).map { member, name in
                        [
                            "address": .string(Hex.encode(member.address)), "operator": .string(name),
                            "power": .string(String(member.votingPower)),
                        ]
                    }),
            ])
        }
        for (member, name) in zip(set.members, names) {
            Output.line("\(Hex.encode(member.address))  \(member.votingPower)  \(name)")
        }
        Output.line("hash \(set.hash.hex)")
    }
}

/// `vivian net update`.
struct NetUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Let validators join, leave, or weigh otherwise.",
        discussion: """
            Signed by the data folder's account, which genesis must have named as the authority. All of it takes effect \
            together, two blocks after the one that holds it; so a key is replaced by one command: the old one leaves, \
            the new one joins. CARD is what `vivian net card` printed.
            """)
    @OptionGroup var client: ClientOptions
    @Option(help: "CARD or CARD=POWER: joins, or gets that power (10 if none is given). May be repeated.")
    var join: [String] = []
    @Option(help: "CARD: leaves. May be repeated.") var leave: [String] = []

    func run() async throws {
        let updates =
            try join.map { ValidatorUpdate.join(try ValidatorCard(naming: $0).validator) }
            + leave.map { .leave(consensusKey: try ValidatorCard(file: $0).validator.consensusKey) }
        guard !updates.isEmpty else { throw ValidationError("name at least one --join or --leave") }
        guard Set(updates.map(\.consensusKey)).count == updates.count else {
            throw CommandFailure("a validator is named twice; name each once")
        }
        let own = try OwnTransaction(client.data.folder)
        let message = UpdateValidatorsMessage(authority: own.account, updates: updates)
        let answer = try await client.withClient { try await own.send(.updateValidators(message), over: $0) }
        if client.json { return Output.json(answer.json) }
        let height = answer.height ?? 0
        Output.line("in block \(height); counts from block \(height + 2) on")
    }
}
