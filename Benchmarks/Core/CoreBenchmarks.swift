import Glibc

/// Figures of the core modules. `core-benchmarks [FOLDER]`; with `--document`, the benchmark's document alone.
@main
struct CoreBenchmarks {
    static func main() throws {
        if CommandLine.arguments.contains("--document") {
            print(String(decoding: DocumentBenchmarks.document(), as: UTF8.self))
            return
        }
        guard CommandLine.arguments.count == 2 else { fatalError("usage: core-benchmarks FOLDER") }
        try DocumentBenchmarks.run()
        try CryptographyBenchmarks.run()
        try LedgerBenchmarks.run(folder: CommandLine.arguments[1])
    }
}
