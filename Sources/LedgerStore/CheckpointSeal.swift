import Codec
import Glibc

/// A checksum beside a generation's LMDB file, removed before the file is changed and written after.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 8 | size of `data.mdb`, u64 |
/// | 8 | 4 | CRC-32C of its bytes |
/// | 12 | 4 | CRC-32C of bytes 0 to 11 |
enum CheckpointSeal {
    private static let chunkBytes = 4 << 20

    /// Whether the file is the one that was sealed.
    static func holds(in folder: String) throws(StoreFailure) -> Bool {
        guard access(folder + "/seal", F_OK) == 0, access(folder + "/data.mdb", F_OK) == 0 else { return false }
        let seal = try RawFile(folder + "/seal", .read)
        let data = try RawFile(folder + "/data.mdb", .read)
        guard try seal.size() == 16 else { return false }
        let written = try seal.read(at: 0, count: 16)
        var reader = ByteReader(written)
        guard let size = try? reader.uint64(), try UInt64(data.size()) == size else { return false }
        return try bytes(for: data) == written
    }

    static func write(in folder: String) throws(StoreFailure) {
        let data = try RawFile(folder + "/data.mdb", .read)
        let seal = try RawFile(folder + "/seal")
        try seal.write(try bytes(for: data), at: 0)
        try seal.sync()
        try SystemFileSystem().sync(folder: folder)
    }

    static func remove(from folder: String) throws(StoreFailure) {
        try SystemFileSystem().remove(folder + "/seal")
        try SystemFileSystem().sync(folder: folder)
    }

    static func discardData(in folder: String) throws(StoreFailure) {
        for name in ["data.mdb", "lock.mdb"] { try SystemFileSystem().remove(folder + "/" + name) }
    }

    private static func bytes(for data: RawFile) throws(StoreFailure) -> [UInt8] {
        let size = try data.size()
        var sum = CRC32C()
        var offset = 0
        while offset < size {
            let chunk = try data.read(at: offset, count: min(chunkBytes, size - offset))
            guard !chunk.isEmpty else { break }
            sum.update(chunk)
            offset += chunk.count
        }
        var writer = ByteWriter(capacity: 16)
        writer.uint64(UInt64(size))
        writer.uint32(sum.value)
        writer.uint32(CRC32C.checksum([writer.bytes]))
        return writer.bytes
    }
}
