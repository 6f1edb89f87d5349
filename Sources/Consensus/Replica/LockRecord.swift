import Codec

/// A lock with its block, as a log holds them: two parts, ``LockedBlock`` and the block's bytes (protobuf).
package struct LockRecord: Hashable, Sendable {
    package var lock: LockedBlock
    package var block: ProposedBlock

    package init(_ lock: LockedBlock, _ block: ProposedBlock) {
        self.lock = lock
        self.block = block
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: block.encoded.count + 1_024)
        writer.part(lock.encoded)
        writer.part(block.encoded)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        guard let lock = try? reader.part(), let block = try? reader.part(), reader.remaining == 0 else {
            throw .malformed
        }
        self.init(try LockedBlock(decoding: lock), try ProposedBlock(decoding: block))
    }
}
