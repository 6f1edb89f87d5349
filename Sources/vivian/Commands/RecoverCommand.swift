import ArgumentParser
import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import Logging
import NodeEngine

/// `vivian recover`.
struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Let a ledger go on as a new revision, when its validators can decide no block any more.",
        discussion: """
            A network that lost a part of its validators recovers by itself when more than 2/3 of the power is back. \
            This is for one that never will be: keys are lost, or too many validators are restored backups that may \
            not sign. Records, their log, balances and accounts go on, block numbers too; the chain id becomes name-N+1, \
            so that nothing counts any more that was signed for the old one.

            The operators stop their nodes and agree on one file:
              whose node has the newest block:   vivian recover --new-revision --data D > genesis.json
              (--without OPERATOR leaves a validator out, CARD.json lets one join)
              each of them:                      vivian recover --new-revision --genesis genesis.json --data D
                                                 vivian start --data D
            Whoever has a signer:                vivian signer continue genesis.json --data S
            Clients then trust the new validators hash, which the first command prints: no proof leads there from the \
            old validators, who could not sign one. docs/operating.md tells all of it.
            """)
    @OptionGroup var data: DataOptions
    @Flag(help: "Begin the next revision: the only way there is.") var newRevision = false
    @Option(help: "The genesis that all agreed on: begin it. Without it, one is printed.") var genesis: String?
    @Option(
        help: "Operator's name or consensus address of a validator that is not in the new revision. May be repeated.")
    var without: [String] = []
    @Argument(help: "CARD or CARD=POWER of validators that join (10 if none is given).") var cards: [String] = []

    func validate() throws {
        guard newRevision else {
            throw ValidationError("say --new-revision; `vivian recover --help` tells what it does")
        }
        guard genesis == nil || (without.isEmpty && cards.isEmpty) else {
            throw ValidationError("with --genesis the validators are those that it names")
        }
    }

    func run() throws {
        let folder = data.folder
        do { try StateSync.recover(ledger: folder.ledger.path) } catch {
            throw CommandFailure(NodeFailureText.text(error))
        }
        let old = try folder.genesis()
        let configuration = NodeConfiguration(
            folder: folder.ledger.path, genesis: old, signer: nil, receiptKey: nil, isClockConfirmed: true)
        do {
            if let genesis {
                try begin(try GenesisFile.read(genesis), from: configuration)
            } else {
                try propose(from: configuration)
            }
        } catch let failure as NodeFailure {
            throw CommandFailure(NodeFailureText.text(failure))
        } catch let failure as GenesisFailure {
            throw CommandFailure(NodeFailureText.text(.genesis(failure)))
        }
    }

    private func propose(from configuration: NodeConfiguration) throws {
        let end = try NewRevision.end(of: configuration, logger: .stoppedNode)
        var seats = end.validators
        for name in without {
            let count = seats.count
            seats.removeAll { $0.operatorName == name || Hex.encode(Address(ed25519: $0.consensusKey).bytes) == name }
            guard seats.count < count else {
                throw CommandFailure(
                    "\(name) is no validator; there are \(seats.map(\.operatorName).joined(separator: ", "))")
            }
        }
        var accounts = configuration.genesis.accounts
        for text in cards {
            let card = try ValidatorCard(naming: text)
            seats.removeAll { $0.consensusKey == card.validator.consensusKey }
            seats.append(card.validator)
            if !accounts.contains(where: { $0.id == card.account.id }) { accounts.append(card.account) }
        }
        guard !seats.isEmpty else { throw CommandFailure("no validator is left; name cards of new ones") }
        let now = UInt64(max(Date().timeIntervalSince1970, 0) * 1e9)
        let genesis = try Genesis.continuing(
            end.head, end.state, time: max(now, UInt64(end.time.nanosecondsSince1970 ?? 0) + 1), validators: seats,
            accounts: accounts)
        Output.json(genesis.encoded())
        Output.note(
            """
            \(genesis.chainID) continues block \(end.head.height) of \(end.head.ledger.chainID)
            genesis hash     \(genesis.hash.hex)
            validators hash  \(try genesis.validatorSet().hash.hex)
            Nothing was changed. Each operator: vivian recover --new-revision --genesis FILE --data D
            """)
    }

    private func begin(_ genesis: Genesis, from configuration: NodeConfiguration) throws {
        if genesis == configuration.genesis {
            throw CommandFailure("\(data.path) holds \(genesis.chainID) already; start it")
        }
        let kept = try NewRevision.begin(genesis, from: configuration, logger: .stoppedNode)
        let hash = try genesis.validatorSet().hash.hex
        if data.json {
            return Output.json([
                "chainId": .string(genesis.chainID.text), "genesisHash": .string(genesis.hash.hex),
                "validatorsHash": .string(hash), "first": .string(String(genesis.base.next.value)),
                "old": .string(kept),
            ])
        }
        Output.line(
            """
            chain            \(genesis.chainID), from block \(genesis.base.next) on
            genesis hash     \(genesis.hash.hex)
            validators hash  \(hash)
            old ledger       \(kept)

            Next: vivian start --data \(data.path)
            """)
    }
}

/// A genesis in a file, as it is handed from operator to operator.
enum GenesisFile {
    static func read(_ path: String) throws -> Genesis {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw CommandFailure("\(path) cannot be read")
        }
        do { return try Genesis(decoding: Array(bytes).trimmingLineEnd()) } catch {
            throw CommandFailure("\(path) is no genesis, \(error); use the file that was printed, unchanged")
        }
    }
}
