package import Cryptography
import Proofs
import Synchronization

/// The record log's entries and C2SP tile hashes, in files that are only appended to and never pruned (D7).
///
/// | file | content |
/// |---|---|
/// | `entries` | entry n (32 bytes) at offset 32 n |
/// | `tile-L` | hash n of tile level L (a subtree of 256^L leaves) at offset 32 n |
///
/// Everything is rebuilt from blocks as far back as they are held, so the files are synced at checkpoints only.
package final class TileStore: Sendable {
    package static let tileWidth: UInt64 = 256
    private static let levelsMax = 8

    private let folder: String
    private let files: any FileSystem
    private let entries: RawFile
    private let levels: [RawFile]
    private let leafCount: Mutex<UInt64>

    /// Opens the files and cuts them to a state's size.
    /// - Throws: `mismatch` where they hold less than the state needs, or another log.
    package init(
        folder: String, size: UInt64, root: Digest, on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        self.folder = folder
        self.files = files
        try files.ensureFolder(folder)
        entries = try RawFile(folder + "/entries", on: files)
        var opened: [RawFile] = []
        for level in 0..<Self.levelsMax { opened.append(try RawFile(folder + "/tile-\(level)", on: files)) }
        levels = opened
        leafCount = Mutex(size)
        guard UInt64(try entries.size()) >= size * 32 else {
            throw .mismatch("the record log's entries end before leaf \(size); import a snapshot or replay all blocks")
        }
        var width: UInt64 = 1
        var counts: [Int] = []
        for file in levels {
            let count = Int(size / width)
            guard try file.size() >= count * 32 else {
                throw .mismatch(
                    "the record log's tiles end before leaf \(size); import a snapshot or replay all blocks")
            }
            counts.append(count)
            width = width > UInt64.max >> 8 ? .max : width << 8
        }
        var peaks: [Digest] = []
        var first: UInt64 = 0
        for bit in (0..<63).reversed() where size >> UInt64(bit) & 1 == 1 {
            peaks.append(try node(level: bit, index: first >> UInt64(bit)))
            first += 1 << UInt64(bit)
        }
        guard let frontier = LogFrontier(size: size, peaks: peaks), frontier.root == root || size == 0 else {
            throw .mismatch("the record log's tiles do not lead to the state's root; import a snapshot")
        }
        // Only what was found good is cut.
        try entries.truncate(to: Int(size) * 32)
        for (file, count) in zip(levels, counts) { try file.truncate(to: count * 32) }
    }

    package var size: UInt64 { leafCount.withLock { $0 } }

    /// Appends entries.
    ///
    /// One writer.
    package func append(_ new: [Digest]) throws(StoreFailure) {
        guard !new.isEmpty else { return }
        let first = size
        var leaves: [UInt8] = []
        var bytes: [UInt8] = []
        bytes.reserveCapacity(new.count * 32)
        leaves.reserveCapacity(new.count * 32)
        for entry in new {
            bytes += entry.bytes
            leaves += TransparencyLog.leafHash(entry: entry.bytes).bytes
        }
        try entries.write(bytes, at: Int(first) * 32)
        try levels[0].write(leaves, at: Int(first) * 32)
        var done = first
        var end = first + UInt64(new.count)
        for level in 1..<Self.levelsMax {
            (done, end) = (done / Self.tileWidth, end / Self.tileWidth)
            guard done < end else { break }
            var hashes: [UInt8] = []
            for index in done..<end {
                hashes += try complete(level: level - 1, from: index * Self.tileWidth, count: Self.tileWidth).bytes
            }
            try levels[level].write(hashes, at: Int(done) * 32)
        }
        leafCount.withLock { $0 = first + UInt64(new.count) }
    }

    /// Makes everything durable, the files' own entries included.
    package func sync() throws(StoreFailure) {
        try entries.sync()
        for file in levels where try file.size() > 0 { try file.sync() }
        try files.sync(folder: folder)
    }

    /// Computes every hash again from the entries: opening looks at the peaks only.
    /// - Complexity: about one hash a leaf.
    /// - Throws: `damaged` with the file and the offset of the first hash that does not hold.
    package func verify() throws(StoreFailure) {
        let size = size
        var index: UInt64 = 0
        while index < size {
            let count = min(Self.tileWidth, size - index)
            let leaves = try read(entries, from: index, count: count).map { TransparencyLog.leafHash(entry: $0.bytes) }
            try require(leaves, at: index, level: 0)
            index += count
        }
        for level in 1..<Self.levelsMax {
            let count = size >> UInt64(8 * level)
            for index in 0..<count {
                let hash = try complete(level: level - 1, from: index * Self.tileWidth, count: Self.tileWidth)
                try require([hash], at: index, level: level)
            }
        }
    }

    private func require(_ hashes: [Digest], at first: UInt64, level: Int) throws(StoreFailure) {
        let held = try read(levels[level], from: first, count: UInt64(hashes.count))
        guard let wrong = zip(hashes, held).enumerated().first(where: { $1.0 != $1.1 }) else { return }
        throw .damaged(file: levels[level].path, offset: (Int(first) + wrong.offset) * 32, height: 0)
    }

    /// The entries from one leaf on, for snapshots.
    package func entries(from first: UInt64, count: UInt64) throws(StoreFailure) -> [Digest] {
        try read(entries, from: first, count: count)
    }

    /// The hash of a complete subtree of 2^level leaves.
    /// - Complexity: at most 127 hashes.
    package func node(level: Int, index: UInt64) throws(StoreFailure) -> Digest {
        let count = UInt64(1) << UInt64(level % 8)
        return try complete(level: level / 8, from: index * count, count: count)
    }

    /// One tile's hashes; level -1 stands for entries.
    package func tile(level: Int, index: UInt64, width: Int) throws(StoreFailure) -> [Digest]? {
        let file = level < 0 ? entries : levels[level]
        let shift = level < 0 ? 0 : UInt64(8 * level)
        let available = shift >= 64 ? 0 : size >> shift
        let first = index.multipliedReportingOverflow(by: Self.tileWidth)
        guard !first.overflow, first.partialValue < available, UInt64(width) <= available - first.partialValue else {
            return nil
        }
        return try read(file, from: first.partialValue, count: UInt64(width))
    }

    private func read(_ file: RawFile, from first: UInt64, count: UInt64) throws(StoreFailure) -> [Digest] {
        let bytes = try file.read(at: Int(first) * 32, count: Int(count) * 32)
        guard bytes.count == Int(count) * 32 else {
            throw .damaged(file: file.path, offset: Int(first) * 32, height: 0)
        }
        return stride(from: 0, to: bytes.count, by: 32).map { Digest(Array(bytes[$0..<$0 + 32]))! }
    }

    /// The root of `count` (a power of two) adjacent hashes of a tile level.
    private func complete(level: Int, from first: UInt64, count: UInt64) throws(StoreFailure) -> Digest {
        var hashes = try read(levels[level], from: first, count: count)
        while hashes.count > 1 {
            hashes = stride(from: 0, to: hashes.count, by: 2).map {
                TransparencyLog.nodeHash(hashes[$0], hashes[$0 + 1])
            }
        }
        return hashes[0]
    }
}
