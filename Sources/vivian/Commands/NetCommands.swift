import ArgumentParser
import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import PeerNetwork

/// `vivian net`: a ledger of several validators.
struct NetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "net", abstract: "Found, join, watch or change a ledger of several validators.",
        discussion: """
            Each operator:       vivian net card --data D --operator-name NAME > NAME.json
            One of them, once:   vivian net genesis NAME.json... > genesis.json
            Each operator:       vivian net join genesis.json --data D
                                 "network" in vivian.json: where to listen, and the others' ID@HOST:PORT
                                 vivian start --data D
            Whoever only follows makes keys with `net card` too, and keeps the card.
            Later, the authority that genesis names:
                                 vivian net update --data D --join NAME.json --leave OTHER.json
            """,
        subcommands: [
            NetCardCommand.self, NetGenesisCommand.self, NetJoinCommand.self, NetStatusCommand.self,
            NetValidatorsCommand.self, NetUpdateCommand.self, NetAccuseCommand.self,
        ])
}

/// `vivian net card`.
struct NetCardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card", abstract: "Make a data folder's keys and print their public halves.",
        discussion: "The card holds no secret. Run again, it prints the same card.")
    @OptionGroup var data: DataOptions
    @Option(help: "Who operates this validator, as the verifier will show it.") var operatorName: String
    @Option(help: "A running signer that holds the consensus key, as unix:PATH (see `vivian signer`).")
    var signer: String?

    func run() throws {
        let folder = data.folder
        let isMade = FileManager.default.fileExists(atPath: folder.recordKeysFile.path)
        let keys =
            isMade ? try InstallationKeys.read(from: folder) : try InstallationKeys.make(in: folder, signer: signer)
        Output.json(ValidatorCard(keys, operatorName: operatorName).json)
    }
}

/// `vivian net genesis`.
struct NetGenesisCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genesis", abstract: "Make the genesis of a ledger from its validators' cards.")
    @Option(help: "The ledger's name; a random suffix makes it unique.") var name = "vivian"
    @Option(help: "Card of an installation that follows: it may write, but has no vote. May be repeated.")
    var follower: [String] = []
    @Option(help: "Account that may change the validators: a card's file, or an id in hex; nobody may if left out.")
    var authority: String?
    @Option(help: "ACCOUNT=AMOUNT: what an account has from the beginning; a card's file, or an id. May be repeated.")
    var balance: [String] = []
    @Option(help: "Least fee of a transaction; writing is free if left out.") var fee: String?
    @Argument(help: "Cards of the validators, as `vivian net card` printed them.") var cards: [String]

    func run() throws {
        let cards = try cards.map { try ValidatorCard(file: $0) }
        let others = try follower.map { try ValidatorCard(file: $0) }
        var genesis = try InitCommand.genesis(
            name: name, validators: cards.map(\.validator), accounts: (cards + others).map(\.account))
        genesis.authority = try authority.map { try AccountName.id($0) }
        genesis.balances = try balance.map { try AccountName.balance($0) }
        if let fee {
            guard let amount = Amount(decimal: fee) else { throw CommandFailure("--fee is a whole number") }
            genesis.feeMinimum = amount
        }
        guard Set(cards.map(\.validator.consensusKey)).count == cards.count else {
            throw CommandFailure("two of the cards are of the same data folder; name each validator's card once")
        }
        do { _ = try genesis.validatorSet() } catch { throw CommandFailure("the cards do not make a set: \(error)") }
        do { _ = try Genesis(decoding: genesis.encoded()) } catch {
            throw CommandFailure("the genesis does not hold: \(error)")
        }
        Output.json(genesis.encoded())
    }
}

/// `vivian net join`.
struct NetJoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Give a data folder with keys its ledger's genesis.")
    @OptionGroup var data: DataOptions
    @Argument(help: "The genesis that all share.") var genesis: String

    func run() throws {
        let folder = data.folder
        guard !folder.exists else { throw CommandFailure("\(data.path) holds a ledger already; nothing was changed") }
        guard FileManager.default.fileExists(atPath: folder.recordKeysFile.path) else {
            throw CommandFailure(
                "\(data.path) has no keys yet; make them with `vivian net card --data \(data.path) --operator-name NAME`"
            )
        }
        let keys = try InstallationKeys.read(from: folder)
        let made = try GenesisFile.read(genesis)
        try folder.settle(on: made)
        let isValidator = made.validators.contains { keys.consensus == .ed25519(x: $0.consensusKey) }
        let node = PeerID(publicKey: keys.nodeKey)
        if data.json {
            return Output.json([
                "chainId": .string(made.chainID.text), "genesisHash": .string(made.hash.hex),
                "node": .string("\(node)"), "isValidator": .boolean(isValidator),
            ])
        }
        Output.line(
            """
            chain         \(made.chainID.text)
            genesis hash  \(made.hash.hex)
            node          \(node)
            \(isValidator ? "this folder's key is one of the validators'" : "this folder follows without voting")

            Next: "network": {"listen": "HOST:PORT", "peers": ["ID@HOST:PORT", ...]} in \(folder.configurationFile.path)
            """)
    }
}

/// What an operator hands to whoever makes the genesis.
///
/// JSON: `format` "vivian-validator-card/1", `operator`, `consensusKey` base64 of 32 bytes, `receiptKey` and `accountKey`
/// base64 of a COSE_Key, `node` hex: the id under which others dial it.
struct ValidatorCard {
    static let format = "vivian-validator-card/1"

    var validator: Genesis.Validator
    var account: Genesis.Account
    var node: PeerID

    init(_ keys: InstallationKeys, operatorName: String) {
        validator = keys.validator(operatorName: operatorName)
        account = keys.genesisAccount
        node = PeerID(publicKey: keys.nodeKey)
    }

    init(file: String) throws {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)), data.count < 1 << 16 else {
            throw CommandFailure("\(file) cannot be read, or is too large for a card")
        }
        guard let root = try? JSONDocument(parsing: Array(data)).root, root["format"]?.string == Self.format,
            let name = root["operator"]?.string, let key = root["consensusKey"]?.string.flatMap(Base64.decode),
            key.count == 32, let receipt = Self.key(root["receiptKey"]), let account = Self.key(root["accountKey"]),
            let node = root["node"]?.string.flatMap({ PeerID($0) })
        else { throw CommandFailure("\(file) is no card; make one with `vivian net card`") }
        validator = Genesis.Validator(consensusKey: key, power: 10, operatorName: name, receiptKey: receipt)
        self.account = Genesis.Account(id: AccountID(account.thumbprint), keys: [account])
        self.node = node
    }

    /// The card in CARD, or CARD=POWER.
    init(naming text: String) throws {
        guard let sign = text.lastIndex(of: "="), let power = Int64(text[text.index(after: sign)...]) else {
            try self.init(file: text)
            return
        }
        guard 1...ValidatorSet.powerMax ~= power else {
            throw CommandFailure("a power is 1 to \(ValidatorSet.powerMax); who shall have none leaves")
        }
        try self.init(file: String(text[..<sign]))
        validator.power = power
    }

    private static func key(_ node: JSONNode?) -> COSEKey? {
        guard let bytes = node?.string.flatMap(Base64.decode), let cbor = try? CBOR.decode(bytes) else { return nil }
        return try? COSEKey(cbor: cbor)
    }

    var json: JSON {
        [
            "format": .string(Self.format), "operator": .string(validator.operatorName),
            "consensusKey": .string(Base64.encode(validator.consensusKey)),
            "receiptKey": .string(Base64.encode(validator.receiptKey.encoded)),
            "accountKey": .string(Base64.encode(account.keys[0].encoded)), "node": .string("\(node)"),
        ]
    }
}

extension InstallationKeys {
    /// The public half of the node key, 32 bytes.
    var nodeKey: [UInt8] {
        guard case .ed25519(let key) = node.publicKey else { preconditionFailure("node keys are Ed25519") }
        return key
    }
}

extension [UInt8] {
    /// Without line ends after the text.
    func trimmingLineEnd() -> [UInt8] {
        Array(prefix(upTo: (lastIndex { $0 != 0x0a && $0 != 0x0d } ?? -1) + 1))
    }
}
