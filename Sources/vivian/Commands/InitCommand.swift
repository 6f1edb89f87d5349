import ArgumentParser
import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime

/// `vivian init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a data folder: keys, a new ledger of one validator, a certificate.")
    @OptionGroup var data: DataOptions
    @Option(help: "The ledger's name; a random suffix makes it unique.") var name = "vivian"
    @Option(help: "Who operates this validator, as the verifier will show it.") var operatorName = "solo"

    @Option(help: "A running signer that holds the consensus key, as unix:PATH (see `vivian signer`).")
    var signer: String?

    func run() throws {
        let folder = data.folder
        let keys = try InstallationKeys.make(in: folder, signer: signer)
        var genesis = try Self.genesis(
            name: name, validators: [keys.validator(operatorName: operatorName)], accounts: [keys.genesisAccount])
        // Whoever is all of the power may give some of it to others.
        genesis.authority = keys.genesisAccount.id
        try folder.settle(on: genesis)
        let account = keys.account
        let set = try genesis.validatorSet()
        if data.json {
            return Output.json([
                "data": .string(data.path), "chainId": .string(genesis.chainID.text),
                "genesisHash": .string(genesis.hash.hex), "validatorsHash": .string(set.hash.hex),
                "account": .string(Hex.encode(account.publicKey.thumbprint.bytes)),
            ])
        }
        Output.line(
            """
            made \(data.path)
            chain            \(genesis.chainID.text)
            genesis hash     \(genesis.hash.hex)
            validators hash  \(set.hash.hex)
            account          \(Hex.encode(account.publicKey.thumbprint.bytes))

            Back up keys/ now, apart from the rest. Then: vivian start --data \(data.path)
            """)
    }

    /// A genesis; the name becomes `name-XXXXXXXX-1` (D1).
    static func genesis(
        name: String, validators: [Genesis.Validator], accounts: [Genesis.Account]
    ) throws -> Genesis {
        let suffix = Hex.encode(SecureRandom.bytes(4))
        let text = "\(name)-\(suffix)-1"
        guard let chainID = try? ChainID(text) else {
            throw CommandFailure("\(name) does not make a chain id; use up to 30 letters and digits")
        }
        return Genesis(
            chainID: chainID, time: UInt64(Date().timeIntervalSince1970 * 1e9),
            rulesVersion: ProtocolRules.newest.version, validators: validators, accounts: accounts)
    }
}
