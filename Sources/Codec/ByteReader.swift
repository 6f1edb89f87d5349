/// Why bytes in a storage format of our own cannot be read.
package enum ByteReaderFailure: Error, Hashable, Sendable {
    /// Fewer bytes remain at `offset` than are `wanted`.
    case truncated(offset: Int, wanted: Int)
    /// The whole was read and bytes remain at `offset`.
    case trailingBytes(offset: Int)
}

/// Reads big-endian integers and length-prefixed parts in order.
package struct ByteReader: Sendable {
    private let bytes: [UInt8]
    /// Where the next read begins.
    package private(set) var offset = 0

    /// A reader at the first byte.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many bytes remain.
    package var remaining: Int { bytes.count - offset }

    /// One byte.
    package mutating func uint8() throws(ByteReaderFailure) -> UInt8 { UInt8(try integer(byteCount: 1)) }

    /// Two bytes, big-endian.
    package mutating func uint16() throws(ByteReaderFailure) -> UInt16 { UInt16(try integer(byteCount: 2)) }

    /// Four bytes, big-endian.
    package mutating func uint32() throws(ByteReaderFailure) -> UInt32 { UInt32(try integer(byteCount: 4)) }

    /// Eight bytes, big-endian.
    package mutating func uint64() throws(ByteReaderFailure) -> UInt64 { try integer(byteCount: 8) }

    /// The next `count` bytes.
    package mutating func bytes(_ count: Int) throws(ByteReaderFailure) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw .truncated(offset: offset, wanted: count) }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// A part written by `ByteWriter.part`: its length (4 bytes, big-endian), then its bytes.
    package mutating func part() throws(ByteReaderFailure) -> [UInt8] {
        let count = try uint32()
        return try bytes(Int(count))
    }

    /// - Throws: `trailingBytes` unless everything was read.
    package func finish() throws(ByteReaderFailure) {
        guard remaining == 0 else { throw .trailingBytes(offset: offset) }
    }

    private mutating func integer(byteCount: Int) throws(ByteReaderFailure) -> UInt64 {
        guard byteCount <= remaining else { throw .truncated(offset: offset, wanted: byteCount) }
        var value: UInt64 = 0
        for index in offset..<offset + byteCount { value = value << 8 | UInt64(bytes[index]) }
        offset += byteCount
        return value
    }
}
