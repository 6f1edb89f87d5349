package import Cryptography

/// A snapshot of somebody else's on its way in: its manifest and the chunks that have come, so that a start that was
/// interrupted goes on where it was.
///
/// The folder is that of a ``Snapshot`` of which chunks may be missing.
package struct SnapshotIntake: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// What lies here in part.
    package var content: Digest? { (try? Snapshot.manifest(in: folder))?.content }

    /// Begins, or goes on with, a snapshot whose manifest was found good; which of its chunks are here.
    package func begin(_ manifest: Snapshot.Manifest) throws(StoreFailure) -> Set<UInt32> {
        let files = SystemFileSystem()
        if content != manifest.content { try clear() }
        try files.ensureFolder(folder)
        try Snapshot.writeWhole(Snapshot.encode(manifest), to: folder + "/manifest")
        var held: Set<UInt32> = []
        for (index, digest) in manifest.chunks.enumerated() {
            guard let file = try? RawFile(Snapshot.chunkPath(folder, index), .read),
                let size = try? file.size(), size <= Snapshot.chunkBytesMax,
                let bytes = try? file.read(at: 0, count: size), SHA256.hash(bytes) == digest
            else { continue }
            held.insert(UInt32(index))
        }
        return held
    }

    /// Keeps a chunk that holds.
    package func keep(_ index: UInt32, _ bytes: [UInt8]) throws(StoreFailure) {
        try Snapshot.writeWhole(bytes, to: Snapshot.chunkPath(folder, Int(index)))
    }

    /// Forgets all of it.
    package func clear() throws(StoreFailure) { try SnapshotShelf.remove(folder) }
}
