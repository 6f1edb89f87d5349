import Codec
import Consensus
import LedgerModel

/// A lock with its block, as the log holds them: two parts.
struct LockRecord {
    var lock: LockedBlock
    var block: ProposedBlock

    init(_ lock: LockedBlock, _ block: ProposedBlock) {
        self.lock = lock
        self.block = block
    }

    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let lock = (try? reader.part()).flatMap({ try? LockedBlock(decoding: $0) }),
            let block = (try? reader.part()).flatMap({ try? ProposedBlock(decoding: $0) })
        else { return nil }
        self.init(lock, block)
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.part(lock.encoded)
        writer.part(block.encoded)
        return writer.bytes
    }
}
