import ArgumentParser
import Codec
import Cryptography
import Foundation
import LedgerRuntime
import Logging
import NodeEngine

/// `vivian snapshot`.
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Write the ledger's whole state to a folder, or begin a ledger from one.",
        subcommands: [Export.self, Import.self])

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the newest provable state to a new folder. The node must be stopped.")
        @OptionGroup var data: DataOptions
        @Argument(help: "The new folder.") var target: String

        func run() throws {
            let folder = data.folder
            let genesis = try folder.genesis()
            let summary: NodeSnapshot.Summary
            do {
                summary = try NodeSnapshot.export(
                    NodeConfiguration(
                        folder: folder.ledger.path, genesis: genesis, signer: nil, receiptKey: nil,
                        isClockConfirmed: true), to: target, logger: .stoppedNode)
            } catch { throw CommandFailure(NodeFailureText.text(error)) }
            try Data(genesis.encoded()).write(to: URL(fileURLWithPath: target).appending(path: "genesis.json"))
            SnapshotCommand.show(summary, json: data.json)
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a ledger from a snapshot: every root is computed again, and its header's commit checked.",
            discussion: """
                The data folder must not hold a ledger. Put keys/ (and gateway/) in place from your backup before the \
                start. A validator that signed later blocks than the snapshot's must not be started from it on a ledger \
                with other validators: it would sign those heights again.
                """)
        @OptionGroup var data: DataOptions
        @Argument(help: "The snapshot's folder.") var source: String
        @Option(help: "The genesis hash that you expect, in hex.") var genesisHash: String?

        func run() throws {
            let folder = data.folder
            guard !folder.exists else { throw CommandFailure("\(data.path) holds a ledger already") }
            let file = URL(fileURLWithPath: source).appending(path: "genesis.json")
            guard let bytes = try? Data(contentsOf: file) else {
                throw CommandFailure("\(file.path) cannot be read")
            }
            let genesis = try Genesis(decoding: Array(bytes))
            if let genesisHash, genesisHash != genesis.hash.hex {
                throw CommandFailure("the snapshot's genesis hash is \(genesis.hash.hex), not the expected one")
            }
            try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
            let summary: NodeSnapshot.Summary
            do {
                summary = try NodeSnapshot.import(from: source, genesis: genesis, into: folder.ledger.path)
            } catch { throw CommandFailure(NodeFailureText.text(error)) }
            try bytes.write(to: folder.genesisFile, options: .atomic)
            SnapshotCommand.show(summary, json: data.json)
        }
    }

    static func show(_ summary: NodeSnapshot.Summary, json: Bool) {
        if json {
            return Output.json([
                "height": .string(String(summary.height)), "appHash": .string(summary.appHash.hex),
                "logSize": .string(String(summary.logSize)), "chunks": .number(String(summary.chunkCount)),
            ])
        }
        Output.line(
            "state of block \(summary.height), root \(summary.appHash.hex), \(summary.logSize) log entries, "
                + "\(summary.chunkCount) chunks")
    }
}

extension Logger {
    /// Of commands that open a stopped node's ledger: warnings, beside what the command prints.
    static let stoppedNode: Logger = {
        var logger = Logger(label: "vivian") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }()
}
