import Foundation
import Synchronization

/// Many seeds, on as many threads as the machine has cores: each run is one thread's.
///
/// A seed makes a network (``Simulation``), and a node that joins one from snapshots (``JoiningSimulation``).
struct SeedSeries: Sendable {
    /// What came of the seeds.
    struct Summary: Sendable {
        var seeds = 0
        /// Of this process, for all of them.
        var cpuNanoseconds: UInt64 = 0
        /// The seeds that failed, each with the line that runs it again.
        var failures: [UInt64: String] = [:]
        var virtualNanoseconds: UInt64 = 0
        var heights: Int64 = 0
        var roundMax: Int32 = 0
        /// What went wrong in the networks, by kind.
        var faults: [String: Int] = [:]

        mutating func add(_ simulation: Simulation, _ joining: JoiningSimulation, _ violations: [String]) {
            seeds += 1
            for server in joining.servers where server.role != .honest {
                faults["snapshot server \(server.role)", default: 0] += 1
            }
            virtualNanoseconds += simulation.now
            heights += simulation.witness.heightMax
            roundMax = max(roundMax, simulation.witness.roundMax)
            faults.merge(simulation.witness.counts, uniquingKeysWith: +)
            for role in simulation.cast.roles where role.isFaulty { faults["participant \(role)", default: 0] += 1 }
            if !violations.isEmpty {
                failures[simulation.seed] =
                    "make simulate SEEDS=1 FIRST=\(simulation.seed): \(violations.joined(separator: "; "))"
            }
        }
    }

    var first: UInt64
    var count: UInt64
    /// Whether the first failing seed ends the series.
    var stopsAtFailure = false
    /// Says how far it is every so many seeds; 0 never.
    var progressInterval = 0

    func run() -> Summary {
        let state = Mutex((next: first, summary: Summary()))
        let start = cpuTime()
        let threads = ProcessInfo.processInfo.activeProcessorCount
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while let seed = state.withLock({ take(from: &$0.next, $0.summary) }) {
                let simulation = Simulation(seed: seed)
                var joining = JoiningSimulation(seed: seed)
                let violations = simulation.run() + joining.run().map { "joining: \($0)" }
                state.withLock { state in
                    state.summary.add(simulation, joining, violations)
                    if progressInterval > 0, state.summary.seeds % progressInterval == 0 {
                        tell("\(state.summary.seeds) of \(count) seeds, next FIRST=\(state.next)")
                    }
                    if let line = state.summary.failures[seed] { tell("seed \(seed) fails. \(line)") }
                }
            }
        }
        var summary = state.withLock { $0.summary }
        summary.cpuNanoseconds = cpuTime() - start
        return summary
    }

    private func cpuTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func take(from next: inout UInt64, _ summary: Summary) -> UInt64? {
        guard next < first + count, !(stopsAtFailure && !summary.failures.isEmpty) else { return nil }
        defer { next += 1 }
        return next
    }

    private func tell(_ text: String) {
        print(text)
        fflush(nil)
    }
}

extension SeedSeries.Summary: CustomStringConvertible {
    var description: String {
        let hours = Double(virtualNanoseconds) / 3.6e12
        let kinds = faults.keys.sorted().map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", ")
        let milliseconds = Double(cpuNanoseconds) / 1e6 / Double(max(seeds, 1))
        return "\(seeds) seeds, \(failures.count) failed, \(String(format: "%.1f", milliseconds)) ms of CPU a seed, "
            + "\(String(format: "%.1f", hours)) virtual hours, "
            + "\(heights) heights, highest round \(roundMax); \(kinds)"
    }
}
