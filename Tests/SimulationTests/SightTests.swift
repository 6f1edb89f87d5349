import Testing

@testable import NetworkSimulation

/// The simulation can see what it looks for.
struct SightTests {
    private func simulation(_ seed: UInt64, _ cast: Cast) -> Simulation {
        var random = SimulatedRandom(seed: seed)
        var weather = Weather(&random)
        weather.missingLinks = 0
        return Simulation(seed: seed, weather: weather, cast: cast, random: random)
    }

    @Test func `An equivocator is found out`() {
        var found = 0
        for seed in 0..<5 as Range<UInt64> {
            let simulation = simulation(seed, Cast(count: 4, roles: [1: .equivocator]))
            #expect(simulation.run() == [])
            // Nobody else is ever accused; where both votes reach no single node, nobody is.
            #expect(simulation.witness.equivocators.isSubset(of: [Identity.all[1].address]))
            found += simulation.witness.equivocators.count
        }
        #expect(found >= 3)
    }

    @Test func `With too many faulty validators agreement breaks, and the simulation says so`() {
        let broken = (0..<20 as Range<UInt64>).contains { seed in
            let simulation = simulation(seed, Cast(count: 4, roles: [0: .conspirator, 1: .conspirator]))
            simulation.patience = second
            return simulation.run().contains { $0.hasPrefix("two blocks") || $0.contains("halts") }
        }
        #expect(broken)
    }

    @Test func `A host that does not sync is caught`() {
        let simulation = simulation(1, Cast(count: 4, roles: [0: .carelessHost]))
        #expect(simulation.run().contains { $0.contains("before it was on disk") })
    }

    @Test func `The seeds bring crashes, late rounds, and backups that are recognised`() {
        var summary = SeedSeries.Summary()
        for seed in 1_000..<1_080 as Range<UInt64> {
            let simulation = Simulation(seed: seed)
            summary.add(simulation, JoiningSimulation(seed: seed), simulation.run())
        }
        #expect(summary.faults["crashes", default: 0] >= 20)
        #expect(summary.faults["partitions", default: 0] >= 20)
        #expect(summary.roundMax >= 3)
    }
}
