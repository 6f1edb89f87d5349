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
        try checkpoints(forest, folder: folder + "/checkpoints")
        try logs(folder: folder)
    }

    private static func tree(_ forest: StoreForest) throws {
        let value = [UInt8](repeating: 5, count: 32)
        let changes = (0..<batch).map { (key: key($0 * 97 % keyCount), value: Optional(value)) }
        try Harness.report(
            "statetree.update batch=10000 keys=1000000", items: batch, note: "; target 100,000/s (with the log's sync)"
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
