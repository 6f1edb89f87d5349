import ArgumentParser

/// The command line: `vivian init`, `vivian start`, and everything that talks to a running gateway.
@main
struct Vivian: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vivian",
        abstract:
            "A ledger whose every answer can be proven, as a gateway between worlds that do not trust each other.",
        discussion: """
            First steps:
              vivian init                     make a data folder with keys, a ledger and a certificate
              vivian start                    start node and gateway
              vivian capture FILE...          hand in EPCIS documents; prints a record id each
              vivian record ID --bundle       fetch the proof of a record as a file
              vivian verify FILE              check such a file, without a network

            Exit codes: 0 done; 1 the answer is no (a proof that does not hold, a check that fails); 2 the gateway
            refused or cannot be reached; 64 the command line is wrong.
            """,
        version: Build.version,
        subcommands: [
            InitCommand.self, StartCommand.self, StatusCommand.self, KeysCommand.self, CaptureCommand.self,
            RecordCommand.self, VerifyCommand.self, RefreshCommand.self, BlockCommand.self, TxCommand.self,
            StateCommand.self, SnapshotCommand.self, EraseCommand.self, DoctorCommand.self, APIKeysCommand.self,
            AuditCommand.self,
        ])
}

/// What this binary is.
enum Build {
    static let version = "0.1.0"
}
