import Cryptography
import Foundation
import Testing

@testable import NetworkSimulation

/// A whole network in one process.
///
/// A failure says the line that runs its seed again.
struct SimulationTests {
    /// Seeds that `make test` runs.
    ///
    /// `VIVIAN_SIMULATION_SEEDS` asks for more, `VIVIAN_SIMULATION_FIRST` for later ones.
    static let seedCountDefault: UInt64 = 300

    private static func environment(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["VIVIAN_SIMULATION_\(name)"].flatMap { UInt64($0) }
    }

    @Test func `All agree, nobody signs twice, every commit verifies, and after healing it goes on`() async {
        var series = SeedSeries(
            first: Self.environment("FIRST") ?? 0, count: Self.environment("SEEDS") ?? Self.seedCountDefault)
        series.stopsAtFailure = Self.environment("STOP") != nil
        series.progressInterval = series.count > Self.seedCountDefault ? 1_000 : 0
        // On threads of its own: other tests that wait for something share the runner's few.
        let summary = await withCheckedContinuation { [series] continuation in
            Thread { continuation.resume(returning: series.run()) }.start()
        }
        print(summary)
        #expect(summary.failures.values.sorted() == [])
    }

    @Test func `One seed is one run`() {
        func trace(_ seed: UInt64) -> String {
            let simulation = Simulation(seed: seed)
            _ = simulation.run()
            return simulation.witness.traceHash.hex
        }
        for seed in [7, 8, 99] as [UInt64] { #expect(trace(seed) == trace(seed)) }
        #expect(trace(7) != trace(8))
    }
}
