package import Codec
package import Cryptography
import Proofs

/// `tendermint.types.Header`, block protocol 11: 14 fields, whose Merkle root is the block's hash.
///
/// | field | number | leaf of the hash |
/// |---|---|---|
/// | version {block, app} | 1 | protobuf |
/// | chain_id | 2 | StringValue, empty if default |
/// | height | 3 | Int64Value |
/// | time | 4 | protobuf |
/// | last_block_id | 5 | protobuf |
/// | last_commit_hash, data_hash, validators_hash, next_validators_hash, consensus_hash, app_hash, last_results_hash, evidence_hash | 6 to 13 | BytesValue |
/// | proposer_address | 14 | BytesValue |
package struct BlockHeader: Hashable, Sendable, CanonicalMessage {
    package static let blockProtocol: UInt64 = 11

    package var blockVersion: UInt64
    package var appVersion: UInt64
    package var chainID: String
    package var height: Int64
    package var time: Timestamp
    package var lastBlockID: BlockID
    package var lastCommitHash: [UInt8]
    package var dataHash: [UInt8]
    package var validatorsHash: [UInt8]
    package var nextValidatorsHash: [UInt8]
    package var consensusHash: [UInt8]
    package var appHash: [UInt8]
    package var lastResultsHash: [UInt8]
    package var evidenceHash: [UInt8]
    /// 20 bytes.
    package var proposer: [UInt8]

    package init() {
        blockVersion = 0
        appVersion = 0
        chainID = ""
        height = 0
        time = Timestamp()
        lastBlockID = BlockID()
        lastCommitHash = []
        dataHash = []
        validatorsHash = []
        nextValidatorsHash = []
        consensusHash = []
        appHash = []
        lastResultsHash = []
        evidenceHash = []
        proposer = []
    }

    /// Reads the one spelling.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }

    package var encoded: [UInt8] { protobuf }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: try takeVersion(field.bytes())
        case 2: chainID = try field.string()
        case 3: height = try field.int64()
        case 4: time = try Timestamp(reading: field.bytes())
        case 5: lastBlockID = try BlockID(reading: field.bytes())
        case 6: lastCommitHash = try field.bytes()
        case 7: dataHash = try field.bytes()
        case 8: validatorsHash = try field.bytes()
        case 9: nextValidatorsHash = try field.bytes()
        case 10: consensusHash = try field.bytes()
        case 11: appHash = try field.bytes()
        case 12: lastResultsHash = try field.bytes()
        case 13: evidenceHash = try field.bytes()
        case 14: proposer = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    private mutating func takeVersion(_ bytes: [UInt8]) throws(ProtobufFailure) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: blockVersion = try field.unsigned()
            case 2: appVersion = try field.unsigned()
            default: throw .unknownField(field.number)
            }
        }
    }

    private var version: [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, blockVersion)
        writer.unsigned(2, appVersion)
        return writer.bytes
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.message(1, version)
        writer.string(2, chainID)
        writer.int64(3, height)
        writer.message(4, time.protobuf)
        writer.message(5, lastBlockID.protobuf)
        for (offset, hash) in hashes.enumerated() { writer.bytes(6 + offset, hash) }
        writer.bytes(14, proposer)
    }

    private var hashes: [[UInt8]] {
        [
            lastCommitHash, dataHash, validatorsHash, nextValidatorsHash, consensusHash, appHash, lastResultsHash,
            evidenceHash,
        ]
    }

    /// The Merkle root over the fields: the block's hash.
    package var hash: Digest {
        func wrapped(_ bytes: [UInt8]) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.bytes(1, bytes)
            return writer.bytes
        }
        var number = ProtobufWriter()
        number.int64(1, height)
        return SimpleMerkle.root(
            of: [version, wrapped(Array(chainID.utf8)), number.bytes, time.protobuf, lastBlockID.protobuf]
                + hashes.map(wrapped) + [wrapped(proposer)])
    }

    /// CometBFT's Header.ValidateBasic.
    package func validate() throws(VerificationFailure) {
        guard blockVersion == Self.blockProtocol else { throw .header("block protocol is not 11") }
        guard let revision = ChainID.revision(of: chainID), revision <= UInt64(Int64.max), !chainID.isEmpty,
            chainID.utf8.count <= ChainID.byteCountMax, chainID.contains(where: { !$0.isWhitespace })
        else { throw .header("chain id") }
        guard height > 0 else { throw .header("height is not positive") }
        guard time.isValid else { throw .header("time is out of range") }
        guard lastBlockID.isWellFormed else { throw .header("last block id") }
        for hash in [
            lastCommitHash, dataHash, validatorsHash, nextValidatorsHash, consensusHash, lastResultsHash, evidenceHash,
        ] where ![0, 32].contains(hash.count) { throw .header("a hash is not 32 bytes") }
        guard proposer.count == Address.byteCount else { throw .header("proposer address is not 20 bytes") }
    }
}
