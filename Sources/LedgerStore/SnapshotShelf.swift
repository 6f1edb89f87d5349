package import Cryptography
import Glibc
import Synchronization

/// The snapshots that a running node keeps for others, in a folder of their own.
///
/// | path | content |
/// |---|---|
/// | `<height>/` | a whole ``Snapshot`` |
/// | `<height>.part/` | one that is being written; removed at opening |
///
/// One writer, any number of readers.
package final class SnapshotShelf: Sendable {
    /// Snapshots that are kept: whoever fetches the older one is not cut off when a newer one comes.
    package static let keptMax = 2

    /// One snapshot.
    package struct Item: Equatable, Sendable {
        package var height: UInt64
        package var content: Digest
        package var appHash: Digest
        package var chunks: [Digest]
        package var manifestBytes: Int
    }

    private let folder: String
    private let held: Mutex<[Item]>

    /// Whole snapshots, by rising height.
    package var items: [Item] { held.withLock { $0 } }

    /// Opens the folder, or makes it; what was not wholly written goes.
    package init(folder: String) throws(StoreFailure) {
        self.folder = folder
        let files = SystemFileSystem()
        try files.ensureFolder(folder)
        var items: [Item] = []
        for name in try files.sortedNames(in: folder) {
            let path = folder + "/" + name
            guard let height = UInt64(name), let bytes = try? Snapshot.manifestBytes(in: path),
                let manifest = Snapshot.decode(bytes), manifest.height == height
            else {
                try Self.remove(path)
                continue
            }
            items.append(Item(manifest, byteCount: bytes.count))
        }
        held = Mutex(items.sorted { $0.height < $1.height })
    }

    /// Adds a snapshot, which `write` makes in the folder that it is given; older ones go.
    ///
    /// A state that is on the shelf already is not written again: its chunks get a second name, and only the manifest is
    /// new. Nothing is left where it fails. The manifest is handed in without chunks.
    package func add(
        _ manifest: Snapshot.Manifest, write: (String) throws(StoreFailure) -> Snapshot.Manifest
    ) throws(StoreFailure) {
        let (whole, part) = (folder + "/\(manifest.height)", folder + "/\(manifest.height).part")
        try Self.remove(part)
        let made: Snapshot.Manifest
        do {
            if let same = items.last(where: { $0.appHash == manifest.appHash }) {
                made = try link(same, manifest, to: part)
            } else {
                made = try write(part)
            }
            try Self.remove(whole)
            try DurableFile.move(part, to: whole)
        } catch {
            try? Self.remove(part)
            throw error
        }
        let item = Item(made, byteCount: Snapshot.encode(made).count)
        let old = held.withLock { items in
            items.removeAll { $0.height == item.height }
            items.append(item)
            defer { items = items.suffix(Self.keptMax) }
            return items.dropLast(Self.keptMax)
        }
        for item in old { try Self.remove(folder + "/\(item.height)") }
    }

    /// A part of a snapshot's manifest; nil where it is not here.
    package func manifest(_ content: Digest, from offset: Int, count: Int) throws(StoreFailure) -> [UInt8]? {
        guard let item = item(content), offset < item.manifestBytes else { return nil }
        return try RawFile(folder + "/\(item.height)/manifest", .read).read(at: offset, count: count)
    }

    /// A chunk, which holds; nil where it is not here.
    ///
    /// - Throws: `damaged` where the disk gives something else, after which the snapshot is gone: nobody should be told
    ///   that this node serves what does not hold.
    package func chunk(_ content: Digest, _ index: Int) throws(StoreFailure) -> [UInt8]? {
        guard let item = item(content), item.chunks.indices.contains(index) else { return nil }
        let path = Snapshot.chunkPath(folder + "/\(item.height)", index)
        do throws(StoreFailure) {
            let file = try RawFile(path, .read)
            let bytes = try file.read(at: 0, count: try file.size())
            guard SHA256.hash(bytes) == item.chunks[index] else {
                throw StoreFailure.damaged(file: path, offset: 0, height: item.height)
            }
            return bytes
        } catch {
            // Removed by its writer meanwhile, which is no damage.
            guard self.item(content) != nil else { return nil }
            held.withLock { $0.removeAll { $0.content == content } }
            try? Self.remove(folder + "/\(item.height)")
            throw error
        }
    }

    private func item(_ content: Digest) -> Item? { items.last { $0.content == content } }

    private func link(_ same: Item, _ manifest: Snapshot.Manifest, to part: String) throws(StoreFailure)
        -> Snapshot.Manifest
    {
        try SystemFileSystem().ensureFolder(part)
        for index in same.chunks.indices {
            let path = Snapshot.chunkPath(part, index)
            let old = Snapshot.chunkPath(folder + "/\(same.height)", index)
            try StoreFailure.check(Self.answer(Glibc.link(old, path)), "link", path)
        }
        var made = manifest
        made.chunks = same.chunks
        try Snapshot.writeWhole(Snapshot.encode(made), to: part + "/manifest")
        try SystemFileSystem().sync(folder: part)
        return made
    }

    /// Deletes a folder of files, if it is there.
    static func remove(_ path: String) throws(StoreFailure) {
        let files = SystemFileSystem()
        guard case .success(let names) = files.names(in: path) else { return try files.remove(path) }
        for name in names { try files.remove(path + "/" + name) }
        try StoreFailure.check(answer(rmdir(path)), "rmdir", path, unless: .missing)
    }

    private static func answer(_ result: Int32) -> Int { result < 0 ? -Int(errno) : Int(result) }
}

extension SnapshotShelf.Item {
    fileprivate init(_ manifest: Snapshot.Manifest, byteCount: Int) {
        self.init(
            height: manifest.height, content: manifest.content, appHash: manifest.appHash, chunks: manifest.chunks,
            manifestBytes: byteCount)
    }
}
