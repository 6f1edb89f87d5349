package import Codec
package import Cryptography
import Proofs

/// `tendermint.types.Block`: header 1, data 2 {txs 1}, evidence 3 {evidence 1}, last_commit 4.
package struct Block: Hashable, Sendable, CanonicalMessage {
    /// Size of a part of a block's bytes.
    package static let partBytes = 65_536

    package var header: BlockHeader
    package var transactions: [[UInt8]]
    /// Encoded `tendermint.types.Evidence` items.
    package var evidence: [[UInt8]]
    package var lastCommit: Commit?

    package init(header: BlockHeader, transactions: [[UInt8]], evidence: [[UInt8]] = [], lastCommit: Commit?) {
        self.header = header
        self.transactions = transactions
        self.evidence = evidence
        self.lastCommit = lastCommit
    }

    package init() { self.init(header: BlockHeader(), transactions: [], lastCommit: nil) }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    /// A header's `data_hash`: Merkle root over SHA-256 of each transaction, which attached vectors are no part of.
    package static func dataHash(_ transactions: [[UInt8]]) -> Digest {
        SimpleMerkle.root(of: transactions.map { SHA256.hash(SignedTransaction.stripped($0)).bytes })
    }

    /// A block's bytes without attached vectors; what cannot be read is left as it is.
    package static func stripped(_ encoded: [UInt8]) -> [UInt8] {
        guard var block = try? Block(decoding: encoded) else { return encoded }
        block.transactions = block.transactions.map(SignedTransaction.stripped)
        return block.encoded
    }

    /// A header's `evidence_hash`: Merkle root over what the items hold, without the `Evidence` around it (CometBFT
    /// `EvidenceList.Hash`).
    package static func evidenceHash(_ evidence: [[UInt8]]) -> Digest {
        SimpleMerkle.root(of: evidence.map(Evidence.content))
    }

    /// The id of a block with these bytes.
    package static func id(header: BlockHeader, encoded: [UInt8]) -> BlockID {
        let parts = stride(from: 0, to: encoded.count, by: partBytes).map {
            Array(encoded[$0..<min($0 + partBytes, encoded.count)])
        }
        return BlockID(
            hash: header.hash.bytes,
            parts: PartSetHeader(total: UInt32(parts.count), hash: SimpleMerkle.root(of: parts).bytes))
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: header = try BlockHeader(reading: field.bytes())
        case 2: transactions = try Self.list(field.bytes())
        case 3: evidence = try Self.list(field.bytes())
        case 4: lastCommit = try Commit(reading: field.bytes())
        default: throw .unknownField(field.number)
        }
    }

    private static func list(_ bytes: [UInt8]) throws(ProtobufFailure) -> [[UInt8]] {
        var items: [[UInt8]] = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard field.number == 1 else { throw .unknownField(field.number) }
            items.append(try field.bytes())
        }
        return items
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.message(1, header.protobuf)
        for (number, items) in [(2, transactions), (3, evidence)] {
            var list = ProtobufWriter()
            for item in items { list.message(1, item) }
            writer.message(number, list.bytes)
        }
        if let lastCommit { writer.message(4, lastCommit.protobuf) }
    }
}

/// Consensus parameters that a header commits to: `HashedParams` {max_bytes 1, max_gas 2}.
package struct ConsensusParameters: Hashable, Sendable {
    package var blockBytesMax: Int64
    package var gasMax: Int64

    package init(blockBytesMax: Int64, gasMax: Int64) {
        self.blockBytesMax = blockBytesMax
        self.gasMax = gasMax
    }

    /// 22 MiB as CometBFT, no gas limit.
    package static let standard = ConsensusParameters(blockBytesMax: 22_020_096, gasMax: -1)

    /// A header's `consensus_hash`.
    package var hash: Digest {
        var writer = ProtobufWriter()
        writer.int64(1, blockBytesMax)
        writer.int64(2, gasMax)
        return SHA256.hash(writer.bytes)
    }
}
