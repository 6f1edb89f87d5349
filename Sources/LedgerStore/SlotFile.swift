import Codec
import Cryptography

/// One small value that is replaced again and again, each time durably, by one write and one sync in place.
///
/// Two slots, written in turn: a write that is cut short spoils only the slot that held the value before the last.
///
/// | offset in the slot | width | content |
/// |---|---|---|
/// | 0 | 4 | `VSL1` |
/// | 4 | 8 | sequence, u64: the higher of two counts |
/// | 12 | 4 | length of the value, u32 |
/// | 16 | length | value |
/// | 16 + length | 32 | SHA-256 of all before |
///
/// The first slot begins at 0, the second at ``slotBytes``, so that no page of a disk holds parts of both. A slot that
/// does not hold is what a torn write leaves, and nothing of it was acknowledged; damage done to the newest slot later
/// looks the same, and the value before it counts then, which a reader is told (``isHalf``).
package final class SlotFile {
    package static let slotBytes = 4_096
    package static let valueBytesMax = slotBytes - headerBytes - Digest.byteCount
    private static let headerBytes = 16
    private static let magic = Array("VSL1".utf8)

    private let file: RawFile
    private var sequence: UInt64 = 0
    private var isPoisoned = false
    /// What the file holds.
    package private(set) var value: [UInt8]
    /// Whether one of the two slots did not hold when the file was opened.
    package let isHalf: Bool

    /// Opens a file that is there.
    /// - Throws: `damaged` where neither slot holds.
    package init(opening path: String, on files: any FileSystem = SystemFileSystem()) throws(StoreFailure) {
        let file = try RawFile(path, .update, on: files)
        let slots = try [0, 1].map { index throws(StoreFailure) in
            Self.decode(try file.read(at: index * Self.slotBytes, count: Self.slotBytes))
        }
        guard let newest = slots.compactMap({ $0 }).max(by: { $0.sequence < $1.sequence }) else {
            throw .damaged(file: path, offset: 0, height: 0)
        }
        self.file = file
        (sequence, value) = newest
        isHalf = slots.contains { $0 == nil }
        // A killed process may have left it in the page cache alone: it is acted upon from now on.
        try replace(by: value)
    }

    /// Makes a file with a first value, in both slots, durable with its entry in the folder.
    package static func create(
        _ path: String, in folder: String, value: [UInt8], on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        let file = try RawFile(path, .create, on: files)
        try file.write(encode(sequence: 1, value), at: slotBytes)
        try file.write(encode(sequence: 2, value), at: 0)
        try file.sync()
        try files.sync(folder: folder)
    }

    /// Makes durable what another wrote: a file, and its entry in the folder.
    package static func settle(
        _ path: String, in folder: String, on files: any FileSystem = SystemFileSystem()
    ) throws(StoreFailure) {
        try RawFile(path, .update, on: files).sync()
        try files.sync(folder: folder)
    }

    /// Replaces the value; it is on disk when this returns.
    ///
    /// After a failure nothing is written any more: what is on the disk then is not known.
    package func replace(by next: [UInt8]) throws(StoreFailure) {
        guard !isPoisoned else { throw .poisoned }
        isPoisoned = true
        try file.write(Self.encode(sequence: sequence + 1, next), at: Int((sequence + 1) % 2) * Self.slotBytes)
        try file.sync()
        isPoisoned = false
        sequence += 1
        value = next
    }

    private static func encode(sequence: UInt64, _ value: [UInt8]) -> [UInt8] {
        precondition(value.count <= valueBytesMax, "a slot's value is bounded")
        var writer = ByteWriter(capacity: slotBytes)
        writer.raw(magic)
        writer.uint64(sequence)
        writer.part(value)
        writer.raw(SHA256.hash(writer.bytes).bytes)
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8]) -> (sequence: UInt64, value: [UInt8])? {
        var reader = ByteReader(bytes)
        guard (try? reader.bytes(magic.count)) == magic, let sequence = try? reader.uint64(),
            let value = try? reader.part(), let sum = try? reader.bytes(Digest.byteCount),
            SHA256.hash(Array(bytes[..<(headerBytes + value.count)])).bytes == sum
        else { return nil }
        return (sequence, value)
    }
}
