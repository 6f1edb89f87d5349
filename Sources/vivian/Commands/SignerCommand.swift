import ArgumentParser
import Codec
import Consensus
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import Logging
import NodeEngine
import ServiceLifecycle
import UnixSignals

/// `vivian signer`.
struct SignerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signer", abstract: "Keep a validator's consensus key in a process of its own.",
        discussion: """
            The node asks for signatures over a Unix socket. The signer signs one proposal, one prevote and one \
            precommit a height and round, ever, notes each on its own disk before it answers, and serves one node and \
            one ledger.

            A new installation:
              vivian signer init --data S            make a key and its record
              vivian signer --data S --listen unix:/run/vivian-signer/socket
              vivian init --data D --signer unix:/run/vivian-signer/socket
              vivian start --data D

            One that has its key in keys/ (stop the node first):
              vivian signer init --data S --from D   move the key, with what it signed last
              vivian signer --data S --listen unix:/run/vivian-signer/socket
              add "signer": "unix:/run/vivian-signer/socket" to D/vivian.json
              vivian start --data D

            Whoever may enter the socket's folder may ask for signatures. It is made with mode 0700; where the signer \
            has a user of its own, make it 0750 with a group that the node's user is in.

            A ledger that goes on as a new revision (`vivian recover`), signer and node stopped:
              vivian signer continue genesis.json --data S
            """, subcommands: [Run.self, Init.self, Continue.self], defaultSubcommand: Run.self)

    struct Options: ParsableArguments {
        @Option(name: .customLong("data"), help: "The signer's folder.") var path = "signer"
        @Flag(help: "Print JSON for programs.") var json = false

        var url: URL { URL(fileURLWithPath: path) }
        var keyFile: URL { url.appending(path: "consensus.key") }

        func key() throws -> SigningKey {
            guard let data = try? Data(contentsOf: keyFile) else {
                throw CommandFailure("\(path) holds no key yet; make one with `vivian signer init --data \(path)`")
            }
            guard let key = try? SigningKey(encoded: Array(data)), case .ed25519 = key.publicKey else {
                throw CommandFailure("\(keyFile.path) holds no Ed25519 key; restore it from its backup")
            }
            return key
        }
    }

    /// `vivian signer`, without a word after it.
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Sign for a node, and stay up (what `vivian signer` does by itself).")
        @OptionGroup var options: Options
        @Option(help: "Where the node asks: unix:PATH.") var listen: String
        @Option(help: "Log level: debug tells every signature.") var logLevel = "notice"

        func run() async throws {
            guard let address = SignerAddress(listen) else { throw ValidationError(Configuration.signerAddressText) }
            guard let level = Logger.Level(rawValue: logLevel) else { throw ValidationError("unknown --log-level") }
            LoggingSystem.bootstrap(StreamLogHandler.standardError)
            var logger = Logger(label: "vivian.signer")
            logger.logLevel = level
            let key = try options.key()
            do {
                let service = try SignerService(folder: options.url.path, key: key, at: address, logger: logger)
                if options.json { Output.json(["signer": .string("\(address)")]) }
                try await ServiceGroup(
                    services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
                ).run()
            } catch let failure as SignerFailure { throw CommandFailure(failure.description) }
        }
    }

    /// `vivian signer init`.
    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Make a signer's folder: a new key, or one that leaves a node's keys/.")
        @OptionGroup var options: Options
        @Option(help: "Data folder of a stopped node: its key moves here, with what it signed last.") var from: String?

        func run() throws {
            let key = try from.map { try move(from: DataFolder($0)) } ?? make()
            let publicKey = Base64.encode(key.ed25519)
            if options.json {
                return Output.json(["data": .string(options.path), "consensusKey": .string(publicKey)])
            }
            Output.line(
                """
                made \(options.path)
                consensus key  \(publicKey)

                Back up \(options.keyFile.path) now; a copy of `signed` beside it is old at once, see docs/signer.md.
                Next: vivian signer --data \(options.path) --listen unix:PATH
                """)
        }

        private func make() throws -> SigningKey {
            guard !FileManager.default.fileExists(atPath: options.keyFile.path) else {
                throw CommandFailure("\(options.path) holds a key already; nothing was changed")
            }
            let key = try SigningKey.generate(.edDSA)
            try write(key, SignerRecord())
            return key
        }

        /// Moves a key: it is removed from the node's folder only when it is here with its record.
        ///
        /// Cut short and run again, it goes on.
        private func move(from folder: DataFolder) throws -> SigningKey {
            let genesis = try folder.genesis()
            let key = try folder.key("consensus")
            let isHere = FileManager.default.fileExists(atPath: options.keyFile.path)
            guard try !isHere || options.key().ed25519 == key.ed25519 else {
                throw CommandFailure("\(options.path) holds another key already; nothing was changed")
            }
            let record: SignerRecord
            do {
                record = try SignerFolder.record(ofLedger: folder.ledger.path, genesis.ledger)
                if isHere { try SignerFolder.raise(options.url.path, to: record) }
            } catch { throw CommandFailure("\(error)") }
            if !isHere { try write(key, record) }
            try FileManager.default.removeItem(at: folder.consensusKeyFile)
            return key
        }

        /// The record first: a folder with a key is whole.
        private func write(_ key: SigningKey, _ record: SignerRecord) throws {
            try FileManager.default.createDirectory(
                at: options.url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            do { try SignerFolder.create(options.url.path, record) } catch { throw CommandFailure(error.description) }
            try DataFolder.writeSecret(key.encodedSecret(), to: options.keyFile)
            try SignerFolder.settle(options.url.path, key: options.keyFile.path)
        }
    }

    /// `vivian signer continue`.
    struct Continue: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "continue",
            abstract: "Sign for the next revision of the ledger, and never again for this one.",
            discussion: """
                The genesis is the one that the operators agreed on (`vivian recover --new-revision`). The key has to have \
                signed for the ledger that it continues, and signs from the new revision's first block on.
                """)
        @OptionGroup var options: Options
        @Argument(help: "The genesis of the new revision.") var genesis: String

        func run() throws {
            let next = try GenesisFile.read(genesis)
            guard let head = next.continues else { throw CommandFailure("\(genesis) continues no ledger") }
            do {
                try SignerFolder.continue(
                    options.url.path, head.ledger, as: next.ledger, after: Int64(head.height.value))
            } catch { throw CommandFailure(error.description) }
            if options.json {
                return Output.json([
                    "data": .string(options.path), "chainId": .string(next.chainID.text),
                    "first": .string(String(head.height.next.value)),
                ])
            }
            Output.line("signs for \(next.chainID) from block \(head.height.next) on")
        }
    }
}

extension DataFolder {
    var consensusKeyFile: URL { keys.appending(path: "consensus.key") }

    /// Who signs for this folder's validator: the key in `keys/`, or the process that `vivian.json` names.
    func signer(
        _ settings: Configuration, of genesis: Genesis, node: NodeID?, logger: Logger
    ) throws -> any ConsensusSigner {
        guard let address = settings.signer else {
            return LocalSigner(try node == nil ? key("consensus", of: genesis) : key("consensus"))
        }
        try refuseSecondKey(address)
        let signer: RemoteSigner
        do { signer = try RemoteSigner(address, ledger: genesis.ledger, node: node, logger: logger) } catch {
            throw CommandFailure("the signer cannot be used: \(error); start it with `vivian signer`")
        }
        guard node != nil || genesis.validators.contains(where: { $0.consensusKey == signer.publicKey }) else {
            throw CommandFailure(
                "the signer at \(address) holds another ledger's key; start the one that belongs to ledger/")
        }
        return signer
    }

    /// One key with two keepers may sign twice.
    func refuseSecondKey(_ address: SignerAddress) throws {
        guard FileManager.default.fileExists(atPath: consensusKeyFile.path) else { return }
        throw CommandFailure(
            """
            keys/consensus.key is here although vivian.json names the signer \(address): a key that two hold may sign \
            twice. Move it into a signer's folder with `vivian signer init --data SIGNER --from \(url.path)`; if the \
            signer has it already, destroy this copy; or take "signer" out of vivian.json
            """)
    }

    /// The public consensus key, from `keys/` or from the signer.
    func consensusPublicKey(signer: SignerAddress?) throws -> COSEKey {
        guard let signer else { return try key("consensus").publicKey }
        try refuseSecondKey(signer)
        do { return .ed25519(x: try RemoteSigner.publicKey(at: signer)) } catch {
            throw CommandFailure("the signer cannot be used: \(error); start it with `vivian signer`")
        }
    }
}
