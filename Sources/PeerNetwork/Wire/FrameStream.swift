/// Cuts what arrives, in whatever portions, into frames.
///
/// Holds at most one unfinished frame and the last portion. What is wrong with a frame is said as soon as it can be
/// seen: length and kind before the payload is there.
package struct FrameStream: Sendable {
    private var bytes: [UInt8] = []
    private var offset = 0

    package init() {}

    /// Takes a portion.
    package mutating func append(_ portion: some Collection<UInt8>) {
        if offset == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytesMax)
            offset = 0
        } else if offset > Self.keptBytesMax {
            bytes.removeFirst(offset)
            offset = 0
        }
        bytes.append(contentsOf: portion)
    }

    private static let keptBytesMax = 2 * Frame.payloadBytesMax

    /// The next frame, or nil until more arrives.
    ///
    /// After a failure the stream means nothing any more.
    package mutating func next() throws(WireFailure) -> Frame? {
        guard bytes.count - offset >= 4 else { return nil }
        let length = bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard (1...Frame.byteCountMax).contains(length) else { throw .frameLength(length) }
        guard bytes.count - offset >= Frame.headerBytes else { return nil }
        guard let kind = FrameKind(code: bytes[offset + 4]) else { throw .unknownKind(bytes[offset + 4]) }
        let end = offset + 4 + Int(length)
        guard bytes.count >= end else { return nil }
        defer { offset = end }
        return Frame(kind, Array(bytes[offset + Frame.headerBytes..<end]))
    }
}
