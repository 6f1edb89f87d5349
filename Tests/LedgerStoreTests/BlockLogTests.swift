import Foundation
import Synchronization
import Testing

@testable import LedgerStore

@Suite struct BlockLogTests {
    private static let segment = "blocks-0000000000000001.log"

    private func record(_ height: UInt64) -> BlockLog.Record {
        .decidedBlock(height: height, block: Array("block \(height)".utf8), commit: Array("commit \(height)".utf8))
    }

    /// A vote and a block for each height, each height synced.
    private func fill(_ folder: TemporaryFolder, _ heights: ClosedRange<UInt64>, segmentBytes: Int = 1 << 20) throws {
        let log = try BlockLog(folder: folder.path, segmentBytes: segmentBytes)
        for height in heights {
            try log.append([.vote(height: height, bytes: Array("vote \(height)".utf8)), record(height)])
            try log.sync()
        }
    }

    @Test func `what was synced is read back after opening again`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...20, segmentBytes: 200)
        let log = try BlockLog(folder: folder.path, segmentBytes: 200)
        #expect(log.report.tornBytes == 0)
        #expect(log.report.segmentCount > 3)
        #expect(log.firstHeight == 1)
        #expect(log.lastHeight == 20)
        #expect(log.lastVote == Array("vote 20".utf8))
        for height: UInt64 in 1...20 { #expect(try log.block(height).commit == Array("commit \(height)".utf8)) }
        #expect(throws: StoreFailure.notFound(height: 21)) { try log.block(21) }
    }

    @Test func `a tail cut at any byte of the last record loses that record alone`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...3)
        let before = try folder.bytes(Self.segment)
        try fill(folder, 4...4)
        let whole = try folder.bytes(Self.segment)
        for size in before.count..<whole.count {
            try folder.write(Array(whole[..<size]), Self.segment)
            let log = try BlockLog(folder: folder.path)
            #expect(log.lastHeight == 3)
            let votes = size >= before.count + 38 ? "vote 4" : "vote 3"
            #expect(log.lastVote == Array(votes.utf8))
            // The log goes on where it was cut.
            try log.append([record(4)])
            try log.sync()
            #expect(try BlockLog(folder: folder.path).block(4).block == Array("block 4".utf8))
        }
    }

    @Test func `a flipped bit before the last sync is refused, after it truncated, and never believed`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...3)
        let durable = try folder.bytes(Self.segment).count
        try fill(folder, 4...4)
        let whole = try folder.bytes(Self.segment)
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try folder.write(bytes, Self.segment)
            do {
                let log = try BlockLog(folder: folder.path)
                #expect(position >= durable, "byte \(position)")
                #expect(log.lastHeight == 3)
                #expect(log.report.tornBytes > 0)
            } catch let failure {
                #expect(position < durable, "byte \(position)")
                guard case .damaged(let file, _, let height) = failure else {
                    Issue.record("byte \(position): \(failure)")
                    continue
                }
                #expect(file.hasSuffix(Self.segment))
                #expect((1...4).contains(height))
                #expect(try folder.bytes(Self.segment) == bytes, "a damaged log is left as it is")
            }
        }
    }

    @Test func `a flipped bit in an earlier segment is refused at opening or at reading`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...8, segmentBytes: 200)
        let whole = try folder.bytes(Self.segment)
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 0x10
            try folder.write(bytes, Self.segment)
            guard let log = try? BlockLog(folder: folder.path, segmentBytes: 200) else { continue }
            for height: UInt64 in 1...8 {
                guard let block = try? log.block(height) else { continue }
                #expect(block.block == Array("block \(height)".utf8))
            }
        }
    }

    @Test func `a missing segment in the middle is refused with the height named`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...12, segmentBytes: 200)
        let names = try folder.names
        try folder.remove(names[1])
        #expect {
            try BlockLog(folder: folder.path, segmentBytes: 200)
        } throws: {
            guard case .damaged(_, _, let height) = $0 as? StoreFailure else { return false }
            return height == UInt64(names[1].dropFirst(7).dropLast(4), radix: 16)
        }
    }

    @Test func `a segment begun just before a crash does not hide the last vote`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...2)
        try folder.write([], "blocks-0000000000000003.log")
        #expect(try BlockLog(folder: folder.path).lastVote == Array("vote 2".utf8))
    }

    @Test(arguments: ["blocks-0000000000000000.log", "blocks-x.log"])
    func `a foreign segment name is refused`(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write([], name)
        #expect(throws: StoreFailure.self) { try BlockLog(folder: folder.path) }
    }

    @Test(arguments: [(EIO, 0), (0, EIO), (ENOSPC, 0), (0, ENOSPC)] as [(Int32, Int32)])
    func `a failed write or sync poisons the log`(write: Int32, sync: Int32) throws {
        let folder = try TemporaryFolder()
        let disk = FailingDisk()
        let log = try BlockLog(folder: folder.path, disk: disk)
        try log.append([record(1)])
        try log.sync()
        try log.append([record(2)])
        disk.failure.withLock { $0 = (write, sync) }
        #expect {
            try log.sync()
        } throws: {
            guard max(write, sync) == ENOSPC else {
                guard case .system(_, _, EIO) = $0 as? StoreFailure else { return false }
                return true
            }
            guard case .diskFull = $0 as? StoreFailure else { return false }
            return true
        }
        disk.failure.withLock { $0 = (0, 0) }
        let writes = disk.writes.withLock { $0 }
        #expect(throws: StoreFailure.poisoned) { try log.sync() }
        #expect(throws: StoreFailure.poisoned) { try log.append([record(3)]) }
        #expect(throws: StoreFailure.poisoned) { try log.block(1) }
        let writesAfter = disk.writes.withLock { $0 }
        #expect(writesAfter == writes, "nothing is written after a failure")
        #expect(try BlockLog(folder: folder.path).block(1).block == Array("block 1".utf8))
    }

    @Test func `pruning drops whole segments and keeps the named headers`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...20, segmentBytes: 200)
        let headers = try HeaderLog(folder: folder.path)
        for height: UInt64 in [5, 1] { try headers.keep(height, [UInt8(height)]) }
        let log = try BlockLog(folder: folder.path, segmentBytes: 200)
        try log.prune(below: 15)
        let first = try #require(log.firstHeight)
        #expect(first > 1 && first <= 15)
        #expect(throws: StoreFailure.notFound(height: 1)) { try log.block(1) }
        for height in first...20 { #expect(try log.block(height).block == Array("block \(height)".utf8)) }
        let again = try HeaderLog(folder: folder.path)
        #expect(again.heights == [1, 5])
        #expect(try again.header(5) == [5])
        #expect(try again.header(2) == nil)
        #expect(try BlockLog(folder: folder.path, segmentBytes: 200).firstHeight == first)
    }

    @Test func `a second writer is refused`() throws {
        let folder = try TemporaryFolder()
        let lock = try FolderLock(folder: folder.path)
        #expect(throws: StoreFailure.locked(folder.path)) { try FolderLock(folder: folder.path) }
        withExtendedLifetime(lock) {}
    }

    @Test func `the checksum is CRC-32C`() {
        // RFC 3720 §B.4.
        #expect(CRC32C.checksum([Array("123456789".utf8)]) == 0xe306_9283)
        #expect(CRC32C.checksum([[UInt8](repeating: 0, count: 32)]) == 0x8a91_36aa)
    }
}
