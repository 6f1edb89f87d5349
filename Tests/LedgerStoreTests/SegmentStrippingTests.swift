import Glibc
import SimulatedDisk
import Testing

@testable import LedgerStore

/// Segments that are written anew with a part of each block taken off.
@Suite struct SegmentStrippingTests {
    private static let folder = "/ledger"

    private func record(_ height: UInt64) -> BlockLog.Record {
        .decidedBlock(
            height: height, block: Array("block \(height) secret".utf8), commit: Array("commit \(height)".utf8))
    }

    private func open(_ disk: SimulatedFileSystem) throws(StoreFailure) -> BlockLog {
        try BlockLog(folder: Self.folder, segmentBytes: 140, on: disk)
    }

    /// A vote, a proposal and a block for each height.
    private func fill(_ log: BlockLog, _ heights: ClosedRange<UInt64>) throws {
        for height in heights {
            try log.append([
                .vote(height: height, bytes: Array("vote \(height)".utf8)),
                .lockedProposal(height: height, bytes: Array("proposal \(height) secret".utf8)), record(height),
            ])
            try log.sync()
        }
    }

    private static func strip(_ block: [UInt8]) -> [UInt8] { Array(block.dropLast(7)) }

    private func stripAll(_ log: BlockLog, below height: UInt64) throws {
        while let segment = log.stripping(below: height) { try log.replace(try segment.write(strip: Self.strip)) }
    }

    private func secrets(_ disk: SimulatedFileSystem) -> [String] {
        disk.paths.filter { path in
            let bytes = disk.durableBytes(path) ?? []
            return bytes.indices.contains { bytes[$0...].starts(with: "secret".utf8) }
        }
    }

    private func expect(_ log: BlockLog, _ heights: ClosedRange<UInt64>, wholeFrom whole: UInt64) throws {
        #expect(log.firstHeight == heights.lowerBound && log.lastHeight == heights.upperBound)
        #expect(log.firstWholeHeight == whole)
        for height in heights {
            let found = try log.block(height, orStripped: true)
            #expect(found.block == Array("block \(height)\(height < whole ? "" : " secret")".utf8))
            #expect(found.commit == Array("commit \(height)".utf8))
            if height < whole {
                #expect(throws: StoreFailure.notFound(height: height)) { try log.block(height) }
            } else {
                #expect(try log.block(height).block == found.block)
            }
        }
    }

    @Test func `what was taken off is on the disk no more, and every block is still there`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        try fill(log, 1...9)
        #expect(secrets(disk).count > 3)
        try stripAll(log, below: 6)
        let whole = try #require(log.firstWholeHeight)
        #expect(whole > 3 && whole <= 6)
        try expect(log, 1...9, wholeFrom: whole)
        #expect(secrets(disk).allSatisfy { $0 >= Self.folder + "/blocks-000000000000000\(whole).log" })
        disk.crash()
        let again = try open(disk)
        try expect(again, 1...9, wholeFrom: whole)
        #expect(again.lastVote == Array("vote 9".utf8) && again.stripping(below: 6) == nil)
        // The log goes on, and old blocks go as ever.
        try fill(again, 10...12)
        try again.prune(below: 3)
        let first = try #require(again.firstHeight)
        try expect(again, first...12, wholeFrom: whole)
        try stripAll(again, below: .max)
        #expect(try #require(again.firstWholeHeight) <= 12 && again.stripping(below: .max) == nil)
        #expect(secrets(disk).count == 1)
    }

    @Test func `the last segment and what reaches the height are left as they are`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        #expect(log.stripping(below: .max) == nil && log.firstWholeHeight == nil)
        try fill(log, 1...1)
        #expect(log.stripping(below: .max) == nil && log.firstWholeHeight == 1)
        try fill(log, 2...3)
        #expect(log.stripping(below: 1) == nil)
        #expect(log.stripping(below: 2)?.frames.map(\.height) == [1])
    }

    @Test func `a power loss at any call leaves the old segment or the new one, and nothing beside it`() throws {
        var (old, new) = (0, 0)
        for calls in 0..<40 {
            for seed: UInt64 in 0..<8 {
                let disk = SimulatedFileSystem(seed: seed)
                let log = try open(disk)
                try fill(log, 1...4)
                let segment = try #require(log.stripping(below: 3))
                disk.arm(.powerLoss, after: calls)
                let isDone = (try? log.replace(try segment.write(strip: Self.strip))) != nil
                disk.disarm()
                disk.crash()
                let again = try open(disk)
                let whole = try #require(again.firstWholeHeight)
                #expect(whole > 1 || !isDone, "call \(calls), seed \(seed)")
                try expect(again, 1...4, wholeFrom: whole)
                #expect(disk.paths.allSatisfy { !$0.hasSuffix(".part") }, "call \(calls), seed \(seed)")
                if whole > 1 { new += 1 } else { old += 1 }
                try stripAll(again, below: 3)
                #expect(try #require(again.firstWholeHeight) > 1)
            }
        }
        #expect(old > 20 && new > 20)
    }

    @Test(arguments: [DiskFault.readError, .writeError, .syncError])
    func `whatever call is refused, the log reads on and strips later`(fault: DiskFault) throws {
        for calls in 0..<12 {
            let disk = SimulatedFileSystem(seed: 3)
            let log = try open(disk)
            try fill(log, 1...4)
            let segment = try #require(log.stripping(below: 3))
            disk.arm(fault, after: calls)
            _ = try? log.replace(try segment.write(strip: Self.strip))
            disk.disarm()
            try expect(log, 1...4, wholeFrom: try #require(log.firstWholeHeight))
            try stripAll(log, below: 3)
            try expect(log, 1...4, wholeFrom: try #require(log.firstWholeHeight))
            disk.crash()
            let again = try open(disk)
            try expect(again, 1...4, wholeFrom: try #require(again.firstWholeHeight))
            #expect(try #require(again.firstWholeHeight) > 1, "\(fault) after \(calls)")
        }
    }

    @Test func `a segment that was pruned meanwhile stays away`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        try fill(log, 1...6)
        let written = try #require(log.stripping(below: 5)).write(strip: Self.strip)
        try log.prune(below: 5)
        let first = try #require(log.firstHeight)
        try log.replace(written)
        try expect(log, first...6, wholeFrom: first)
        #expect(!disk.paths.contains { $0.contains(".part") || $0.hasSuffix("0001.log") })
    }

    @Test func `a block that does not hold is not written anew`() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let log = try open(disk)
        try fill(log, 1...4)
        let segment = try #require(log.stripping(below: 3))
        disk.writeBack()
        disk.rot(segment.file.path, bit: (segment.frames[0].offset + 40) * 8)
        disk.evict()
        #expect(throws: StoreFailure.self) { try segment.write(strip: Self.strip) }
        #expect(log.firstWholeHeight == 1 && !disk.paths.contains { $0.contains(".part") })
    }

    @Test func `blocks that lost a part behind one that did not are damage`() throws {
        for kinds: [UInt32] in [[3, 5], [5, 3, 5]] {
            let disk = SimulatedFileSystem(seed: 1)
            _ = try open(disk)
            let file = try RawFile(Self.folder + "/blocks-0000000000000001.log", on: disk)
            var bytes: [UInt8] = []
            for (index, kind) in kinds.enumerated() {
                let payload = record(1).payload
                FrameFile.encode(
                    .init(
                        kind: kind, height: UInt64(index + 1), durable: 0, offset: bytes.count,
                        payloadCount: payload.count), payload: payload, into: &bytes)
            }
            try file.write(bytes, at: 0)
            #expect(throws: StoreFailure.self, "\(kinds)") { try open(disk) }
        }
    }
}
