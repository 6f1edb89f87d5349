import Consensus
import Cryptography
import Foundation
import LedgerModel
import Testing

/// A whole network in one process.
///
/// A failure names its seed.
struct SimulationTests {
    /// Seeds of one case: the cases run beside each other.
    ///
    /// `VIVIAN_CONSENSUS_SEEDS` asks for more, as for a soak.
    static let seedsPerCase =
        ProcessInfo.processInfo.environment["VIVIAN_CONSENSUS_SEEDS"].flatMap { UInt64($0) } ?? 8

    enum Crew: CaseIterable, CustomTestStringConvertible {
        case fourCorrect, fourWithEquivocator, fourWithWithholder, fourWithAmnesiac, sevenCorrect
        case fourWithConspirator, sevenWithTwoConspirators
        case sevenWithEquivocatorAndAmnesiac, sevenWithTwoEquivocators, sevenWithWithholderAndEquivocator

        var count: Int {
            switch self {
            case .fourCorrect, .fourWithEquivocator, .fourWithWithholder, .fourWithAmnesiac, .fourWithConspirator: 4
            default: 7
            }
        }

        var faults: [Int: SimulatedValidator.Type] {
            switch self {
            case .fourCorrect, .sevenCorrect: [:]
            case .fourWithEquivocator: [1: Equivocator.self]
            case .fourWithWithholder: [2: Withholder.self]
            case .fourWithAmnesiac: [0: AmnesiacValidator.self]
            case .fourWithConspirator: [3: Conspirator.self]
            case .sevenWithTwoConspirators: [1: Conspirator.self, 4: Conspirator.self]
            case .sevenWithEquivocatorAndAmnesiac: [1: Equivocator.self, 4: AmnesiacValidator.self]
            case .sevenWithTwoEquivocators: [0: Equivocator.self, 5: Equivocator.self]
            case .sevenWithWithholderAndEquivocator: [2: Withholder.self, 3: Equivocator.self]
            }
        }

        var testDescription: String { "\(self)" }
    }

    @Test(arguments: Crew.allCases, [0, 1, 2] as [UInt64])
    func `All agree, nobody signs twice, every commit verifies, and after healing it goes on`(crew: Crew, part: UInt64)
    {
        for seed in part * Self.seedsPerCase..<(part + 1) * Self.seedsPerCase {
            let simulation = Simulation(seed: seed, count: crew.count, faults: crew.faults)
            let violations = simulation.run()
            #expect(violations == [], "seed \(seed)")
        }
    }

    @Test func `One seed is one run`() {
        func trace(_ seed: UInt64) -> String {
            let simulation = Simulation(
                seed: seed, count: 4, faults: [1: Equivocator.self])
            _ = simulation.run()
            return simulation.traceHash.hex
        }
        #expect(trace(7) == trace(7))
        #expect(trace(7) != trace(8))
    }

    @Test func `An equivocator is found out`() {
        let found = (0..<5 as Range<UInt64>).filter { seed in
            let simulation = Simulation(seed: seed, count: 4, faults: [1: Equivocator.self])
            _ = simulation.run()
            return simulation.equivocators == [1]
        }
        #expect(found.count == 5)
    }

    /// The simulation can see what it looks for: two of four that conspire break agreement.
    @Test func `With too many faulty validators agreement breaks, and the simulation says so`() {
        let broken = (0..<10 as Range<UInt64>).contains { seed in
            let simulation = Simulation(seed: seed, count: 4, faults: [0: Conspirator.self, 1: Conspirator.self])
            return simulation.run(patienceMilliseconds: 200).contains { $0.hasPrefix("two blocks") }
        }
        #expect(broken)
    }

    /// Nor would it miss a host that sends before the log is on disk.
    @Test func `A host that does not sync is caught`() {
        let simulation = Simulation(
            seed: 1, count: 4, faults: [:], correct: CarelessValidator.self)
        #expect(simulation.run().contains { $0.contains("before it was on disk") })
    }

    /// The weather is worth its name: over the seeds there are crashes and late rounds.
    @Test func `The seeds bring crashes and late rounds`() {
        var (crashes, roundMax) = (0, Int32(0))
        for seed in 0..<20 as Range<UInt64> {
            let simulation = Simulation(seed: seed, count: 4, faults: [:])
            _ = simulation.run()
            crashes += simulation.crashCount
            roundMax = max(roundMax, simulation.roundMax)
        }
        #expect(crashes >= 10)
        #expect(roundMax >= 3)
    }
}
