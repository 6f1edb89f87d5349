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
        let markBefore = try folder.bytes("blocks.mark")
        try fill(folder, 4...4)
        let whole = try folder.bytes(Self.segment)
        for size in before.count..<whole.count {
            try folder.write(Array(whole[..<size]), Self.segment)
            try folder.write(markBefore, "blocks.mark")
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

    /// Opens a log that is damaged or cut, and tells how it was refused: nil where it opened.
    private func refusal(_ folder: TemporaryFolder) -> StoreFailure? {
        do {
            _ = try BlockLog(folder: folder.path)
            return nil
        } catch { return error }
    }

    @Test func `every flipped bit of a synced log is refused, in the last batch too`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...4)
        let whole = try folder.bytes(Self.segment)
        let mark = try folder.bytes("blocks.mark")
        for position in whole.indices {
            for bit: UInt8 in 0..<8 {
                var bytes = whole
                bytes[position] ^= 1 << bit
                try folder.write(bytes, Self.segment)
                guard case .damaged(let file, let offset, let height)? = refusal(folder) else {
                    Issue.record("byte \(position), bit \(bit): \(String(describing: refusal(folder)))")
                    continue
                }
                #expect(file.hasSuffix(Self.segment))
                #expect(offset <= position && position - offset < 100, "the frame that holds byte \(position)")
                #expect((1...5).contains(height))
                #expect(try folder.bytes(Self.segment) == bytes, "a damaged log is left as it is")
            }
        }
        #expect(try folder.bytes("blocks.mark") == mark)
    }

    @Test func `a flipped bit above the mark is a torn tail, below it damage`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...3)
        let synced = try folder.bytes(Self.segment).count
        let mark = try folder.bytes("blocks.mark")
        try fill(folder, 4...4)
        let whole = try folder.bytes(Self.segment)
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try folder.write(bytes, Self.segment)
            try folder.write(mark, "blocks.mark")
            let failure = refusal(folder)
            #expect((failure != nil) == (position < synced), "byte \(position): \(String(describing: failure))")
            if failure == nil {
                let log = try BlockLog(folder: folder.path)
                #expect(log.lastHeight == 3)
                #expect(try folder.bytes(Self.segment).count >= synced, "nothing below the mark is cut off")
            }
        }
    }

    @Test(arguments: [nil, [], [0], [UInt8](repeating: 0, count: 24), [UInt8](repeating: 7, count: 25)] as [[UInt8]?])
    func `without a mark that holds, the frames tell: the last batch is taken for a torn tail`(mark: [UInt8]?) throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...3)
        let durable = try folder.bytes(Self.segment).count
        try fill(folder, 4...4)
        let whole = try folder.bytes(Self.segment)
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try folder.write(bytes, Self.segment)
            if let mark { try folder.write(mark, "blocks.mark") } else { try folder.remove("blocks.mark") }
            do {
                let log = try BlockLog(folder: folder.path)
                #expect(position >= durable, "byte \(position)")
                #expect(log.lastHeight == 3)
                #expect(log.report.tornBytes > 0)
                #expect(!log.report.hasMark)
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

    @Test func `a log cut by force at any byte is refused, and what is missing is named`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...4)
        let whole = try folder.bytes(Self.segment)
        for size in whole.indices {
            try folder.write(Array(whole[..<size]), Self.segment)
            guard case .cutOff(let file, size, UInt64(whole.count), let height)? = refusal(folder) else {
                Issue.record("\(size) bytes: \(String(describing: refusal(folder)))")
                continue
            }
            #expect(file.hasSuffix(Self.segment))
            #expect(height <= 4)
            #expect(try folder.bytes(Self.segment).count == size, "it is left as it is")
        }
    }

    @Test func `a missing last segment, or all of them missing, is refused`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...12, segmentBytes: 200)
        let names = try folder.names.filter { $0.hasSuffix(".log") }
        for name in names.reversed() {
            try folder.remove(name)
            guard case .cutOff(let file, 0, _, _)? = refusal(folder) else {
                Issue.record("without \(name): \(String(describing: refusal(folder)))")
                continue
            }
            #expect(file.hasSuffix(names.last!))
        }
    }

    @Test func `a mark never says more than was synced`() throws {
        let folder = try TemporaryFolder()
        let disk = FailingDisk()
        let log = try BlockLog(folder: folder.path, on: disk)
        #expect(try folder.bytes("blocks.mark") == [], "nothing was synced")
        try log.append([record(1)])
        #expect(try folder.bytes("blocks.mark") == [])
        try log.sync()
        let end = try folder.bytes(Self.segment).count
        #expect(BlockMark(decoding: try folder.bytes("blocks.mark")) == BlockMark(segment: 1, end: UInt64(end)))
        // Reading what is queued writes it without a sync.
        try log.append([record(2)])
        _ = try log.block(2)
        #expect(try folder.bytes(Self.segment).count > end)
        #expect(BlockMark(decoding: try folder.bytes("blocks.mark"))?.end == UInt64(end))
        disk.failure.withLock { $0 = (0, EIO) }
        #expect(throws: StoreFailure.self) { try log.sync() }
        #expect(BlockMark(decoding: try folder.bytes("blocks.mark"))?.end == UInt64(end))
    }

    @Test func `opening makes durable what a killed process wrote, and marks it`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...1)
        let mark = try folder.bytes("blocks.mark")
        try fill(folder, 2...2)
        let size = try folder.bytes(Self.segment).count
        try folder.write(mark, "blocks.mark")
        #expect(try BlockLog(folder: folder.path).lastHeight == 2)
        #expect(BlockMark(decoding: try folder.bytes("blocks.mark"))?.end == UInt64(size))
    }

    @Test func `a mark that lags behind, of this segment or of one that was pruned, is no objection`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...4, segmentBytes: 200)
        let old = try folder.bytes("blocks.mark")
        try fill(folder, 5...20, segmentBytes: 200)
        try folder.write(old, "blocks.mark")
        let log = try BlockLog(folder: folder.path, segmentBytes: 200)
        #expect(log.lastHeight == 20)
        try log.prune(below: 18)
        try folder.write(old, "blocks.mark")
        #expect(try BlockLog(folder: folder.path, segmentBytes: 200).lastHeight == 20)
    }

    @Test func `a mark is read only as it was written`() throws {
        let mark = BlockMark(segment: 7, end: 1 << 40)
        let bytes = mark.encoded
        #expect(bytes.count == BlockMark.byteCount)
        #expect(BlockMark(decoding: bytes) == mark)
        #expect(BlockMark(decoding: bytes + [0]) == nil)
        for position in bytes.indices {
            #expect(BlockMark(decoding: Array(bytes[..<position])) == nil)
            for bit: UInt8 in 0..<8 {
                var flipped = bytes
                flipped[position] ^= 1 << bit
                #expect(BlockMark(decoding: flipped) == nil, "byte \(position), bit \(bit)")
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
        let names = try folder.names.filter { $0.hasSuffix(".log") }
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
        let log = try BlockLog(folder: folder.path, on: disk)
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

    @Test func `a log that nothing was put into has nothing to sync, to prune or to carry on`() throws {
        let folder = try TemporaryFolder()
        let log = try BlockLog(folder: folder.path)
        try log.sync()
        try log.prune(below: .max)
        #expect(log.firstHeight == nil && log.lastVote == nil && log.carriedVotes.isEmpty)
        #expect(throws: StoreFailure.notFound(height: 1)) { try log.block(1) }
        #expect(try folder.names == ["blocks.mark"])
    }

    @Test func `where no vote is open the newest one is carried on, and it alone`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...3)
        let log = try BlockLog(folder: folder.path)
        #expect(log.openVotes.isEmpty)
        #expect(log.carriedVotes.map(\.height) == [3] && log.carriedVotes.map(\.bytes) == [Array("vote 3".utf8)])
        try log.append([.vote(height: 4, bytes: [4]), .vote(height: 4, bytes: [5])])
        #expect(log.carriedVotes.map(\.bytes) == [[4], [5]])
    }

    @Test func `pruning that leaves votes alone leaves no first height`() throws {
        let folder = try TemporaryFolder()
        try fill(folder, 1...1, segmentBytes: 10)
        let log = try BlockLog(folder: folder.path, segmentBytes: 10)
        try log.append([.vote(height: 2, bytes: [2])])
        try log.prune(below: 2)
        #expect(log.firstHeight == nil && log.lastHeight == 1)
        #expect(throws: StoreFailure.notFound(height: 1)) { try log.block(1) }
        try log.append([record(2)])
        try log.sync()
        #expect(log.firstHeight == 2)
        #expect(try BlockLog(folder: folder.path, segmentBytes: 10).firstHeight == 2)
    }

    @Test func `a header that is kept is not kept anew, and may be asked for`() throws {
        let folder = try TemporaryFolder()
        let headers = try HeaderLog(folder: folder.path)
        try headers.keep(4, [4])
        let before = try folder.bytes("headers.log")
        try headers.keep(4, [9])
        #expect(try folder.bytes("headers.log") == before && headers.header(4) == [4])
        #expect(headers.holds(4) && !headers.holds(3))
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

    @Test func `a frame whose check sum holds and whose content is none is refused`() throws {
        let block: [UInt8] = [0, 0, 0, 1, 9, 0, 0, 0, 1, 8]
        for payload in [[], [0, 0, 0, 1], [0, 0, 0, 1, 9], [0, 0, 0, 1, 9, 0, 0, 0, 1], block + [0], block] {
            let folder = try TemporaryFolder()
            var bytes: [UInt8] = []
            let frame = FrameFile.Frame(kind: 3, height: 1, durable: 0, offset: 0, payloadCount: payload.count)
            FrameFile.encode(frame, payload: payload, into: &bytes)
            try folder.write(bytes, Self.segment)
            let log = try BlockLog(folder: folder.path)
            if payload == block {
                #expect(try log.block(1) == ([9], [8]))
            } else {
                #expect(throws: StoreFailure.damaged(file: folder.path + "/" + Self.segment, offset: 0, height: 1)) {
                    try log.block(1)
                }
            }
        }
    }

    @Test(arguments: [0, 6, 7, 1 << 31] as [UInt32])
    func `a frame of a kind that the log does not write is refused`(kind: UInt32) throws {
        let folder = try TemporaryFolder()
        var bytes: [UInt8] = []
        FrameFile.encode(
            .init(kind: kind, height: 1, durable: 0, offset: 0, payloadCount: 0), payload: [], into: &bytes)
        try folder.write(bytes, Self.segment)
        #expect(throws: StoreFailure.damaged(file: folder.path + "/" + Self.segment, offset: 0, height: 1)) {
            try BlockLog(folder: folder.path)
        }
    }

    @Test func `a frame that says more was synced than stands before it, or less than the one before, is none`() throws
    {
        func frames(_ durable: [UInt64]) -> [UInt8] {
            var bytes: [UInt8] = []
            for (index, durable) in durable.enumerated() {
                FrameFile.encode(
                    .init(
                        kind: 1, height: 1, durable: durable, offset: bytes.count, payloadCount: 1),
                    payload: [UInt8(index)], into: &bytes)
            }
            return bytes
        }
        for (durable, last) in [([0, 33, 66], 2), ([0, 34, 66], -1), ([0, 33, 32], 1), ([1], -2)] as [([UInt64], Int)] {
            let folder = try TemporaryFolder()
            try folder.write(frames(durable), Self.segment)
            guard last != -1 else {
                #expect(throws: StoreFailure.self) { try BlockLog(folder: folder.path) }
                continue
            }
            #expect(try BlockLog(folder: folder.path).lastVote == (last < 0 ? nil : [UInt8(last)]))
        }
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
