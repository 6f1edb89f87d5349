import LedgerModel
import LedgerStore
import SimulatedDisk

/// A node's disk, and the real log on it.
final class NodeDisk {
    private static let folder = "/ledger"

    private var files: SimulatedFileSystem
    private var log: BlockLog?
    private let segmentBytes: Int
    /// Whether records wait for a sync.
    private(set) var hasPending = false

    init(seed: UInt64, segmentBytes: Int) {
        files = SimulatedFileSystem(seed: seed)
        self.segmentBytes = segmentBytes
    }

    func open() throws(StoreFailure) {
        hasPending = false
        log = try BlockLog(folder: Self.folder, segmentBytes: segmentBytes, on: files)
    }

    func append(_ record: BlockLog.Record) throws(StoreFailure) {
        hasPending = true
        try log?.append([record])
    }

    func sync() throws(StoreFailure) {
        try log?.sync()
        hasPending = false
    }

    var lastHeight: Int64 { Int64(log?.lastHeight ?? 0) }
    var lastVote: [UInt8]? { log?.lastVote }
    var openVotes: [[UInt8]] { log?.openVotes ?? [] }
    var lastLocked: [UInt8]? { log?.lastLocked?.bytes }
    var lastCertificate: [UInt8]? { log?.lastCertificate?.bytes }

    /// A decided block and its commit; nil where there is none.
    func block(_ height: Int64) throws(StoreFailure) -> (block: [UInt8], commit: [UInt8])? {
        guard let log, height > 0, height <= lastHeight else { return nil }
        return try log.block(UInt64(height))
    }

    // MARK: What befalls it

    /// The power fails, or the process alone is killed and the cache stays.
    func crash(keepsCache: Bool) {
        log = nil
        if keepsCache { files.kill() } else { files.crash() }
    }

    func setOdds(_ fault: DiskFault, _ odds: UInt64) { files.setOdds(fault, odds) }

    /// Harm to bytes at rest, which shows once the cache is gone.
    func harm(_ fault: DiskFault, _ random: inout SimulatedRandom) {
        guard let path = files.paths.randomElement(using: &random) else { return }
        if fault == .bitRot { files.rot(path) } else { files.makeStale(path) }
        files.evict()
    }

    /// Nothing goes wrong any more; harm that was done stays.
    func heal() {
        for fault in DiskFault.allCases { files.setOdds(fault, 0) }
        files.setByteBudget(.max)
    }

    func setByteBudget(_ count: Int) { files.setByteBudget(count) }

    var faults: [DiskFault: Int] { files.counts }

    /// Whether something may be gone that this disk had acknowledged.
    var mayHaveForgotten: Bool {
        [.lostWrite, .misdirectedWrite, .staleSector, .bitRot].contains { (files.counts[$0] ?? 0) > 0 }
    }

    /// Every file as it is on the disk.
    var copy: [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: files.paths.map { ($0, files.durableBytes($0) ?? []) })
    }

    /// Sets the disk back to a copy.
    func restore(_ copy: [String: [UInt8]], seed: UInt64) {
        log = nil
        files = SimulatedFileSystem(seed: seed)
        _ = files.makeFolder(Self.folder)
        for path in copy.keys.sorted() {
            guard case .success(let file) = files.open(path, .create) else { continue }
            _ = copy[path]!.withUnsafeBytes { file.write($0, at: 0) }
        }
        files.writeBack()
    }
}
