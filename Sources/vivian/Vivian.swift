import ArgumentParser
import Foundation

/// The command line: `vivian init`, `vivian start`, and everything that talks to a running gateway.
@main
struct Vivian: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vivian",
        abstract:
            "A ledger whose every answer can be proven, as a gateway between worlds that do not trust each other.",
        discussion: """
            First steps:
              vivian init                 make keys, a ledger and a certificate
              vivian start                start node and gateway
              vivian capture FILE...      hand in EPCIS documents
              vivian record ID --bundle   fetch the proof of a record as a file
              vivian verify FILE          check such a file, without a network

            Exit codes:
              0   done
              1   the answer is no: a proof that does not hold, a check that fails,
                  a file or folder that is not as it must be
              2   the gateway refused, or cannot be reached
              64  the command line is wrong
            """,
        version: Build.version,
        subcommands: [
            InitCommand.self, StartCommand.self, StatusCommand.self, KeysCommand.self, CaptureCommand.self,
            RecordCommand.self, VerifyCommand.self, RefreshCommand.self, BlockCommand.self, TxCommand.self,
            StateCommand.self, RecordsCommand.self, JobsCommand.self, SnapshotCommand.self, EraseCommand.self,
            DoctorCommand.self, APIKeysCommand.self, AuditCommand.self, EventsCommand.self, WebhooksCommand.self,
            SchemaCommand.self, NetCommand.self, BankCommand.self, SignerCommand.self,
            LightCommand.self, VectorCommand.self, RegistryCommand.self, SimilarCommand.self, AnomaliesCommand.self,
            RecoverCommand.self,
        ])

    /// Runs the command that the arguments name, and ends with one of the documented exit codes.
    static func main() async {
        var command: any ParsableCommand
        do { command = try parseAsRoot() } catch { exit(withError: error) }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as any GatewayRefusal {
            Output.note("Error: \(failure.description)")
            Foundation.exit(2)
        } catch let failure as ValidationError {
            // A running command says all there is to say; the usage of the whole program would add nothing.
            Output.note("Error: \(failure.message)")
            exit(withError: ExitCode.validationFailure)
        } catch {
            exit(withError: error)
        }
    }
}

/// A failure that is the gateway's, not the command's: it refused, or it cannot be reached.
protocol GatewayRefusal: Error, CustomStringConvertible {}

/// What this binary is.
enum Build {
    static let version = "0.1.0"
}
