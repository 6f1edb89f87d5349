package import Codec

/// How a block's bytes are cut for gossip: number of 64 KiB parts and their Merkle root (total = 1, hash = 2).
package struct PartSetHeader: Hashable, Sendable, CanonicalMessage {
    package var total: UInt32
    /// 0 or 32 bytes.
    package var hash: [UInt8]

    package init(total: UInt32, hash: [UInt8]) {
        self.total = total
        self.hash = hash
    }

    package init() { self.init(total: 0, hash: []) }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: total = try field.uint32()
        case 2: hash = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.unsigned(1, UInt64(total))
        writer.bytes(2, hash)
    }
}

/// What a vote is for: header hash and part set (hash = 1, part_set_header = 2).
package struct BlockID: Hashable, Sendable, CanonicalMessage {
    /// 0 or 32 bytes.
    package var hash: [UInt8]
    package var parts: PartSetHeader

    package init(hash: [UInt8], parts: PartSetHeader) {
        self.hash = hash
        self.parts = parts
    }

    /// No block: what the first header has before it, and a vote for nil is for.
    package init() { self.init(hash: [], parts: PartSetHeader()) }

    package var isZero: Bool { hash.isEmpty && parts.hash.isEmpty && parts.total == 0 }

    var isWellFormed: Bool { [0, 32].contains(hash.count) && [0, 32].contains(parts.hash.count) }

    /// Names a block: both hashes, and at least one part.
    var isComplete: Bool { hash.count == 32 && parts.hash.count == 32 && parts.total > 0 }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: hash = try field.bytes()
        case 2: parts = try PartSetHeader(reading: field.bytes())
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.bytes(1, hash)
        writer.message(2, parts.protobuf)
    }
}
