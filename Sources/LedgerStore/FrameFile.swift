import Codec

/// One append-only file of frames.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 4 | `VLF1` |
/// | 4 | 4 | kind, u32 |
/// | 8 | 8 | height, u64 |
/// | 16 | 8 | durable, u64: how much of the file was synced when this frame was written; never falls, never lies behind it |
/// | 24 | 4 | length of the payload, u32 |
/// | 28 | 4 | CRC-32C over bytes 0 to 27 and the payload |
/// | 32 | length | payload |
///
/// Integers are big-endian. `durable` tells a torn tail from damage: bytes that do not hold at an offset that a later
/// frame calls durable were good once, so the file is damaged; otherwise they were never synced, and nothing that was
/// acknowledged is lost by truncating there. The last batch has no frame behind it: its owner may know its end from
/// elsewhere (``BlockMark``), and then bytes that do not hold below that end are damage too.
final class FrameFile {
    static let headerBytes = 32
    static let payloadBytesMax = 64 << 20
    private static let chunkBytes = 1 << 20
    private static let magic = Array("VLF1".utf8)

    struct Frame {
        var kind: UInt32
        var height: UInt64
        var durable: UInt64
        /// Where the frame begins.
        var offset: Int
        var payloadCount: Int
        var end: Int { offset + FrameFile.headerBytes + payloadCount }
    }

    let file: RawFile
    private(set) var end = 0
    /// How much is known to have been synced.
    private var durable = 0
    private var buffer: [UInt8] = []

    /// Opens a file and walks it.
    /// - Parameters:
    ///   - path: the file.
    ///   - isLast: whether a torn tail may stand here, which is truncated.
    ///   - isChecked: whether payloads are checked here and now; else they are when they are read.
    ///   - lastHeight: the height before the file's first frame, for reports.
    ///   - syncedEnd: how much of the file is known to have been synced; 0 where nothing is known.
    ///   - files: the file system.
    ///   - visit: called for every frame in order, before anything is cut off. What it throws leaves the file as it was.
    /// - Returns: the file and how many bytes of a torn tail were cut off.
    /// - Throws: `damaged` where bytes before the tail do not hold, `cutOff` where the file ends before `syncedEnd`.
    static func open(
        _ path: String, isLast: Bool, isChecked: Bool = true, lastHeight: UInt64, syncedEnd: UInt64 = 0,
        on files: any FileSystem, visit: (Frame) throws(StoreFailure) -> Void
    ) throws(StoreFailure) -> (file: FrameFile, tornBytes: Int) {
        let file = FrameFile(try RawFile(path, on: files))
        let size = try file.file.size()
        var offset = 0
        var height = lastHeight
        while offset < size {
            guard let frame = try file.frame(at: offset, size: size, checkPayload: isLast || isChecked),
                frame.durable >= file.durable
            else {
                guard isLast, try file.isTorn(at: offset, size: size) else {
                    throw .damaged(file: path, offset: offset, height: height + 1)
                }
                guard offset >= syncedEnd else {
                    guard size < syncedEnd else { throw .damaged(file: path, offset: offset, height: height + 1) }
                    break
                }
                try file.file.truncate(to: offset)
                try file.file.sync()
                break
            }
            try visit(frame)
            height = max(height, frame.height)
            file.durable = Int(frame.durable)
            offset = frame.end
        }
        guard offset >= syncedEnd else {
            throw .cutOff(file: path, size: size, synced: syncedEnd, height: height)
        }
        file.end = offset
        file.durable = max(file.durable, Int(syncedEnd))
        return (file, size - offset)
    }

    private init(_ file: RawFile) { self.file = file }

    /// A whole file that nobody appends to any more.
    init(closed file: RawFile, end: Int) {
        self.file = file
        self.end = end
        durable = end
    }

    /// Queues a frame.
    /// - Returns: where it will stand.
    func append(kind: UInt32, height: UInt64, payload: [UInt8]) -> Frame {
        precondition(payload.count <= Self.payloadBytesMax, "a frame is bounded")
        let frame = Frame(
            kind: kind, height: height, durable: UInt64(durable), offset: end, payloadCount: payload.count)
        Self.encode(frame, payload: payload, into: &buffer)
        end = frame.end
        return frame
    }

    /// Makes durable what opening found, which is acted upon from now on.
    ///
    /// Frames that a killed process did not sync are whole in the page cache; and where its sync failed, the kernel may
    /// call pages written that are on no disk. So what nothing says was synced, mostly nothing, is written once more.
    func settle() throws(StoreFailure) {
        while durable < end {
            let bytes = try file.read(at: durable, count: min(Self.chunkBytes, end - durable))
            guard !bytes.isEmpty else { break }
            try file.write(bytes, at: durable)
            durable += bytes.count
        }
        try file.sync()
        durable = end
    }

    /// Appends a frame's bytes.
    static func encode(_ frame: Frame, payload: [UInt8], into bytes: inout [UInt8]) {
        var header = ByteWriter(capacity: headerBytes)
        header.raw(magic)
        header.uint32(frame.kind)
        header.uint64(frame.height)
        header.uint64(frame.durable)
        header.uint32(UInt32(payload.count))
        header.uint32(CRC32C.checksum([header.bytes, payload]))
        bytes.reserveCapacity(bytes.count + headerBytes + payload.count)
        bytes += header.bytes
        bytes += payload
    }

    /// The frame whose header begins a slice, or nil where that is none; the check sum is not looked at.
    static func frame(header: ArraySlice<UInt8>, at offset: Int) -> Frame? {
        guard header.count >= headerBytes, header.starts(with: magic) else { return nil }
        func integer(_ range: Range<Int>) -> UInt64 {
            var value: UInt64 = 0
            for index in range { value = value << 8 | UInt64(header[header.startIndex + index]) }
            return value
        }
        let count = Int(integer(24..<28))
        guard count <= payloadBytesMax, integer(16..<24) <= UInt64(offset) else { return nil }
        return Frame(
            kind: UInt32(integer(4..<8)), height: integer(8..<16), durable: integer(16..<24), offset: offset,
            payloadCount: count)
    }

    /// Whether frames wait to be written.
    var hasQueued: Bool { !buffer.isEmpty }
    var queuedBytes: Int { buffer.count }

    /// Writes what is queued, and makes it durable.
    func flush(sync: Bool = true) throws(StoreFailure) {
        if !buffer.isEmpty {
            try file.write(buffer, at: end - buffer.count)
            buffer.removeAll(keepingCapacity: true)
        }
        guard sync, durable < end else { return }
        try file.sync()
        durable = end
    }

    /// A frame's payload, checked.
    func payload(of frame: Frame) throws(StoreFailure) -> [UInt8] {
        if frame.end > end - buffer.count { try flush(sync: false) }
        guard let found = try self.frame(at: frame.offset, size: end, checkPayload: true), found.end == frame.end else {
            throw .damaged(file: file.path, offset: frame.offset, height: frame.height)
        }
        return try file.read(at: frame.offset + Self.headerBytes, count: frame.payloadCount)
    }

    /// The frame at an offset, or nil where the bytes there are none.
    private func frame(at offset: Int, size: Int, checkPayload: Bool) throws(StoreFailure) -> Frame? {
        guard size - offset >= Self.headerBytes else { return nil }
        let header = try file.read(at: offset, count: Self.headerBytes)
        guard let frame = Self.frame(header: header[...], at: offset), frame.end <= size else { return nil }
        if checkPayload {
            let payload = try file.read(at: offset + Self.headerBytes, count: frame.payloadCount)
            let checksum = header[28..<32].reduce(0) { $0 << 8 | UInt32($1) }
            guard CRC32C.checksum([Array(header[..<28]), payload]) == checksum else { return nil }
        }
        return frame
    }

    /// Whether no whole frame behind an offset says that the offset was durable.
    private func isTorn(at offset: Int, size: Int) throws(StoreFailure) -> Bool {
        let rest = try file.read(at: offset, count: size - offset)
        var index = 1
        while index + Self.headerBytes <= rest.count {
            if rest[index] == Self.magic[0], rest[index..<index + 4].elementsEqual(Self.magic),
                let frame = try frame(at: offset + index, size: size, checkPayload: true),
                frame.durable > UInt64(offset)
            {
                return false
            }
            index += 1
        }
        return true
    }
}
