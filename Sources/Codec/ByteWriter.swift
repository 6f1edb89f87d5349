/// Writes big-endian integers and length-prefixed parts in order; `ByteReader` reads them back.
package struct ByteWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8]

    /// An empty writer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// One byte.
    package mutating func uint8(_ value: UInt8) { bytes.append(value) }

    /// Two bytes, big-endian.
    package mutating func uint16(_ value: UInt16) { integer(UInt64(value), byteCount: 2) }

    /// Four bytes, big-endian.
    package mutating func uint32(_ value: UInt32) { integer(UInt64(value), byteCount: 4) }

    /// Eight bytes, big-endian.
    package mutating func uint64(_ value: UInt64) { integer(value, byteCount: 8) }

    /// The bytes as they are; the reader must know how many.
    package mutating func raw(_ part: some Sequence<UInt8>) { bytes.append(contentsOf: part) }

    /// The part's length (4 bytes, big-endian), then its bytes.
    ///
    /// Parts of 4 GiB and more are our bug.
    package mutating func part(_ part: [UInt8]) {
        uint32(UInt32(part.count))
        bytes.append(contentsOf: part)
    }

    private mutating func integer(_ value: UInt64, byteCount: Int) {
        for index in (0..<byteCount).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
}
