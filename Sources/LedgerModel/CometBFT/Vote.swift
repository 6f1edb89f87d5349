package import Codec

/// Types of signed messages (`tendermint.types.SignedMsgType`).
package enum VoteType: UInt64, Hashable, Sendable {
    case prevote = 1
    case precommit = 2
    case proposal = 32
}

/// What a validator signs (`CanonicalVote`, behind its length): the bytes of one vote.
///
/// | field | number | type |
/// |---|---|---|
/// | type | 1 | varint |
/// | height, round | 2, 3 | sfixed64, 0 left out |
/// | block_id {hash 1, part_set_header 2 {total 1, hash 2}} | 4 | left out for nil |
/// | timestamp | 5 | always there |
/// | chain_id | 6 | string |
package enum CanonicalVote {
    package static func signBytes(
        type: VoteType, chainID: String, height: Int64, round: Int32, blockID: BlockID, timestamp: Timestamp
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, type.rawValue)
        writer.sfixed64(2, height)
        writer.sfixed64(3, Int64(round))
        if !blockID.isZero { writer.message(4, blockID.protobuf) }
        writer.message(5, timestamp.protobuf)
        writer.string(6, chainID)
        return ProtobufWriter.lengthPrefixed(writer.bytes)
    }

    /// What a proposer signs (`CanonicalProposal`): pol_round = 4, block_id = 5, timestamp = 6, chain_id = 7.
    package static func proposalSignBytes(
        chainID: String, height: Int64, round: Int32, polRound: Int32, blockID: BlockID, timestamp: Timestamp
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, VoteType.proposal.rawValue)
        writer.sfixed64(2, height)
        writer.sfixed64(3, Int64(round))
        writer.int64(4, Int64(polRound))
        if !blockID.isZero { writer.message(5, blockID.protobuf) }
        writer.message(6, timestamp.protobuf)
        writer.string(7, chainID)
        return ProtobufWriter.lengthPrefixed(writer.bytes)
    }
}

/// `tendermint.types.Vote`: type 1, height 2, round 3, block_id 4, timestamp 5, validator_address 6, validator_index 7,
/// signature 8.
package struct Vote: Hashable, Sendable, CanonicalMessage {
    package var type: VoteType
    package var height: Int64
    package var round: Int32
    package var blockID: BlockID
    package var timestamp: Timestamp
    package var validator: [UInt8]
    package var validatorIndex: Int32
    package var signature: [UInt8]

    package init(
        type: VoteType, height: Int64, round: Int32, blockID: BlockID, timestamp: Timestamp, validator: [UInt8],
        validatorIndex: Int32, signature: [UInt8]
    ) {
        self.type = type
        self.height = height
        self.round = round
        self.blockID = blockID
        self.timestamp = timestamp
        self.validator = validator
        self.validatorIndex = validatorIndex
        self.signature = signature
    }

    package init() {
        self.init(
            type: .prevote, height: 0, round: 0, blockID: BlockID(), timestamp: Timestamp(), validator: [],
            validatorIndex: 0, signature: [])
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    package func signBytes(chainID: String) -> [UInt8] {
        CanonicalVote.signBytes(
            type: type, chainID: chainID, height: height, round: round, blockID: blockID, timestamp: timestamp)
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1:
            guard let type = VoteType(rawValue: try field.unsigned()), type != .proposal else {
                throw .unexpectedValue(field: 1)
            }
            self.type = type
        case 2: height = try field.int64()
        case 3: round = try field.int32()
        case 4: blockID = try BlockID(reading: field.bytes())
        case 5: timestamp = try Timestamp(reading: field.bytes())
        case 6: validator = try field.bytes()
        case 7: validatorIndex = try field.int32()
        case 8: signature = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.unsigned(1, type.rawValue)
        writer.int64(2, height)
        writer.int64(3, Int64(round))
        writer.message(4, blockID.protobuf)
        writer.message(5, timestamp.protobuf)
        writer.bytes(6, validator)
        writer.int64(7, Int64(validatorIndex))
        writer.bytes(8, signature)
    }
}
