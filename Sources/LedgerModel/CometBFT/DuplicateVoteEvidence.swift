package import Codec

/// Two votes of one validator for one step that name different blocks (`DuplicateVoteEvidence`: vote_a 1, vote_b 2,
/// total_voting_power 3, validator_power 4, timestamp 5).
///
/// Anybody can check it against the set of that height.
package struct DuplicateVoteEvidence: Hashable, Sendable, CanonicalMessage {
    /// The vote whose block id comes first in byte order.
    package var first: Vote
    package var second: Vote
    package var totalPower: Int64
    package var validatorPower: Int64
    /// The time of the block at the votes' height; whoever found the votes before it was decided sets it then.
    package var timestamp: Timestamp

    /// Puts the votes in order, as CometBFT does, so that all make the same evidence of the same votes.
    package init(_ one: Vote, _ other: Vote, totalPower: Int64, validatorPower: Int64, timestamp: Timestamp) {
        let isInOrder = one.blockID.key.lexicographicallyPrecedes(other.blockID.key)
        first = isInOrder ? one : other
        second = isInOrder ? other : one
        self.totalPower = totalPower
        self.validatorPower = validatorPower
        self.timestamp = timestamp
    }

    package init() {
        first = Vote()
        second = Vote()
        totalPower = 0
        validatorPower = 0
        timestamp = Timestamp()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: first = try Vote(reading: field.bytes())
        case 2: second = try Vote(reading: field.bytes())
        case 3: totalPower = try field.int64()
        case 4: validatorPower = try field.int64()
        case 5: timestamp = try Timestamp(reading: field.bytes())
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.message(1, first.protobuf)
        writer.message(2, second.protobuf)
        writer.int64(3, totalPower)
        writer.int64(4, validatorPower)
        writer.message(5, timestamp.protobuf)
    }
}

extension BlockID {
    /// What CometBFT orders votes by: the hash, then the part set header's bytes.
    var key: [UInt8] { hash + parts.protobuf }
}
