import Consensus
import Cryptography

/// A snapshot as a server has it: what its chunks make is its content.
struct SimulatedSnapshot {
    let height: UInt64
    let chunks: [[UInt8]]
    let manifest: [UInt8]
    /// Whether its roots come out: false where somebody made it up.
    let isTrue: Bool

    /// `maker`: who made it up; nil for the ledger's own.
    init(height: UInt64, chunkCount: Int, maker: UInt8? = nil) {
        self.height = height
        isTrue = maker == nil
        chunks = (0..<chunkCount).map { [UInt8(height & 0xff), UInt8(height >> 8 & 0xff), UInt8($0), maker ?? 0] }
        manifest = [0x4d, UInt8(height & 0xff), UInt8(height >> 8 & 0xff), maker ?? 0]
    }

    var digests: [Digest] { chunks.map { SHA256.hash($0) } }
    var content: Digest { SHA256.hash(digests.flatMap(\.bytes)) }
    var offer: SnapshotOffer {
        SnapshotOffer(
            height: height, content: content, chunkCount: UInt32(chunks.count), manifestBytes: UInt32(manifest.count))
    }
}
