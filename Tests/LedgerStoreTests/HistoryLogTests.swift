import Cryptography
import Foundation
import Proofs
import StateTree
import Synchronization
import TestSupport
import Testing

@testable import LedgerStore

@Suite struct HistoryLogTests {
    static let stores = ["a", "b"]

    /// A few hundred random states with plain copies of store b; every third block changes nothing.
    struct Ledger {
        var forests: [StoreForest]
        var copies: [[[UInt8]: [UInt8]]] = [[:]]
        /// At each height, what leads back to it from the next.
        var undos: [ForestUndo] = []
        var random = SeededGenerator(seed: 77)

        init(count: Int, keyCount: Int = 300) throws {
            forests = [StoreForest(stores: HistoryLogTests.stores)]
            for height in 1...count {
                var rows: [[UInt8]: [UInt8]?] = [:]
                if height % 3 != 0 {
                    for _ in 0..<6 {
                        let key = Array("key \(Int.random(in: 0..<keyCount, using: &random))".utf8)
                        let isRemoval = Int.random(in: 0..<4, using: &random) == 0
                        rows.updateValue(isRemoval ? nil : Array("\(random.next())".utf8), forKey: key)
                    }
                    rows.updateValue(Array("\(height)".utf8), forKey: [1])
                }
                var copy = copies.last!
                for (key, value) in rows { copy[key] = value }
                copies.append(copy)
                let update = try forests.last!.updated(
                    by: rows.isEmpty ? [] : [("b", rows.map { (key: $0.key, value: $0.value) })])
                forests.append(update.forest)
                undos.append(update.undo)
            }
        }

        func fill(_ log: HistoryLog, _ heights: ClosedRange<Int>) throws {
            for height in heights {
                try log.append(height: UInt64(height), undos[height - 1])
            }
        }

        func open(_ folder: TemporaryFolder, at height: Int, budgetBytes: Int = 1 << 20) throws -> HistoryLog {
            try HistoryLog(
                folder: folder.path, height: UInt64(height), appHash: forests[height].appHash, budgetBytes: budgetBytes)
        }

        /// Whether a key is proven at a height as the plain copy has it; throws where the history refuses.
        func holds(_ log: HistoryLog, _ key: [UInt8], at height: Int, from later: Int) throws -> Bool {
            let past = try log.past(
                UInt64(height), appHash: forests[height].appHash, from: forests[later], at: UInt64(later), store: 1,
                key: key)
            guard past.value(1, key: key) == copies[height][key],
                let proof = past.proof(1, key: key)
            else { return false }
            try ICS23.verifyPath(
                root: past.appHash.bytes, specs: ProofSpec.ledger, path: [Array("b".utf8), key],
                value: copies[height][key], proof: proof)
            return true
        }
    }

    @Test func `every old state is proven as its plain copy has it, before and after opening again`() throws {
        let folder = try TemporaryFolder()
        var ledger = try Ledger(count: 300)
        let log = try ledger.open(folder, at: 0)
        try ledger.fill(log, 1...300)
        for log in [log, try ledger.open(folder, at: 300)] {
            #expect(log.findings == [])
            #expect(log.reach(from: 300) == 0)
            for height in 0..<300 {
                let key = Array("key \(Int.random(in: 0..<300, using: &ledger.random))".utf8)
                #expect(try ledger.holds(log, key, at: height, from: 300))
                #expect(try ledger.holds(log, [1], at: height, from: min(300, height + 7)))
            }
        }
        #expect(try folder.names.count >= 2, "more than one segment was read")
    }

    @Test func `a second key of a past state is loaded into it, from another held state too`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        let log = try ledger.open(folder, at: 0)
        try ledger.fill(log, 1...60)
        var past = try log.past(
            10, appHash: ledger.forests[10].appHash, from: ledger.forests[30], at: 30, store: 1, key: [1])
        for (store, later) in [(1, 60), (0, 50), (1, 10)] {
            let key = Array("key \(later)".utf8)
            try log.load(store, key: key, into: &past, height: 10, from: ledger.forests[later], at: UInt64(later))
            #expect(past.value(store, key: key) == (store == 1 ? ledger.copies[10][key] : nil))
            #expect(past.proof(store, key: key) != nil)
        }
        #expect(past.appHash == ledger.forests[10].appHash)
    }

    @Test func `records above the state that a node begins with are made again`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 100)
        try ledger.fill(try ledger.open(folder, at: 0), 1...100)
        let log = try ledger.open(folder, at: 62)
        #expect(log.newestHeight == 62)
        #expect(try ledger.holds(log, [1], at: 20, from: 62))
        try ledger.fill(log, 63...100)
        #expect(try ledger.holds(log, [1], at: 20, from: 100))
        #expect(try ledger.open(folder, at: 0).newestHeight == nil)
        #expect(try folder.names == [])
    }

    @Test(arguments: [1, 31, 33, 90, 400]) func `a torn tail is cut off, and what it held goes on from replay`(
        bytes: Int
    ) throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 30)
        try ledger.fill(try ledger.open(folder, at: 0, budgetBytes: 1 << 24), 1...30)
        let name = try #require(try folder.names.last)
        let whole = try folder.bytes(name)
        try folder.write(Array(whole.dropLast(bytes)), name)
        // The checkpoint is of block 20, which was synced.
        let log = try ledger.open(folder, at: 20, budgetBytes: 1 << 24)
        #expect(log.findings.contains { $0.contains("torn") })
        try ledger.fill(log, 21...30)
        #expect(try folder.bytes(name) == whole)
        #expect(try ledger.holds(log, [1], at: 3, from: 30))
    }

    @Test func `a history that ends before the state it should lead to is dropped whole`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 30)
        try ledger.fill(try ledger.open(folder, at: 0), 1...20)
        let log = try ledger.open(folder, at: 28)
        #expect(log.findings.count == 1)
        #expect(log.byteCount == 0)
        #expect(log.reach(from: 28) == 28)
        #expect(try folder.names == [])
    }

    @Test func `a newest segment that is damaged before its tail goes with all older ones`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        try ledger.fill(try ledger.open(folder, at: 0, budgetBytes: 64 << 10), 1...60)
        let newest = try #require(try folder.names.last)
        let first = try #require(UInt64(newest.dropFirst(8).dropLast(4), radix: 16))
        var bytes: [UInt8] = []
        for height in first...first + 1 {
            // The second one says that the first was durable.
            FrameFile.encode(
                .init(
                    kind: HistoryLog.kind, height: height, durable: UInt64(bytes.count), offset: bytes.count,
                    payloadCount: 3), payload: [1, 2, 3], into: &bytes)
        }
        bytes[FrameFile.headerBytes] ^= 1
        try folder.write(bytes, newest)
        let log = try ledger.open(folder, at: 60, budgetBytes: 64 << 10)
        #expect(log.findings.contains { $0.contains("damaged") } && log.newestHeight == nil)
        #expect(log.reach(from: 60) == 60)
        #expect(try folder.names == [])
    }

    @Test func `a segment whose newest record is none goes alone`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 20)
        try ledger.fill(try ledger.open(folder, at: 0), 1...10)
        for (payload, name) in [([1, 2, 3], "e"), ([UInt8](repeating: 0, count: HistoryRecord.prefixBytes), "f")] {
            var bytes: [UInt8] = []
            FrameFile.encode(
                .init(kind: HistoryLog.kind, height: 15, durable: 0, offset: 0, payloadCount: payload.count),
                payload: payload, into: &bytes)
            try folder.write(bytes, "history-000000000000000\(name).log")
            let log = try ledger.open(folder, at: 10)
            #expect(log.newestHeight == 10 && log.reach(from: 10) == 0)
            #expect(try folder.names.count == 1)
        }
        try folder.write([], "history-000000000000000b.log")
        let log = try HistoryLog(
            folder: folder.path, height: 11, appHash: ledger.forests[10].appHash, budgetBytes: 1 << 20)
        #expect(log.newestHeight == 10 && log.findings.contains { $0.contains("holds no record") })
    }

    @Test func `a past state is not added to once the history does not reach it any more`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        let log = try ledger.open(folder, at: 0, budgetBytes: 64 << 10)
        try ledger.fill(log, 1...60)
        var past = try log.past(
            3, appHash: ledger.forests[3].appHash, from: ledger.forests[60], at: 60, store: 1, key: [1])
        let names = try folder.names
        let second = try #require(UInt64(names[1].dropFirst(8).dropLast(4), radix: 16))
        try log.drop(upTo: second)
        #expect(throws: StoreFailure.notFound(height: 3)) {
            try log.load(1, key: [2], into: &past, height: 3, from: ledger.forests[60], at: 60)
        }
        #expect(throws: StoreFailure.notFound(height: 3)) { try ledger.holds(log, [1], at: 3, from: 60) }
        #expect(past.value(1, key: [1]) == ledger.copies[3][[1]], "what was read stays")
    }

    @Test func `a walk that does not end at the held state drops the oldest that it went over`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        let log = try ledger.open(folder, at: 0, budgetBytes: 64 << 10)
        try ledger.fill(log, 1...60)
        #expect(throws: StoreFailure.self) {
            try log.past(
                3, appHash: ledger.forests[3].appHash, from: ledger.forests[58], at: 50, store: 1, key: [1])
        }
        let reach = Int(log.reach(from: 60))
        #expect(reach > 3 && log.newestHeight == 59, "block 60 changed nothing")
        #expect(try ledger.holds(log, [1], at: reach, from: 60))
    }

    @Test func `rows of nothing, or without a key, are none`() {
        for bytes: [UInt8] in [[], [0, 0, 0, 0, 0, 0, 0, 1, 7], [0, 0, 0, 1, 7], [0, 0, 0, 9, 7]] {
            #expect(HistoryRecord.rows(bytes[...]) == nil)
        }
        #expect(HistoryRecord.rows([0, 0, 0, 1, 7, 0, 0, 0, 0])?.count == 1)
    }

    @Test func `another ledger's history is dropped`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 30)
        try ledger.fill(try ledger.open(folder, at: 0), 1...30)
        let log = try HistoryLog(folder: folder.path, height: 30, appHash: SHA256.hash([1]), budgetBytes: 1 << 20)
        #expect(log.newestHeight == nil)
        #expect(log.findings.count == 1)
    }

    @Test func `a flipped bit is never believed, and costs no newer segment`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        try ledger.fill(try ledger.open(folder, at: 0, budgetBytes: 64 << 10), 1...60)
        let names = try folder.names
        let copies = try names.map { ($0, try folder.bytes($0)) }
        try #require(names.count >= 4)
        let first = try #require(UInt64(names[2].dropFirst(8).dropLast(4), radix: 16))
        let whole = copies[1].1
        for position in stride(from: 0, to: whole.count, by: 17) {
            for (name, bytes) in copies { try folder.write(bytes, name) }
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try folder.write(bytes, names[1])
            let log = try ledger.open(folder, at: 60, budgetBytes: 64 << 10)
            let reach = Int(log.reach(from: 60))
            var isLost = false
            for height in reach..<60 {
                do {
                    // A bit in a place that the proof does not pass through does no harm.
                    #expect(try ledger.holds(log, [1], at: height, from: 60), "byte \(position), height \(height)")
                } catch let failure as StoreFailure {
                    guard case .damaged = failure else { throw failure }
                    isLost = true
                    #expect(UInt64(height) < first - 1, "byte \(position)")
                    break
                }
            }
            if isLost {
                #expect(log.reach(from: 60) >= first - 1)
                #expect(try ledger.holds(log, [1], at: Int(first) - 1, from: 60))
                #expect(try !folder.names.contains(names[0]) && !folder.names.contains(names[1]))
            }
        }
    }

    @Test func `a header of another state drops what leads elsewhere`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 20)
        let log = try ledger.open(folder, at: 0)
        try ledger.fill(log, 1...20)
        #expect(throws: StoreFailure.damaged(file: folder.path + "/history-0000000000000001.log", offset: 0, height: 5))
        {
            try log.past(5, appHash: SHA256.hash([1]), from: ledger.forests[20], at: 20, store: 1, key: [1])
        }
        // It is all gone with the segment.
        #expect(throws: StoreFailure.notFound(height: 5)) {
            try log.past(
                5, appHash: ledger.forests[5].appHash, from: ledger.forests[20], at: 20, store: 1, key: [1])
        }
    }

    @Test func `a segment that is gone from the middle is noticed`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 60)
        try ledger.fill(try ledger.open(folder, at: 0, budgetBytes: 64 << 10), 1...60)
        try folder.remove(try folder.names[2])
        let log = try ledger.open(folder, at: 60, budgetBytes: 64 << 10)
        #expect(throws: StoreFailure.self) { try ledger.holds(log, [1], at: 1, from: 60) }
        #expect(throws: Never.self) { try ledger.holds(log, [1], at: 55, from: 60) }
    }

    @Test(arguments: [4_000, 20_000, 60_000]) func `over the budget the oldest segments go, and the rest is proven`(
        budgetBytes: Int
    ) throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 200)
        let log = try ledger.open(folder, at: 0, budgetBytes: budgetBytes)
        for height in 1...200 {
            try ledger.fill(log, height...height)
            #expect(log.byteCount <= budgetBytes)
        }
        let onDisk = try folder.names.reduce(0) { $0 + (try folder.bytes($1)).count }
        #expect(onDisk == log.byteCount)
        let reach = Int(log.reach(from: 200))
        #expect(0 < reach && reach < 200)
        for height in reach...200 { #expect(try ledger.holds(log, [1], at: height, from: 200)) }
        // Below the reach nothing is made up, and asking costs nothing.
        #expect(throws: StoreFailure.notFound(height: UInt64(reach - 1))) {
            try ledger.holds(log, [1], at: reach - 1, from: 200)
        }
        #expect(log.reach(from: 200) == UInt64(reach))
        // A smaller budget at the next start is kept at once.
        #expect(try ledger.open(folder, at: 200, budgetBytes: budgetBytes / 2).byteCount <= budgetBytes / 2)
    }

    @Test func `a budget of nothing keeps nothing`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 20)
        try ledger.fill(try ledger.open(folder, at: 0), 1...20)
        let log = try ledger.open(folder, at: 20, budgetBytes: 0)
        #expect(try folder.names == [])
        try log.append(height: 21, ledger.undos[1])
        #expect(log.byteCount == 0)
        #expect(log.reach(from: 20) == 20)
    }

    @Test func `a record larger than the budget begins the history anew`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 10)
        let log = try ledger.open(folder, at: 0, budgetBytes: 20_000)
        try ledger.fill(log, 1...10)
        let large = try ledger.forests[10].updated(by: [("a", [([1], [UInt8](repeating: 1, count: 30_000))])])
        try log.append(height: 11, large.undo)
        let next = try large.forest.updated(by: [("a", [([1], [2])])])
        #expect(throws: StoreFailure.self) { try log.append(height: 12, next.undo) }
        #expect(log.newestHeight == nil)
        try log.append(height: 13, try next.forest.updated(by: [("a", [([1], [3])])]).undo)
        #expect(log.reach(from: 13) == 12)
    }

    @Test func `states that do not continue it are refused, and nothing stays`() throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 20)
        let log = try ledger.open(folder, at: 0)
        try ledger.fill(log, 1...10)
        #expect(throws: StoreFailure.self) {
            try log.append(height: 14, ledger.undos[13])
        }
        #expect(try folder.names == [])
        try ledger.fill(log, 15...20)
        #expect(log.reach(from: 20) == 15)
        #expect(try ledger.holds(log, [1], at: 16, from: 20))
    }

    @Test(arguments: [EIO, ENOSPC]) func `a failed write or sync drops it, and the next block begins anew`(
        number: Int32
    )
        throws
    {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(count: 30)
        let disk = FailingDisk()
        let log = try HistoryLog(
            folder: folder.path, height: 0, appHash: ledger.forests[0].appHash, budgetBytes: 1 << 20, on: disk)
        try ledger.fill(log, 1...10)
        disk.failure.withLock { $0 = (number, 0) }
        #expect(throws: StoreFailure.self) {
            try log.append(height: 11, ledger.undos[10])
        }
        #expect(try folder.names == [])
        disk.failure.withLock { $0 = (0, number) }
        try ledger.fill(log, 13...20)
        #expect(throws: StoreFailure.self) { try log.sync() }
        #expect(log.newestHeight == nil)
        disk.failure.withLock { $0 = (0, 0) }
        try ledger.fill(log, 22...30)
        try log.sync()
        #expect(try ledger.holds(log, [1], at: 23, from: 30))
    }

    @Test func `foreign files in its folder are named and left alone`() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], "notes.txt")
        let ledger = try Ledger(count: 5)
        let log = try ledger.open(folder, at: 0)
        #expect(log.findings.count == 1)
        try ledger.fill(log, 1...5)
        #expect(try folder.names.contains("notes.txt"))
    }

    @Test func `a record is spelt in one way, and any other is refused`() throws {
        let ledger = try Ledger(count: 4)
        let undo = ledger.undos[3]
        let bytes = HistoryRecord.encode(undo)
        #expect(try HistoryRecord.decode(bytes) == undo)
        for count in 0..<bytes.count {
            #expect(throws: StoreFailure.self) { try HistoryRecord.decode(Array(bytes[..<count])) }
        }
        #expect(throws: StoreFailure.self) { try HistoryRecord.decode(bytes + [0]) }
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x81
            guard let read = try? HistoryRecord.decode(changed) else { continue }
            #expect(HistoryRecord.encode(read) == changed, "byte \(position)")
        }
    }

    @Test func `the record's format stands`() throws {
        let before = StoreForest(stores: ["a", "b"])
        let after = try before.updated(by: [("b", [(Array("key".utf8), Array("value".utf8))])])
        let later = try after.forest.updated(by: [("a", [([7], [8, 9])]), ("b", [(Array("key".utf8), nil)])])
        let bytes = HistoryRecord.encode(after.undo) + HistoryRecord.encode(later.undo)
        #expect(SHA256.hash(bytes).hex == "f97df58e09787d8c5e66e066f593e38c037ca42cea992fe6a4875bf3b2ac9843")
        #expect(bytes.count == 2 * 70 + 3 * 35 + 3 * 38 + (8 + 3) + (8 + 1) + (8 + 3 + 5))
    }
}
