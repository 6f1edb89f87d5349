import Foundation
import Testing

@testable import NetworkSimulation

/// Validators around the world: how long a decision takes, in delays that physics asks for.
struct RegionTests {
    /// A place by degrees north and east.
    private struct Place {
        var name: String
        var latitude: Double
        var longitude: Double

        /// One way in nanoseconds: the great circle at 2/3 of the speed of light (200 km/ms), 1.4 times as long as the crow flies.
        func delay(to other: Place) -> UInt64 {
            func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
            let (one, two) = (radians(latitude), radians(other.latitude))
            let cosine = sin(one) * sin(two) + cos(one) * cos(two) * cos(radians(other.longitude - longitude))
            return UInt64(acos(min(cosine, 1)) * 6_371 / 200 * 1.4 * 1_000_000)
        }
    }

    private static let places = [
        Place(name: "Ashburn", latitude: 39.0, longitude: -77.5),
        Place(name: "Cape Town", latitude: -33.9, longitude: 18.4),
        Place(name: "Dublin", latitude: 53.3, longitude: -6.3),
        Place(name: "Frankfurt", latitude: 50.1, longitude: 8.7),
        Place(name: "Mumbai", latitude: 19.1, longitude: 72.9),
        Place(name: "Portland", latitude: 45.5, longitude: -122.7),
        Place(name: "Sao Paulo", latitude: -23.5, longitude: -46.6),
        Place(name: "Singapore", latitude: 1.4, longitude: 103.8),
        Place(name: "Sydney", latitude: -33.9, longitude: 151.2),
        Place(name: "Tokyo", latitude: 35.7, longitude: 139.7),
    ]

    /// How long what one says takes until more than 2/3 of all have it, on average over who says it.
    private static func quorumDelay(_ delays: [[UInt64]]) -> Double {
        let needed = delays.count * 2 / 3 + 1
        return Double(delays.map { $0.sorted()[needed - 1] }.reduce(0, +)) / Double(delays.count)
    }

    @Test func `Ten regions decide within 3.3 one-way quorum delays on average`() {
        let delays = Self.places.map { one in Self.places.map { one.delay(to: $0) } }
        var weather = Weather.calm
        weather.transactionInterval = 500 * millisecond...second
        let simulation = Simulation(
            seed: 1, weather: weather, cast: Cast(count: Self.places.count), random: SimulatedRandom(seed: 1))
        simulation.distances = delays
        simulation.reach = 1_000
        #expect(simulation.run(heightsAfter: 100) == [])
        let finality = simulation.witness.finality
        let mean = Double(finality.reduce(0, +)) / Double(max(finality.count, 1))
        let unit = Self.quorumDelay(delays)
        print(
            "ten regions: \(finality.count) decisions, \(Int(mean / 1e6)) ms on average, "
                + "\((mean / unit * 100).rounded() / 100) quorum delays of \(Int(unit / 1e6)) ms")
        #expect(finality.count >= 1_000 && mean <= 3.3 * unit)
    }
}
