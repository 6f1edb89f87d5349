import Codec

/// How much of a log's last file was synced: `blocks.mark`, written after each sync of the block log and itself synced
/// only before a segment is pruned, and `headers.mark` of the kept headers.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 4 | `VLM1` |
/// | 4 | 8 | first height of the segment, u64; 0 for the kept headers |
/// | 12 | 8 | synced end of the segment in bytes, u64 |
/// | 20 | 4 | CRC-32C over bytes 0 to 19 |
///
/// Integers are big-endian. Since it is written after the sync that it tells of, a mark may lag behind what is durable
/// but never runs ahead of it: what does not hold below it was good once and is damage, what does not hold above it is a
/// torn tail. A mark that is missing or does not hold says nothing; the frames then tell by themselves (see
/// ``FrameFile``).
package struct BlockMark: Equatable, Sendable {
    package static let byteCount = 24
    private static let magic = Array("VLM1".utf8)

    package var segment: UInt64
    package var end: UInt64

    package init(segment: UInt64, end: UInt64) {
        self.segment = segment
        self.end = end
    }

    /// A mark, or nil where the bytes are none.
    package init?(decoding bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        func integer(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        guard UInt64(CRC32C.checksum([Array(bytes[..<20])])) == integer(20..<24) else { return nil }
        self.init(segment: integer(4..<12), end: integer(12..<20))
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.raw(Self.magic)
        writer.uint64(segment)
        writer.uint64(end)
        writer.uint32(CRC32C.checksum([writer.bytes]))
        return writer.bytes
    }
}

/// A mark's file.
struct BlockMarkFile {
    private let file: RawFile

    init(_ path: String, on files: any FileSystem) throws(StoreFailure) { file = try RawFile(path, on: files) }

    /// What the file says; nil where it says nothing.
    func read() throws(StoreFailure) -> BlockMark? {
        BlockMark(decoding: try file.read(at: 0, count: BlockMark.byteCount + 1))
    }

    /// Writes a mark.
    ///
    /// Where that fails the mark stays behind, or does not hold, which only makes it say less.
    func note(segment: UInt64, end: Int, isSynced: Bool = false) {
        try? write(segment: segment, end: end, isSynced: isSynced)
    }

    /// Writes a mark that what comes next relies on.
    func write(segment: UInt64, end: Int, isSynced: Bool) throws(StoreFailure) {
        try file.write(BlockMark(segment: segment, end: UInt64(end)).encoded, at: 0)
        if isSynced { try file.sync() }
    }
}
