import Cryptography
import SimulatedDisk
import StateTree
import TestSupport
import Testing

@testable import LedgerStore

/// Ways in which what was acknowledged could be lost, each found by simulated crashes once and kept as a case.
@Suite struct DurabilityTests {
    private static let folder = "/ledger"

    private func record(_ height: UInt64) -> BlockLog.Record {
        .decidedBlock(height: height, block: Array("block \(height)".utf8), commit: [1])
    }

    private func vote(_ height: UInt64) -> BlockLog.Record {
        .vote(height: height, bytes: Array("vote \(height)".utf8))
    }

    private func open(_ disk: SimulatedFileSystem, segmentBytes: Int = 200) throws -> BlockLog {
        try BlockLog(folder: Self.folder, segmentBytes: segmentBytes, on: disk)
    }

    private func fill(_ log: BlockLog, _ heights: ClosedRange<UInt64>) throws {
        for height in heights {
            try log.append([vote(height), record(height)])
            try log.sync()
        }
    }

    @Test func `a segment whose entry a killed process left unsynced is not lost with what is written later`() throws {
        for seed: UInt64 in 0..<40 {
            for call in 0..<8 {
                let disk = SimulatedFileSystem(seed: seed)
                disk.arm(.powerLoss, after: call)
                // Calls after the fault are refused, as if the process had been killed there.
                if let log = try? open(disk) { try? fill(log, 1...1) }
                disk.disarm()
                disk.restorePower()
                disk.kill()
                let log = try open(disk)
                try log.append([vote(2)])
                try log.sync()
                disk.crash()
                #expect(try open(disk).lastVote == Array("vote 2".utf8), "seed \(seed), call \(call)")
            }
        }
    }

    @Test func `what a failed sync left in the cache alone is on the disk once it was acted upon`() throws {
        for seed: UInt64 in 0..<40 {
            let disk = SimulatedFileSystem(seed: seed)
            let log = try open(disk)
            try fill(log, 1...2)
            try log.append([vote(3)])
            disk.arm(.syncError)
            #expect(throws: StoreFailure.self) { try log.sync() }
            #expect(throws: StoreFailure.poisoned) { try log.sync() }
            disk.kill()
            let found = try open(disk).lastVote
            disk.crash()
            #expect(try open(disk).lastVote == found, "seed \(seed)")
        }
    }

    @Test func `a crash while segments are pruned leaves no gap`() throws {
        for seed: UInt64 in 0..<200 {
            let disk = SimulatedFileSystem(seed: seed)
            let log = try open(disk)
            try fill(log, 1...20)
            disk.arm(.powerLoss, after: Int(seed % 12))
            try? log.prune(below: 18)
            disk.crash()
            let again = try open(disk)
            let first = try #require(again.firstHeight)
            for height in first...20 { #expect(try again.block(height).commit == [1], "seed \(seed)") }
        }
    }

    @Test func `pruning that fails loses no block from sight, and goes on when it is asked again`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        try fill(log, 1...20)
        disk.arm(.syncError)
        #expect(throws: StoreFailure.self) { try log.prune(below: 15) }
        let first = try #require(log.firstHeight)
        for height in first...20 { #expect(try log.block(height).commit == [1]) }
        try log.prune(below: 15)
        #expect(try #require(log.firstHeight) > first)
        disk.crash()
        #expect(try open(disk).firstHeight == log.firstHeight)
    }

    @Test func `pruning waits until the segment that stays is on the disk`() throws {
        for seed: UInt64 in 0..<40 {
            let disk = SimulatedFileSystem(seed: seed)
            let log = try open(disk)
            try fill(log, 1...3)
            // A segment that begins, and was not synced.
            try log.append([vote(4), record(4)])
            try log.prune(below: 4)
            disk.crash()
            let again = try open(disk)
            #expect(again.lastHeight == 4 && again.lastVote == Array("vote 4".utf8), "seed \(seed)")
        }
    }

    @Test func `the batch that pruning left alone is no torn tail where it does not hold`() throws {
        for seed: UInt64 in 0..<200 {
            let disk = SimulatedFileSystem(seed: seed)
            let log = try open(disk)
            try fill(log, 1...4)
            try log.prune(below: 4)
            #expect(log.firstHeight == 4)
            disk.crash()
            let path = try #require(disk.paths.first { $0.hasSuffix(".log") })
            disk.rot(path)
            disk.evict()
            #expect("seed \(seed)") {
                try open(disk)
            } throws: {
                guard case .damaged(path, _, 4...5) = $0 as? StoreFailure else { return false }
                return true
            }
        }
    }

    @Test func `no segment is pruned where the mark cannot be written or synced`() throws {
        for fault: DiskFault in [.writeError, .syncError] {
            let disk = SimulatedFileSystem(seed: 1)
            let log = try open(disk)
            try fill(log, 1...4)
            disk.arm(fault, after: fault == .writeError ? 1 : 0)
            #expect(throws: StoreFailure.self) { try log.prune(below: 4) }
            #expect(log.firstHeight == 1, "\(fault)")
            try log.prune(below: 4)
            #expect(log.firstHeight == 4, "\(fault)")
        }
    }

    @Test func `a segment that a crash left empty begins with the newest vote too`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        try fill(try open(disk), 1...3)
        _ = try RawFile(Self.folder + "/blocks-0000000000000004.log", on: disk)
        let log = try open(disk)
        try log.append([record(4)])
        try log.prune(below: 4)
        #expect(log.firstHeight == 4)
        disk.crash()
        #expect(try open(disk).lastVote == Array("vote 3".utf8))
    }

    @Test func `the last vote survives the pruning of its segment`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        try fill(log, 1...2)
        // Blocks that others decided, as in catching up.
        for height: UInt64 in 3...30 {
            try log.append([record(height)])
            try log.sync()
        }
        try log.prune(below: 25)
        #expect(try #require(log.firstHeight) > 3)
        disk.crash()
        #expect(try open(disk).lastVote == Array("vote 2".utf8))
    }

    /// Whether a log with blocks 1 to 8 and votes 1 to 3 is refused, at opening or where a block is read.
    private func isRefused(_ disk: SimulatedFileSystem, _ what: String) throws -> Bool {
        let log: BlockLog
        do { log = try open(disk, segmentBytes: 100) } catch StoreFailure.damaged(_, _, let height) {
            #expect(1...9 ~= height, "\(what): \(height)")
            return true
        }
        #expect(log.firstHeight == 1 && log.lastHeight == 8, "\(what)")
        #expect(log.lastVote == Array("vote 3".utf8), "\(what)")
        var isRefused = false
        for height: UInt64 in 1...8 {
            guard let block = try? log.block(height) else {
                isRefused = true
                continue
            }
            #expect(block.block == Array("block \(height)".utf8), "\(what)")
        }
        return isRefused
    }

    @Test func `no flipped bit of any segment hides a block, or the last vote`() throws {
        // Some blocks of others after the last vote, in segments of their own.
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk, segmentBytes: 100)
        try fill(log, 1...3)
        for height: UInt64 in 4...8 {
            try log.append([record(height)])
            try log.sync()
        }
        disk.writeBack()
        disk.kill()
        let paths = disk.paths.filter { $0.hasSuffix(".log") }
        #expect(paths.count >= 5)
        for path in paths {
            for bit in 0..<(try #require(disk.durableBytes(path)).count * 8) {
                disk.rot(path, bit: bit)
                disk.evict()
                let isRefused = try isRefused(disk, "\(path), bit \(bit)")
                // Between the first and the last two, votes that newer ones follow are never looked at.
                let isChecked = path == paths[0] || paths.suffix(2).contains(path)
                #expect(isRefused || !isChecked, "\(path), bit \(bit)")
                disk.writeBack()
                disk.kill()
                disk.rot(path, bit: bit)
                disk.evict()
            }
        }
        #expect(try !isRefused(disk, "whole"))
    }

    // MARK: Kept headers

    @Test func `kept headers survive any crash, beside a new file and after a kill`() throws {
        for seed: UInt64 in 0..<400 {
            var random = SeededGenerator(seed: seed)
            let disk = SimulatedFileSystem(seed: seed)
            disk.setOdds(.powerLoss, 200)
            disk.setOdds(.syncError, 100)
            disk.setOdds(.shortWrite, 500)
            var kept: [UInt64] = []
            for height: UInt64 in 1...20 {
                do {
                    let headers = try HeaderLog(folder: Self.folder, on: disk)
                    #expect(Set(headers.heights).isSuperset(of: kept), "seed \(seed): \(headers.heights) of \(kept)")
                    for height in headers.heights { #expect(try headers.header(height) == [UInt8(height)]) }
                    try headers.keep(height, [UInt8(height)])
                    kept.append(height)
                    try headers.keep(height + 100, [UInt8(height + 100)])
                    kept.append(height + 100)
                } catch {
                    guard case .system = error else {
                        Issue.record("seed \(seed): \(error)")
                        break
                    }
                }
                if random.next() % 2 == 0 { disk.crash() } else { disk.kill() }
            }
            for fault: DiskFault in [.powerLoss, .syncError] { disk.setOdds(fault, 0) }
            disk.crash()
            #expect(Set(try HeaderLog(folder: Self.folder, on: disk).heights).isSuperset(of: kept), "seed \(seed)")
        }
    }

    @Test func `no flipped bit of the kept headers loses one, the last one included`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let headers = try HeaderLog(folder: Self.folder, on: disk)
        for height: UInt64 in [1, 7] { try headers.keep(height, [UInt8(height), 2, 3]) }
        disk.crash()
        let path = Self.folder + "/headers.log"
        for bit in 0..<(try #require(disk.durableBytes(path)).count * 8) {
            disk.rot(path, bit: bit)
            disk.evict()
            #expect(throws: StoreFailure.self, "bit \(bit)") { try HeaderLog(folder: Self.folder, on: disk) }
            disk.kill()
            disk.rot(path, bit: bit)
            disk.evict()
        }
        #expect(try HeaderLog(folder: Self.folder, on: disk).heights == [1, 7])
    }

    @Test func `a failed write poisons the kept headers`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let headers = try HeaderLog(folder: Self.folder, on: disk)
        try headers.keep(1, [1])
        disk.arm(.writeError)
        #expect(throws: StoreFailure.self) { try headers.keep(2, [2]) }
        #expect(throws: StoreFailure.poisoned) { try headers.keep(3, [3]) }
        disk.kill()
        #expect(try HeaderLog(folder: Self.folder, on: disk).heights == [1])
    }

    @Test func `a file of other frames is not taken for kept headers`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        try HeaderLog(folder: Self.folder, on: disk).keep(1, [1])
        var payload: [UInt8] = []
        FrameFile.encode(
            .init(kind: 3, height: 1, durable: 0, offset: 0, payloadCount: 1), payload: [1], into: &payload)
        let file = try RawFile(Self.folder + "/headers.log", .replace, on: disk)
        try file.write(payload, at: 0)
        #expect(throws: StoreFailure.damaged(file: Self.folder + "/headers.log", offset: 0, height: 1)) {
            try HeaderLog(folder: Self.folder, on: disk)
        }
    }

    // MARK: The record log

    @Test func `the record log is whole up to its last sync, whatever came after`() throws {
        for seed: UInt64 in 0..<60 {
            var random = SeededGenerator(seed: seed)
            let disk = SimulatedFileSystem(seed: seed)
            disk.setOdds(.powerLoss, 30)
            disk.setOdds(.writeError, 30)
            disk.setOdds(.syncError, 30)
            disk.setOdds(.shortWrite, 200)
            var synced = 0
            for _ in 0..<12 {
                do {
                    let tiles = try TileStore(
                        folder: Self.folder, size: UInt64(synced), root: TileStoreTests.root(synced), on: disk)
                    for _ in 0..<3 {
                        let size = Int(tiles.size)
                        try tiles.append(TileStoreTests.entries(size..<size + 1 + Int(random.next() % 60)))
                        if random.next() % 2 == 0 {
                            try tiles.sync()
                            synced = Int(tiles.size)
                        }
                    }
                } catch {
                    guard case .system = error else {
                        Issue.record("seed \(seed): \(error)")
                        break
                    }
                }
                if random.next() % 2 == 0 { disk.crash() } else { disk.kill() }
            }
            for fault: DiskFault in [.powerLoss, .writeError, .syncError] { disk.setOdds(fault, 0) }
            disk.crash()
            try TileStore(folder: Self.folder, size: UInt64(synced), root: TileStoreTests.root(synced), on: disk)
                .verify()
        }
    }

    @Test func `rot anywhere in the record log is found by computing every hash`() throws {
        for seed: UInt64 in 0..<100 {
            let disk = SimulatedFileSystem(seed: seed)
            let tiles = try TileStore(folder: Self.folder, size: 0, root: .zero, on: disk)
            try tiles.append(TileStoreTests.entries(0..<600))
            try tiles.sync()
            let path = Self.folder + ["/entries", "/tile-0", "/tile-1"][Int(seed % 3)]
            disk.crash()
            disk.rot(path)
            disk.evict()
            #expect(throws: StoreFailure.self, "seed \(seed)") {
                try TileStore(folder: Self.folder, size: 600, root: TileStoreTests.root(600), on: disk).verify()
            }
        }
    }

    // MARK: The history of states

    @Test func `what the history synced leads back after any crash`() throws {
        let ledger = try HistoryLogTests.Ledger(count: 40, keyCount: 40)
        for seed: UInt64 in 0..<40 {
            var random = SeededGenerator(seed: seed)
            let disk = SimulatedFileSystem(seed: seed)
            disk.setOdds(.powerLoss, 50)
            disk.setOdds(.shortWrite, 200)
            var synced = 0
            while synced < 40 {
                do {
                    let log = try HistoryLog(
                        folder: "/history", height: UInt64(synced), appHash: ledger.forests[synced].appHash,
                        budgetBytes: 40_000, on: disk)
                    #expect(log.reach(from: UInt64(synced)) == 0, "seed \(seed), block \(synced): \(log.findings)")
                    for height in Set([0, synced / 2, synced]) where synced > 0 {
                        #expect(try ledger.holds(log, [1], at: height, from: synced), "seed \(seed)")
                    }
                    for _ in 0..<2 {
                        let next = min(40, synced + 1 + Int(random.next() % 4))
                        if next > synced { try ledger.fill(log, synced + 1...next) }
                        try log.sync()
                        synced = next
                    }
                    if synced < 37 { try ledger.fill(log, synced + 1...synced + 3) }
                } catch {
                    guard case .system = error as? StoreFailure else {
                        Issue.record("seed \(seed): \(error)")
                        break
                    }
                }
                if random.next() % 2 == 0 { disk.crash() } else { disk.kill() }
                if disk.counts[.powerLoss, default: 0] > 20 { disk.setOdds(.powerLoss, 0) }
                disk.restorePower()
            }
        }
    }
}
