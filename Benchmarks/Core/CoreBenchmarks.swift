import Glibc

/// Figures of the core modules. `core-benchmarks FOLDER [--ledger]`, the latter for state tree and files alone; with
/// `--document`, the benchmark's document alone.
@main
struct CoreBenchmarks {
    static func main() throws {
        if CommandLine.arguments.contains("--document") {
            print(String(decoding: DocumentBenchmarks.document(), as: UTF8.self))
            return
        }
        guard CommandLine.arguments.count >= 2 else { fatalError("usage: core-benchmarks FOLDER [--ledger]") }
        if !CommandLine.arguments.contains("--ledger") {
            try DocumentBenchmarks.run()
            try CryptographyBenchmarks.run()
            try LightClientBenchmarks.run()
        }
        try LedgerBenchmarks.run(folder: CommandLine.arguments[1])
    }
}
