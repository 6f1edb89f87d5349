import CLMDB
import Codec
package import Cryptography
import Glibc
package import StateTree

/// Two generations of the state on disk, written in turn, each whole and checked on load (D17).
///
/// Either may be destroyed:
/// the other one and the block log are enough.
///
/// A generation is an LMDB environment with one table:
///
/// | key | value |
/// |---|---|
/// | 1, store index u8, key hash (32 bytes) | key length u32 \|\| key \|\| value |
/// | 0 | height u64 \|\| app hash (32 bytes) \|\| number of leaves u64 \|\| note |
///
/// The note is the caller's. The row at 0 is written in the same transaction as the leaves. Beside the environment,
/// `seal` holds the size and checksum of its file (see ``CheckpointSeal``): LMDB maps the file and trusts its pages, so
/// a damaged one must never be opened.
package final class CheckpointStore {
    /// What a checkpoint holds.
    package struct Checkpoint: Sendable {
        package var height: UInt64
        package var forest: StoreForest
        package var note: [UInt8]
    }

    /// A leaf's place: which store, and the hash of its key.
    ///
    /// Ordered as its rows are.
    package struct Place: Hashable, Comparable, Sendable {
        package var store: UInt8
        package var keyHash: Digest

        package init(store: UInt8, keyHash: Digest) {
            self.store = store
            self.keyHash = keyHash
        }

        package static func < (left: Place, right: Place) -> Bool {
            left.store == right.store ? left.keyHash < right.keyHash : left.store < right.store
        }
    }

    /// Rows in one LMDB transaction, which holds every page that it changes in memory until it commits.
    static let rowsPerTransaction = 16_384

    /// Address space that one generation may take; LMDB maps the file, it does not allocate it.
    static let mapBytes = 64 << 30

    private final class Generation {
        let path: String
        var height: UInt64?
        /// Places changed since `height`, some of them several times; nil: unknown, so everything is written again.
        ///
        /// A list, since a set of as many places takes three times its memory and a hash for each.
        var dirty: [Place]?
        init(path: String) { self.path = path }
    }

    private let names: [String]
    private let generations: [Generation]
    /// What loading found of each generation, for the operator.
    package private(set) var findings: [String] = []

    /// Stores are named in order; their indices stand in the keys.
    package init(folder: String, stores: [String]) throws(StoreFailure) {
        names = stores
        try SystemFileSystem().ensureFolder(folder)
        generations = ["a", "b"].map { Generation(path: folder + "/checkpoint-" + $0) }
    }

    /// The newest generation that is whole; nil where there is none.
    package func load() -> Checkpoint? {
        var best: Checkpoint?
        var chosen: Generation?
        // Read the marks first: the leaves of the older one are not looked at.
        var marks: [(Generation, Mark?)] = []
        for generation in generations {
            do {
                marks.append((generation, try mark(of: generation)))
                if marks.last?.1 == nil { findings.append("\(generation.path): none") }
            } catch {
                findings.append("\(generation.path): \(error)")
            }
        }
        let ordered = marks.sorted { ($0.1?.height ?? 0) > ($1.1?.height ?? 0) }
        for (generation, mark) in ordered {
            guard let mark else { continue }
            generation.height = mark.height
            if best != nil { continue }
            do {
                best = try read(generation, mark)
                chosen = generation
            } catch {
                generation.height = nil
                findings.append("\(generation.path): \(error)")
            }
        }
        chosen?.dirty = []
        return best
    }

    /// The height from which replay may have to begin: the older generation's; nil while one of them is missing.
    package var oldestHeight: UInt64? {
        let heights = generations.compactMap(\.height)
        return heights.count == generations.count ? heights.min() : nil
    }

    /// Notes what changed, so that the next checkpoints write it.
    package func note(_ places: some Collection<Place>) {
        for generation in generations { generation.dirty?.append(contentsOf: places) }
    }

    /// What is to be written: taken on the caller's thread, written on another.
    package struct Job: Sendable {
        let path: String
        let index: Int
        let height: UInt64
        let forest: StoreForest
        let note: [UInt8]
        let dirty: [Place]?
    }

    /// Begins a checkpoint of the older generation.
    package func begin(height: UInt64, forest: StoreForest, note: [UInt8]) -> Job {
        let index = (generations[0].height ?? 0) <= (generations[1].height ?? 0) ? 0 : 1
        let generation = generations[index]
        let job = Job(
            path: generation.path, index: index, height: height, forest: forest, note: note, dirty: generation.dirty)
        // Changes from here on belong to the next one of this generation.
        generation.dirty = []
        return job
    }

    /// Tells how a job ended; after a failure the generation is written whole the next time.
    package func end(_ job: Job, succeeded: Bool) {
        generations[job.index].height = succeeded ? job.height : nil
        if !succeeded { generations[job.index].dirty = nil }
    }

    /// Writes a job: one LMDB transaction.
    ///
    /// May run on any thread.
    package static func write(_ job: Job) throws(StoreFailure) {
        try SystemFileSystem().ensureFolder(job.path)
        // Whatever stands there without its seal is not looked into.
        let isSealed = try CheckpointSeal.holds(in: job.path)
        try CheckpointSeal.remove(from: job.path)
        if !isSealed {
            guard job.dirty == nil else { throw .damaged(file: job.path, offset: 0, height: job.height) }
            try CheckpointSeal.discardData(in: job.path)
        }
        try writeRows(job)
        try CheckpointSeal.write(in: job.path)
    }

    /// Writes rows by rising key, so that neighbours share pages, in several transactions; none needs to be synced
    /// before the last, since nothing looks at the file until it is sealed.
    private static func writeRows(_ job: Job) throws(StoreFailure) {
        let environment = try LMDB(path: job.path, mapBytes: mapBytes, syncsCommits: false)
        var batch = RowBatch(environment)
        if let dirty = job.dirty {
            var last: Place?
            for place in dirty.sorted() where place != last {
                let leaf = job.forest.roots[Int(place.store)].leaf(at: place.keyHash)
                try batch.add([1, place.store] + place.keyHash.bytes, leaf.map(row))
                last = place
            }
        } else {
            try environment.write { transaction throws(StoreFailure) in try transaction.clear() }
            for (index, root) in job.forest.roots.enumerated() {
                try root.forEachLeaf { leaf throws(StoreFailure) in
                    try batch.add([1, UInt8(index)] + leaf.keyHash.bytes, row(leaf))
                }
            }
        }
        var mark = ByteWriter(capacity: 48 + job.note.count)
        mark.uint64(job.height)
        mark.raw(job.forest.appHash.bytes)
        mark.uint64(UInt64(job.forest.count))
        mark.raw(job.note)
        try batch.add([0], mark.bytes)
        try batch.flush()
        try environment.sync()
    }

    /// Rows on their way to LMDB; a nil value deletes.
    private struct RowBatch {
        private let environment: LMDB
        private var rows: [(key: [UInt8], value: [UInt8]?)] = []

        init(_ environment: LMDB) { self.environment = environment }

        mutating func add(_ key: [UInt8], _ value: [UInt8]?) throws(StoreFailure) {
            rows.append((key, value))
            if rows.count == rowsPerTransaction { try flush() }
        }

        mutating func flush() throws(StoreFailure) {
            try environment.write { transaction throws(StoreFailure) in
                for (key, value) in rows {
                    if let value { try transaction.put(key, value) } else { try transaction.delete(key) }
                }
            }
            rows.removeAll(keepingCapacity: true)
        }
    }

    private static func row(_ leaf: StateLeaf) -> [UInt8] {
        let key = leaf.key
        let value = leaf.value
        var writer = ByteWriter(capacity: 4 + key.count + value.count)
        writer.part(key)
        writer.raw(value)
        return writer.bytes
    }

    private struct Mark {
        var height: UInt64
        var appHash: Digest
        var count: UInt64
        var note: [UInt8]
    }

    private func mark(of generation: Generation) throws(StoreFailure) -> Mark? {
        guard access(generation.path + "/data.mdb", F_OK) == 0 else { return nil }
        guard try CheckpointSeal.holds(in: generation.path) else {
            throw .damaged(file: generation.path, offset: 0, height: 0)
        }
        let environment = try LMDB(path: generation.path, mapBytes: Self.mapBytes)
        guard let bytes = try environment.value([0]) else { return nil }
        var reader = ByteReader(bytes)
        guard let height = try? reader.uint64(), let hash = try? reader.bytes(32), let appHash = Digest(hash),
            let count = try? reader.uint64()
        else { throw .damaged(file: generation.path, offset: 0, height: 0) }
        return Mark(height: height, appHash: appHash, count: count, note: Array(bytes[48...]))
    }

    private func read(_ generation: Generation, _ mark: Mark) throws(StoreFailure) -> Checkpoint {
        let environment = try LMDB(path: generation.path, mapBytes: Self.mapBytes)
        var leaves = names.map { _ in [StateLeaf]() }
        var isWhole = true
        try environment.forEach { key, row in
            guard key.count == 34, key[0] == 1, Int(key[1]) < names.count else {
                isWhole = isWhole && key.elementsEqual([0])
                return
            }
            var reader = ByteReader(Array(row))
            guard let name = try? reader.part(), !name.isEmpty, reader.remaining > 0,
                let value = try? reader.bytes(reader.remaining)
            else {
                isWhole = false
                return
            }
            let leaf = StateLeaf(key: name, value: value)
            isWhole = isWhole && key[2...].elementsEqual(leaf.keyHash.bytes)
            leaves[Int(key[1])].append(leaf)
        }
        let roots = leaves.compactMap { StateRoot(sorted: $0) }
        guard isWhole, roots.count == names.count else {
            throw .damaged(file: generation.path, offset: 0, height: mark.height)
        }
        let forest = StoreForest(names: names, roots: roots)
        guard UInt64(forest.count) == mark.count, forest.appHash == mark.appHash else {
            throw .damaged(file: generation.path, offset: 0, height: mark.height)
        }
        return Checkpoint(height: mark.height, forest: forest, note: mark.note)
    }
}
