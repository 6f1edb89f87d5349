import Glibc

@testable import NetworkSimulation

/// Runs seeds of the simulated network: `simulate SEEDS FIRST [stop]`, `stop` to end at the first that fails.
///
/// Exits 1 where one failed. Says now and then where to go on.
@main
struct Simulate {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.compactMap { UInt64($0) }
        var series = SeedSeries(first: numbers.dropFirst().first ?? 0, count: numbers.first ?? 1_000)
        series.stopsAtFailure = arguments.contains("stop")
        series.progressInterval = 100
        let summary = series.run()
        print(summary)
        exit(summary.failures.isEmpty ? 0 : 1)
    }
}
