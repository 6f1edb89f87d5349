import Foundation
import LedgerStore
import SimulatedDisk
import Testing

/// The real log on a simulated disk: whatever the power does, what was acknowledged is there.
@Suite struct BlockLogCrashTests {
    private static let seeds: UInt64 =
        ProcessInfo.processInfo.environment["VIVIAN_DISK_SEEDS"].flatMap { UInt64($0) } ?? 200

    /// Runs a history through many ends; calls that a fault hit poison the log, and it is opened again.
    private func run(_ history: inout SimulatedHistory, steps: Int, _ seed: String) throws {
        for _ in 0..<steps {
            do {
                if history.log == nil {
                    try history.open()
                    try history.check(seed)
                    // Opening again finds the same, and nothing torn.
                    history.end(.killed)
                    try history.open()
                    #expect(history.log?.report.tornBytes == 0, "\(seed)")
                    try history.check(seed)
                }
                try history.step()
                if history.chance(1, in: 10) { history.end(history.chance(1, in: 3) ? .killed : .powerLost) }
            } catch {
                guard isRefusal(error) else {
                    Issue.record("\(seed): \(error)")
                    return
                }
                if let log = history.log { isPoisonedOnceItFails(log, seed) }
                history.end(history.chance(1, in: 2) ? .killed : .powerLost)
            }
        }
    }

    /// Whether the disk refused a call, as opposed to what it holds.
    private func isRefusal(_ error: any Error) -> Bool {
        switch error as? StoreFailure {
        case .system?, .diskFull?: true
        default: false
        }
    }

    /// A log goes on after what was refused, or refuses everything from its first failed sync on.
    private func isPoisonedOnceItFails(_ log: BlockLog, _ seed: String) {
        do { try log.sync() } catch {
            #expect(throws: StoreFailure.poisoned, "\(seed)") { try log.sync() }
            #expect(throws: StoreFailure.poisoned, "\(seed)") { try log.append([.vote(height: 1, bytes: [])]) }
            #expect(throws: StoreFailure.poisoned, "\(seed)") { try log.block(1) }
        }
    }

    /// What is left opens without faults, and holds what was acknowledged.
    private func finish(_ history: inout SimulatedHistory, _ seed: String) throws {
        history.disk.disarm()
        for fault in DiskFault.allCases { history.disk.setOdds(fault, 0) }
        for end: SimulatedHistory.End in [.powerLost, .killed, .powerLost] {
            history.end(end)
            try history.open()
            try history.check(seed)
        }
    }

    private func expectCounted(_ faults: [DiskFault], in counts: [DiskFault: Int]) {
        for fault in faults { #expect(counts[fault, default: 0] > 0, "\(fault) never happened") }
    }

    @Test func `after any crash at any call, what was acknowledged is there and nothing is half there`() throws {
        var counts: [DiskFault: Int] = [:]
        var stripped = 0
        for seed in 0..<Self.seeds {
            var history = SimulatedHistory(seed: seed)
            history.disk.setOdds(.powerLoss, 100)
            history.disk.setOdds(.shortWrite, 300)
            try run(&history, steps: 60, "seed \(seed)")
            try finish(&history, "seed \(seed)")
            counts.merge(history.disk.counts, uniquingKeysWith: +)
            stripped += history.stripped
        }
        #expect(stripped > Int(Self.seeds) / 4)
        expectCounted(
            [
                .powerLoss, .shortWrite, .unsyncedLost, .unsyncedKept, .tornWrite, .sectorsReordered, .zerosAtEnd,
                .entryLost, .unlinkUndone,
            ], in: counts)
    }

    @Test func `after any refused call too, and a failed sync poisons`() throws {
        var counts: [DiskFault: Int] = [:]
        for seed in 0..<Self.seeds {
            var history = SimulatedHistory(seed: seed)
            for fault: DiskFault in [.readError, .writeError, .syncError, .powerLoss] {
                history.disk.setOdds(fault, 60)
            }
            try run(&history, steps: 60, "seed \(seed)")
            try finish(&history, "seed \(seed)")
            counts.merge(history.disk.counts, uniquingKeysWith: +)
        }
        expectCounted([.readError, .writeError, .syncError, .powerLoss], in: counts)
    }

    @Test func `a full disk leaves a log that opens again and holds what was acknowledged`() throws {
        var full: UInt64 = 0
        for seed in 0..<Self.seeds {
            var history = SimulatedHistory(seed: seed, byteBudget: 400 + Int(seed % 97) * 61)
            try run(&history, steps: 40, "seed \(seed)")
            full += UInt64(history.disk.counts[.full, default: 0])
            // Space is freed, and it goes on.
            history.disk.setByteBudget(.max)
            try run(&history, steps: 10, "seed \(seed)")
            try finish(&history, "seed \(seed)")
        }
        #expect(full > Self.seeds / 5)
    }

    // MARK: What no log can mask

    private enum Harm: CaseIterable { case rot, stale, lost, misdirected }

    /// Runs a history on a good disk, but for one fault.
    private func harmed(_ harm: Harm, seed: UInt64) throws -> SimulatedHistory {
        var history = SimulatedHistory(seed: seed)
        try history.open()
        let count = 20 + Int(seed % 20)
        for step in 0..<count {
            if step == count - 1 - Int(seed / 7 % 8) {
                if harm == .lost { history.disk.arm(.lostWrite) }
                if harm == .misdirected { history.disk.arm(.misdirectedWrite) }
            }
            try history.step()
        }
        try history.sync()
        return history
    }

    private func harmAtRest(_ history: SimulatedHistory, _ harm: Harm, seed: UInt64) {
        let paths = history.disk.paths
        let path = paths[Int(seed % UInt64(paths.count))]
        switch harm {
        case .rot: history.disk.rot(path)
        case .stale: history.disk.makeStale(path)
        case .lost, .misdirected: break
        }
    }

    /// Opens what was harmed: refused with a height, or opened with no less than `least` of the accounts.
    /// - Returns: whether anything was refused.
    private func opens(_ history: inout SimulatedHistory, from least: Int, _ seed: String) throws -> Bool {
        do {
            try history.open()
            try history.check(from: least, seed)
            return history.refusals > 0
        } catch StoreFailure.damaged(let file, _, let height) {
            #expect(file.hasPrefix(SimulatedHistory.folder) && height <= (history.account.height ?? 0) + 2, "\(seed)")
            return true
        } catch StoreFailure.cutOff(let file, _, _, let height) {
            #expect(file.hasPrefix(SimulatedHistory.folder) && height <= (history.account.height ?? 0) + 2, "\(seed)")
            return true
        }
    }

    @Test(arguments: Harm.allCases)
    private func `rot, stale sectors, lost and misdirected writes are refused or harm nothing`(harm: Harm) throws {
        var refused = 0
        for seed in 0..<Self.seeds {
            var history = try harmed(harm, seed: seed)
            history.disk.writeBack()
            harmAtRest(history, harm, seed: seed)
            history.end(.killed)
            history.disk.evict()
            // A sector that lands on the mark silences it, and the last batch is missing where that sector belongs.
            let isMarked =
                BlockMark(
                    decoding: history.disk.durableBytes(SimulatedHistory.folder + "/blocks.mark") ?? []) != nil
            if try opens(&history, from: isMarked ? history.acknowledged : 0, "\(harm), seed \(seed)") { refused += 1 }
        }
        #expect(refused > Self.seeds / 20, "\(harm) was refused \(refused) times")
    }

    @Test(arguments: Harm.allCases)
    private func `with the power lost as well, nothing but the last batch can be taken for a torn tail`(
        harm: Harm
    ) throws {
        for seed in 0..<Self.seeds {
            var history = try harmed(harm, seed: seed)
            history.end(.powerLost)
            harmAtRest(history, harm, seed: seed)
            history.disk.evict()
            let what = "\(harm), seed \(seed)"
            guard harm != .misdirected else {
                // Two places are hit, and the second may hold the word of the batch before: lost, but not in silence.
                try? history.open()
                if let log = history.log {
                    let isKnown = history.accounts.contains(SimulatedHistory.Account(log))
                    #expect(isKnown || log.report.tornBytes > 0, "\(what)")
                }
                continue
            }
            _ = try opens(&history, from: 0, what)
        }
    }

    // MARK: The disk itself

    @Test func `the same seed gives the same disk`() throws {
        for seed: UInt64 in 0..<20 {
            let runs = try (0..<2).map { _ in
                var history = SimulatedHistory(seed: seed)
                for fault: DiskFault in [.syncError, .writeError, .powerLoss] { history.disk.setOdds(fault, 100) }
                try run(&history, steps: 50, "seed \(seed)")
                let disk = history.disk
                return (disk.counts, disk.paths.map { disk.durableBytes($0) })
            }
            #expect(runs[0] == runs[1])
        }
    }
}
