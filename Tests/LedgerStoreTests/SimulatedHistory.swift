import LedgerStore
import SimulatedDisk
import TestSupport
import Testing

/// A seeded history of a block log on a simulated disk, beside a plain account of what it acknowledged.
struct SimulatedHistory {
    /// What a log holds, as opening tells it.
    struct Account: Equatable {
        var vote: [UInt8]?
        var locked: [UInt8]?
        var certificate: [UInt8]?
        var height: UInt64?

        init() {}

        init(_ log: BlockLog) {
            vote = log.lastVote
            locked = log.lastLocked?.bytes
            certificate = log.lastCertificate?.bytes
            height = log.lastHeight
        }

        mutating func note(_ record: BlockLog.Record) {
            switch record {
            case .vote(_, let bytes): vote = bytes
            case .lockedProposal(_, let bytes): locked = bytes
            case .roundCertificate(_, let bytes): certificate = bytes
            case .decidedBlock(let height, _, _):
                self.height = height
                locked = nil
                certificate = nil
            }
        }
    }

    static let folder = "/ledger"

    let disk: SimulatedFileSystem
    private(set) var log: BlockLog?
    private var random: SeededGenerator
    private let segmentBytes: Int
    /// After each record since the sync before the last one that returned.
    private(set) var accounts = [Account()]
    /// The account of the last sync that returned.
    private(set) var acknowledged = 0
    private var blocks: [UInt64: [UInt8]] = [:]
    private var prunedBelow: UInt64 = 0
    private var strippedBelow: UInt64 = 0
    /// Segments that were written anew, and put in their place.
    private(set) var stripped = 0
    private var recordCount: UInt64 = 0
    /// Times that opening or reading refused.
    private(set) var refusals = 0

    init(seed: UInt64, byteBudget: Int = .max) {
        disk = SimulatedFileSystem(seed: seed ^ 0xd15c, byteBudget: byteBudget)
        random = SeededGenerator(seed: seed)
        segmentBytes = 200 + Int(random.next() % 4_000)
    }

    var account: Account { accounts.last! }

    mutating func chance(_ count: UInt64, in all: UInt64) -> Bool { random.next() % all < count }

    // MARK: A node's work

    /// Bytes that no other record has; sometimes so many that its frame fills whole sectors.
    private mutating func bytes() -> [UInt8] {
        recordCount += 1
        let number = withUnsafeBytes(of: recordCount.bigEndian) { Array($0) }
        let size = chance(1, in: 4) ? 512 - 32 : 8 + Int(random.next() % (chance(1, in: 8) ? 3_000 : 150))
        return number + (0..<max(0, size - 8)).map { UInt8(truncatingIfNeeded: Int(recordCount) &* 31 &+ $0) }
    }

    private mutating func batch() -> [BlockLog.Record] {
        let height = (account.height ?? 0) + 1
        switch random.next() % 5 {
        case 0: return [.vote(height: height, bytes: bytes())]
        case 3: return [.roundCertificate(height: height, bytes: bytes()), .vote(height: height, bytes: bytes())]
        case 1: return [.vote(height: height, bytes: bytes()), .lockedProposal(height: height, bytes: bytes())]
        case 2: return [.decidedBlock(height: height, block: bytes(), commit: [UInt8(height & 0xff)])]
        default:
            return [
                .vote(height: height, bytes: bytes()),
                .decidedBlock(height: height, block: bytes(), commit: [UInt8(height & 0xff)]),
            ]
        }
    }

    /// One step of a node: records and mostly a sync, a look at an old block, or pruning.
    mutating func step() throws(StoreFailure) {
        guard let log else { return }
        switch random.next() % 13 {
        case 0:
            if let first = log.firstHeight, let last = log.lastHeight {
                let height = first + random.next() % (last - first + 1)
                try look(at: height, in: log, "step")
            }
        case 1:
            let height = (account.height ?? 0) - min(account.height ?? 0, random.next() % 8)
            prunedBelow = max(prunedBelow, height)
            try log.prune(below: height)
        case 2:
            let height = (account.height ?? 0) - min(account.height ?? 0, random.next() % 4)
            guard let segment = log.stripping(below: height) else { return }
            strippedBelow = max(strippedBelow, height)
            let written = try segment.write(strip: Self.strip)
            // It may be pruned in between.
            if chance(1, in: 8) {
                prunedBelow = max(prunedBelow, height)
                try log.prune(below: height)
            }
            try log.replace(written)
            stripped += 1
        default:
            let records = batch()
            for record in records {
                var next = account
                next.note(record)
                accounts.append(next)
                if case .decidedBlock(let height, let block, _) = record { blocks[height] = block }
            }
            try log.append(records)
            if chance(4, in: 5) { try sync() }
        }
    }

    /// What is left of a block.
    static func strip(_ block: [UInt8]) -> [UInt8] { Array(block.prefix(8)) }

    /// A block is whole, or it lost its part where that was asked for.
    private func look(at height: UInt64, in log: BlockLog, _ seed: String) throws(StoreFailure) {
        let found = try log.block(height, orStripped: true).block
        guard height < log.firstWholeHeight ?? .max else {
            let whole = try log.block(height).block
            #expect(found == blocks[height] && whole == found, "\(seed): block \(height)")
            return
        }
        #expect(found == blocks[height].map(Self.strip) && height < strippedBelow, "\(seed): block \(height)")
        #expect(throws: StoreFailure.notFound(height: height), "\(seed)") { try log.block(height) }
    }

    mutating func sync() throws(StoreFailure) {
        try log?.sync()
        guard accounts.count - 1 > acknowledged else { return }
        accounts.removeFirst(acknowledged)
        acknowledged = accounts.count - 1
    }

    // MARK: Its ends

    enum End { case killed, powerLost }

    mutating func end(_ end: End) {
        log = nil
        if end == .killed { disk.kill() } else { disk.crash() }
    }

    /// Opens the log again.
    mutating func open() throws(StoreFailure) {
        log = try BlockLog(folder: Self.folder, segmentBytes: segmentBytes, on: disk)
    }

    /// What the log must hold: all that was acknowledged, and of the rest a first part, each record whole.
    mutating func check(from least: Int? = nil, _ seed: String) throws(StoreFailure) {
        guard let log else { return }
        let found = Account(log)
        let index = accounts.lastIndex(of: found)
        #expect(index.map { $0 >= least ?? acknowledged } == true, "\(seed): \(found), not in \(accounts)")
        try checkBlocks(seed)
        accounts = [found]
        acknowledged = 0
    }

    private mutating func checkBlocks(_ seed: String) throws(StoreFailure) {
        #expect(!disk.paths.contains { $0.hasSuffix(".part") }, "\(seed): a file that is half there")
        guard let log, let last = log.lastHeight, let first = log.firstHeight else { return }
        #expect(first <= max(1, prunedBelow), "\(seed): blocks \(first) to \(prunedBelow) are gone")
        for height in first...last {
            do {
                try look(at: height, in: log, seed)
            } catch StoreFailure.damaged(_, _, let damaged) where damaged == height {
                refusals += 1
            }
        }
    }
}
