import Cryptography
import Glibc
import LedgerStore
import Proofs
import StateTree

/// The state tree over 1 M keys and the files under it; `folder` is on the disk that is measured.
enum LedgerBenchmarks {
    static let keyCount = 1_000_000
    static let batch = 10_000

    private static func key(_ number: Int) -> [UInt8] { SHA256.hash(Array("key \(number)".utf8)).bytes }

    static func run(folder: String) throws {
        var forest = StoreForest(names: ["bench"], roots: [StateRoot()])
        for first in stride(from: 0, to: keyCount, by: batch) {
            forest = try forest.applying([("bench", (first..<first + batch).map { (key($0), key($0)) })])
        }
        try tree(forest)
        try durable(forest, folder: folder)
        try history(forest, folder: folder + "/history-look-up")
        try checkpoints(forest, folder: folder + "/checkpoints")
        try logs(folder: folder)
    }

    private static func tree(_ forest: StoreForest) throws {
        let value = [UInt8](repeating: 5, count: 32)
        let changes = (0..<batch).map { (key: key($0 * 97 % keyCount), value: Optional(value)) }
        try Harness.report(
            "statetree.update batch=10000 keys=1000000", items: batch, note: "; ceiling: about 12 hashes each"
        ) { _ = try forest.applying([("bench", changes)]) }
        let keys = (0..<1_000).map { key($0 * 991) }
        let proofs = keys.map { forest.proof(store: "bench", key: $0)! }
        Harness.report("statetree.proof keys=1000000", items: 1_000, note: "; target below 100 us") {
            for key in keys { _ = forest.proof(store: "bench", key: key) }
        }
        let root = forest.appHash.bytes
        try Harness.report("ics23.verify keys=1000000", items: 1_000, note: "; target below 100 us") {
            for (key, proof) in zip(keys, proofs) {
                try ICS23.verifyPath(
                    root: root, specs: ProofSpec.ledger, path: [Array("bench".utf8), key],
                    value: forest.value("bench", key), proof: proof)
            }
        }
    }

    /// What a block of 10,000 changed keys costs until it counts: the tree, its block in the synced log, and what leads
    /// back from it. Each round changes other keys of the version before, which is then freed.
    private static func durable(_ forest: StoreForest, folder: String) throws {
        let log = try BlockLog(folder: folder + "/durable")
        let history = try HistoryLog(folder: folder + "/durable-history", height: 0, appHash: forest.appHash)
        let block = [UInt8](repeating: 3, count: batch * 100)
        let batches = (1...Harness.rounds + 1).map { round in
            (0..<batch).map {
                (key: key((round * 7_919 + $0 * 97) % keyCount), value: Optional(SHA256.hash([UInt8(round)]).bytes))
            }
        }
        var forest = forest
        var height: UInt64 = 0
        var undone: [Double] = []
        try Harness.report(
            "ledger.durable batch=10000 keys=1000000", items: batch, wallClock: true, note: "; target 100,000/s"
        ) {
            height += 1
            let next = try forest.updated(by: [("bench", batches[Int(height) - 1])])
            try log.append([.decidedBlock(height: height, block: block, commit: [1])])
            try log.sync()
            let began = Harness.seconds(CLOCK_MONOTONIC)
            try history.append(height: height, next.undo)
            undone.append(Harness.seconds(CLOCK_MONOTONIC) - began)
            forest = next.forest
        }
        print("history.append batch=10000: \(undone.sorted()[undone.count / 2] / Double(batch) * 1e6) us each (wall)")
    }

    /// A look-up through 20,000 blocks of ten changed keys each.
    private static func history(_ forest: StoreForest, folder: String) throws {
        let log = try HistoryLog(folder: folder, height: 0, appHash: forest.appHash)
        let oldest = forest.appHash
        var forest = forest
        let count = 20_000
        for height in 1...count {
            let rows = (0..<10).map {
                (key: key((height * 7_919 + $0 * 97) % keyCount), value: Optional([UInt8(1)] + key(height)))
            }
            let next = try forest.updated(by: [("bench", rows)])
            try log.append(height: UInt64(height), next.undo)
            forest = next.forest
        }
        try Harness.report(
            "history.look-up blocks=\(count) bytes=\(log.byteCount)", items: log.byteCount,
            note: "; items are bytes walked over"
        ) {
            _ = try log.past(0, appHash: oldest, from: forest, at: UInt64(count), store: 0, key: key(5))
        }
    }

    private static func checkpoints(_ forest: StoreForest, folder: String) throws {
        let store = try CheckpointStore(folder: folder, stores: ["bench"])
        let began = Harness.seconds(CLOCK_MONOTONIC)
        let job = store.begin(height: 1, forest: forest, note: [1])
        try CheckpointStore.write(job)
        store.end(job, succeeded: true)
        let written = Harness.seconds(CLOCK_MONOTONIC)
        guard store.load()?.forest.appHash == forest.appHash else { fatalError("the checkpoint differs") }
        let loaded = Harness.seconds(CLOCK_MONOTONIC)
        print("checkpoint.write keys=1000000 whole: \(written - began) s (wall, once)")
        print("checkpoint.load keys=1000000: \(loaded - written) s (wall, once)")
    }

    private static func logs(folder: String) throws {
        let block = [UInt8](repeating: 3, count: 256 << 10)
        let descriptor = open(folder + "/plain", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        Harness.report("disk.fdatasync bytes=262144", items: 20, wallClock: true, note: "; the ceiling of the log") {
            for _ in 0..<20 {
                guard write(descriptor, block, block.count) == block.count, fdatasync(descriptor) == 0 else {
                    fatalError("the disk refuses")
                }
            }
        }
        close(descriptor)
        let log = try BlockLog(folder: folder + "/blocks")
        var height: UInt64 = 0
        try Harness.report("blocklog.append+sync bytes=262144", items: 20, wallClock: true) {
            for _ in 0..<20 {
                height += 1
                try log.append([.decidedBlock(height: height, block: block, commit: [1])])
                try log.sync()
            }
        }
        let tiles = try TileStore(
            folder: folder + "/tiles", size: 0, root: SHA256.hash([] as [UInt8]))
        let entries = (0..<batch).map { SHA256.hash(Array("entry \($0)".utf8)) }
        try Harness.report("tiles.append batch=10000", items: batch) { try tiles.append(entries) }
    }
}
