import Codec
package import Cryptography
import Glibc
package import StateTree

/// A full state in a folder, to begin another node's ledger from.
///
/// | file | content |
/// |---|---|
/// | `manifest` | see ``Snapshot/Manifest`` |
/// | `chunk-<8 hex digits>` | rows, each whole: kind u8, then its fields |
///
/// | row | fields |
/// |---|---|
/// | 1: leaf | store index u8, key (u32 length), value (u32 length); by store, then by key hash, rising |
/// | 2: log entry | 32 bytes; in the log's order, after all leaves |
///
/// A chunk ends with the row that takes it to 4 MiB or more.
package enum Snapshot {
    static let chunkBytes = 4 << 20
    /// The longest chunk, which is what one message between nodes carries: no row is near 4 MiB.
    package static let chunkBytesMax = 8 << 20 - 64
    private static let chunkCountMax = 1 << 20
    private static let magic = Array("VSN1".utf8)

    /// What a snapshot says of itself: magic `VSN1`, then these fields in order, then SHA-256 of all bytes before.
    ///
    /// Integers are big-endian; byte strings have a u32 length before them, digests have not.
    package struct Manifest: Equatable, Sendable {
        /// Text of the chain id.
        package var chainID: String
        package var genesisHash: Digest
        package var height: UInt64
        package var appHash: Digest
        package var logSize: UInt64
        package var logRoot: Digest
        /// The checkpoint's note, the block of `height` and its commit, and the linked header that proves the app hash:
        /// the caller's, opaque here.
        package var note: [UInt8]
        package var block: [UInt8]
        package var commit: [UInt8]
        package var proof: [UInt8]
        /// SHA-256 of each chunk.
        package var chunks: [Digest] = []

        /// What the chunks make, the same on every node: SHA-256 of the manifest with note, block, commit and proof empty.
        ///
        /// Those differ in which signatures a node has of a commit.
        package var content: Digest {
            var bare = self
            (bare.note, bare.block, bare.commit, bare.proof) = ([], [], [], [])
            return SHA256.hash(Snapshot.encode(bare))
        }

        package init(
            chainID: String, genesisHash: Digest, height: UInt64, appHash: Digest, logSize: UInt64, logRoot: Digest,
            note: [UInt8], block: [UInt8], commit: [UInt8], proof: [UInt8]
        ) {
            self.chainID = chainID
            self.genesisHash = genesisHash
            self.height = height
            self.appHash = appHash
            self.logSize = logSize
            self.logRoot = logRoot
            self.note = note
            self.block = block
            self.commit = commit
            self.proof = proof
        }
    }

    // MARK: Export

    /// Writes a snapshot into a folder that is new or empty.
    ///
    /// May run on any thread, beside the node; `rest` is called after every chunk, and may take its time.
    /// The manifest is handed in without its chunks, and comes back with them; its app hash must be the forest's.
    @discardableResult
    package static func export(
        _ manifest: Manifest, forest: StoreForest, tiles: TileStore, to folder: String, rest: () -> Void = {}
    ) throws(StoreFailure) -> Manifest {
        guard forest.appHash == manifest.appHash, manifest.logSize <= tiles.size else {
            throw .mismatch("the state and the snapshot's manifest are of different heights")
        }
        try SystemFileSystem().ensureFolder(folder)
        guard try SystemFileSystem().sortedNames(in: folder).isEmpty else { throw .mismatch("\(folder) is not empty") }
        var writer = ChunkWriter(folder: folder)
        for (store, root) in forest.roots.enumerated() {
            try root.forEachLeaf { leaf throws(StoreFailure) in
                var row = ByteWriter(capacity: 256)
                row.uint8(1)
                row.uint8(UInt8(store))
                row.part(leaf.key)
                row.part(leaf.value)
                if try writer.append(row.bytes) { rest() }
            }
        }
        var first: UInt64 = 0
        while first < manifest.logSize {
            let count = min(4096, manifest.logSize - first)
            for entry in try tiles.entries(from: first, count: count) {
                if try writer.append([2] + entry.bytes) { rest() }
            }
            first += count
        }
        try writer.close()
        var manifest = manifest
        manifest.chunks = writer.digests
        // The manifest comes last: without it a folder is no snapshot.
        try writeWhole(encode(manifest), to: folder + "/manifest")
        try SystemFileSystem().sync(folder: folder)
        return manifest
    }

    private struct ChunkWriter {
        let folder: String
        var digests: [Digest] = []
        private var bytes: [UInt8] = []

        init(folder: String) { self.folder = folder }

        /// Adds a row; whether it has ended a chunk.
        mutating func append(_ row: [UInt8]) throws(StoreFailure) -> Bool {
            bytes += row
            guard bytes.count >= Snapshot.chunkBytes else { return false }
            guard bytes.count <= Snapshot.chunkBytesMax else {
                throw .mismatch("a row of \(row.count) bytes fits no chunk of a snapshot")
            }
            try close()
            return true
        }

        mutating func close() throws(StoreFailure) {
            guard !bytes.isEmpty else { return }
            try Snapshot.writeWhole(bytes, to: Snapshot.chunkPath(folder, digests.count))
            digests.append(SHA256.hash(bytes))
            bytes.removeAll(keepingCapacity: true)
        }
    }

    static func writeWhole(_ bytes: [UInt8], to path: String) throws(StoreFailure) {
        let file = try RawFile(path, .replace)
        try file.write(bytes, at: 0)
        try file.sync()
    }

    static func chunkPath(_ folder: String, _ index: Int) -> String {
        let hex = String(index, radix: 16)
        return folder + "/chunk-" + String(repeating: "0", count: 8 - hex.count) + hex
    }

    // MARK: Import

    /// The manifest of a snapshot.
    ///
    /// The caller checks chain id, genesis hash and proof before ``install(from:into:stores:)``.
    package static func manifest(in folder: String) throws(StoreFailure) -> Manifest {
        let path = folder + "/manifest"
        let bytes = try manifestBytes(in: folder)
        guard let manifest = decode(bytes) else { throw .damaged(file: path, offset: 0, height: 0) }
        return manifest
    }

    static func manifestBytes(in folder: String) throws(StoreFailure) -> [UInt8] {
        let file = try RawFile(folder + "/manifest", .read)
        return try file.read(at: 0, count: try file.size())
    }

    /// The manifest in bytes of somebody else's; nil where they are none.
    package static func manifest(decoding bytes: [UInt8]) -> Manifest? { decode(bytes) }

    /// Begins a ledger in an empty folder (its `lock` aside): checkpoint, record log and the block of that height.
    ///
    /// Nothing of the snapshot is believed: each chunk is hashed, the app hash and the log's root are computed.
    /// Stores are named in order, as in ``CheckpointStore``; `headers` are kept in the ``HeaderLog``, and `votes` of this
    /// node's own stand in the block log as well (D23). A chunk that does not hold is named in `damaged`; other
    /// roots, or a folder in use, are a `mismatch`.
    @discardableResult
    package static func install(
        from folder: String, into ledger: String, stores: [String],
        headers: [(height: UInt64, bytes: [UInt8])] = [], votes: [(height: UInt64, bytes: [UInt8])] = []
    ) throws(StoreFailure) -> Manifest {
        let manifest = try manifest(in: folder)
        try SystemFileSystem().ensureFolder(ledger)
        guard try SystemFileSystem().sortedNames(in: ledger).allSatisfy({ $0 == "lock" }) else {
            throw .mismatch("\(ledger) holds a ledger already; a snapshot begins a new one")
        }
        let (leaves, entries) = try rows(of: manifest, in: folder, storeCount: stores.count)
        let roots = leaves.compactMap { StateRoot(sorted: $0) }
        guard roots.count == stores.count else { throw .mismatch("the snapshot's keys are out of order") }
        let forest = StoreForest(names: stores, roots: roots)
        guard forest.appHash == manifest.appHash else {
            throw .mismatch("the snapshot's state does not lead to its app hash")
        }
        guard UInt64(entries.count) == manifest.logSize else {
            throw .mismatch("the snapshot's log has \(entries.count) entries, its manifest says \(manifest.logSize)")
        }
        let tiles = try TileStore(folder: ledger, size: 0, root: .zero)
        for first in stride(from: 0, to: entries.count, by: 1 << 16) {
            try tiles.append(Array(entries[first..<min(first + 1 << 16, entries.count)]))
        }
        try tiles.sync()
        // Opening again compares the root.
        _ = try TileStore(folder: ledger, size: manifest.logSize, root: manifest.logRoot)
        let checkpoints = try CheckpointStore(folder: ledger, stores: stores)
        try CheckpointStore.write(
            checkpoints.begin(height: manifest.height, forest: forest, note: manifest.note))
        let kept = try HeaderLog(folder: ledger)
        for header in headers { try kept.keep(header.height, header.bytes) }
        // The block comes last: a ledger without it was not wholly imported.
        let log = try BlockLog(folder: ledger)
        // A log's files are named for what they begin with: what is later than the block stands behind it.
        let past = votes.filter { $0.height <= manifest.height }
        let ahead = votes.filter { $0.height > manifest.height }
        try log.append(past.map { .vote(height: $0.height, bytes: $0.bytes) })
        try log.append([.decidedBlock(height: manifest.height, block: manifest.block, commit: manifest.commit)])
        try log.append(ahead.map { .vote(height: $0.height, bytes: $0.bytes) })
        try log.sync()
        return manifest
    }

    private static func rows(
        of manifest: Manifest, in folder: String, storeCount: Int
    ) throws(StoreFailure) -> (leaves: [[StateLeaf]], entries: [Digest]) {
        var leaves = [[StateLeaf]](repeating: [], count: storeCount)
        var entries: [Digest] = []
        var store = 0
        for (index, digest) in manifest.chunks.enumerated() {
            let path = chunkPath(folder, index)
            guard access(path, F_OK) == 0 else { throw .damaged(file: path, offset: 0, height: manifest.height) }
            let file = try RawFile(path, .read)
            let bytes = try file.read(at: 0, count: try file.size())
            guard SHA256.hash(bytes) == digest else { throw .damaged(file: path, offset: 0, height: manifest.height) }
            var reader = ByteReader(bytes)
            while reader.remaining > 0 {
                let offset = reader.offset
                guard let row = row(&reader) else {
                    throw .damaged(file: path, offset: offset, height: manifest.height)
                }
                switch row {
                case .leaf(let place, let leaf):
                    guard entries.isEmpty, place >= store, place < storeCount,
                        leaves[place].last.map({ $0.keyHash < leaf.keyHash }) ?? true
                    else { throw .damaged(file: path, offset: offset, height: manifest.height) }
                    store = place
                    leaves[place].append(leaf)
                case .entry(let entry): entries.append(entry)
                }
            }
        }
        return (leaves, entries)
    }

    private enum Row {
        case leaf(store: Int, StateLeaf)
        case entry(Digest)
    }

    private static func row(_ reader: inout ByteReader) -> Row? {
        switch try? reader.uint8() {
        case 1:
            guard let store = try? reader.uint8(), let key = try? reader.part(), let value = try? reader.part(),
                !key.isEmpty, !value.isEmpty
            else { return nil }
            return .leaf(store: Int(store), StateLeaf(key: key, value: value))
        case 2:
            guard let bytes = try? reader.bytes(32), let entry = Digest(bytes) else { return nil }
            return .entry(entry)
        default: return nil
        }
    }

    // MARK: Manifest

    static func encode(_ manifest: Manifest) -> [UInt8] {
        var writer = ByteWriter(capacity: 1024 + 32 * manifest.chunks.count)
        writer.raw(magic)
        writer.part(Array(manifest.chainID.utf8))
        writer.raw(manifest.genesisHash.bytes)
        writer.uint64(manifest.height)
        writer.raw(manifest.appHash.bytes)
        writer.uint64(manifest.logSize)
        writer.raw(manifest.logRoot.bytes)
        for part in [manifest.note, manifest.block, manifest.commit, manifest.proof] { writer.part(part) }
        writer.uint32(UInt32(manifest.chunks.count))
        for chunk in manifest.chunks { writer.raw(chunk.bytes) }
        return writer.bytes + SHA256.hash(writer.bytes).bytes
    }

    static func decode(_ bytes: [UInt8]) -> Manifest? {
        guard bytes.count > 36, bytes.starts(with: magic),
            SHA256.hash(Array(bytes.dropLast(32))).bytes == Array(bytes.suffix(32))
        else { return nil }
        var reader = ByteReader(Array(bytes.dropFirst(4).dropLast(32)))
        func digest(_ reader: inout ByteReader) -> Digest? { (try? reader.bytes(32)).flatMap { Digest($0) } }
        guard let name = try? reader.part(), let genesisHash = digest(&reader), let height = try? reader.uint64(),
            height > 0, let appHash = digest(&reader), let logSize = try? reader.uint64(),
            let logRoot = digest(&reader), let note = try? reader.part(), let block = try? reader.part(),
            let commit = try? reader.part(), let proof = try? reader.part(), let count = try? reader.uint32(),
            count <= chunkCountMax
        else { return nil }
        var manifest = Manifest(
            chainID: String(decoding: name, as: UTF8.self), genesisHash: genesisHash, height: height, appHash: appHash,
            logSize: logSize, logRoot: logRoot, note: note, block: block, commit: commit, proof: proof)
        for _ in 0..<count {
            guard let chunk = digest(&reader) else { return nil }
            manifest.chunks.append(chunk)
        }
        return (try? reader.finish()) == nil ? nil : manifest
    }
}
