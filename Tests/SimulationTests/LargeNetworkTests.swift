import Foundation
import Testing

@testable import NetworkSimulation

/// Takes minutes: `make soak` asks for it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["VIVIAN_SIMULATION_LARGE"] != nil))
struct LargeNetworkTests {
    @Test func `A hundred validators hand over to a hundred others, under load`() {
        var cast = Cast(count: 200)
        cast.plan = SetPlan(genesis: Cast.set((0..<100).map { ($0, 10) }))
        cast.plan.add(Cast.set((100..<200).map { ($0, 10) }), at: 2)
        var weather = Weather.calm
        weather.transactionInterval = 50 * millisecond...100 * millisecond
        let simulation = Simulation(seed: 1, weather: weather, cast: cast, random: SimulatedRandom(seed: 1))
        #expect(simulation.run(heightsAfter: 6) == [])
        #expect(simulation.witness.heightMax >= 6)
    }
}
