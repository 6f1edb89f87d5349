import Testing

@testable import NetworkSimulation

/// Nodes join from snapshots, whatever servers of them do.
struct JoiningTests {
    @Test func `While one honest server is there, a node begins from a true state, and bans nobody else`() {
        for seed: UInt64 in 0..<2_000 {
            var simulation = JoiningSimulation(seed: seed)
            let violations = simulation.run()
            let text = violations.joined(separator: "; ")
            #expect(violations.isEmpty, "make simulate SEEDS=1 FIRST=\(seed): joining: \(text)")
        }
    }

    @Test func `A run is the same twice`() {
        for seed: UInt64 in 0..<20 {
            var (one, other) = (JoiningSimulation(seed: seed), JoiningSimulation(seed: seed))
            #expect(one.run() == other.run())
            #expect((one.now, one.messages, one.banned) == (other.now, other.messages, other.banned))
        }
    }
}
