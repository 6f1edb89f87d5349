package import Codec

/// A block put forward in a round: what its proposer signs (`tendermint.types.Proposal`), without the block itself.
///
/// | field | number | type |
/// |---|---|---|
/// | type | 1 | varint, always 32 |
/// | height, round | 2, 3 | varint, 0 left out |
/// | pol_round | 4 | varint, -1 in ten bytes |
/// | block_id | 5 | always there |
/// | timestamp | 6 | always there |
/// | signature | 7 | bytes |
package struct BlockProposal: Hashable, Sendable, CanonicalMessage {
    package var height: Int64
    package var round: Int32
    /// The earlier round in which the block had more than 2/3 of the prevotes, or -1.
    package var polRound: Int32
    package var blockID: BlockID
    /// The time of the block's header.
    package var timestamp: Timestamp
    package var signature: [UInt8]

    package init(
        height: Int64, round: Int32, polRound: Int32, blockID: BlockID, timestamp: Timestamp, signature: [UInt8] = []
    ) {
        self.height = height
        self.round = round
        self.polRound = polRound
        self.blockID = blockID
        self.timestamp = timestamp
        self.signature = signature
    }

    package init() { self.init(height: 0, round: 0, polRound: 0, blockID: BlockID(), timestamp: Timestamp()) }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    package func signBytes(chainID: String) -> [UInt8] {
        CanonicalVote.proposalSignBytes(
            chainID: chainID, height: height, round: round, polRound: polRound, blockID: blockID, timestamp: timestamp)
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: guard try field.unsigned() == VoteType.proposal.rawValue else { throw .unexpectedValue(field: 1) }
        case 2: height = try field.int64()
        case 3: round = try field.int32()
        case 4: polRound = try field.int32()
        case 5: blockID = try BlockID(reading: field.bytes())
        case 6: timestamp = try Timestamp(reading: field.bytes())
        case 7: signature = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.unsigned(1, VoteType.proposal.rawValue)
        writer.int64(2, height)
        writer.int64(3, Int64(round))
        writer.int64(4, Int64(polRound))
        writer.message(5, blockID.protobuf)
        writer.message(6, timestamp.protobuf)
        writer.bytes(7, signature)
    }
}
