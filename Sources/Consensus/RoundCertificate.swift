import Codec
package import LedgerModel

/// The votes because of which this validator went on to a round: precommits of more than 2/3 of the power in the round
/// before (line 47), or votes of more than 1/3 in this round or later ones (line 55).
///
/// On disk before anything of the round is signed, and said again while nothing moves. The paper's links lose nothing;
/// here whoever alone heard a faulty validator's vote, went on by it and lost power would stand in a round to which nobody
/// else finds, for ever.
///
/// As bytes: u64 height, u32 round, u32 count, then each vote as a part (protobuf).
package struct RoundCertificate: Hashable, Sendable {
    package let height: Int64
    package let round: Int32
    /// In set order, one a validator.
    package let votes: [Vote]

    package init(height: Int64, round: Int32, votes: [Vote]) {
        self.height = height
        self.round = round
        self.votes = votes
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.uint64(UInt64(height))
        writer.uint32(UInt32(round))
        writer.uint32(UInt32(votes.count))
        for vote in votes { writer.part(vote.encoded) }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        guard let height = (try? reader.uint64()).flatMap({ Int64(exactly: $0) }),
            let round = (try? reader.uint32()).flatMap({ Int32(exactly: $0) }), round > 0,
            let count = try? reader.uint32(), 1...ValidatorSet.memberCountMax ~= Int(count)
        else { throw .malformed }
        var votes: [Vote] = []
        for _ in 0..<count {
            guard let vote = (try? reader.part()).flatMap({ try? Vote(decoding: $0) }), vote.height == height,
                vote.round >= round || vote.round == round - 1 && vote.type == .precommit,
                (votes.last?.validatorIndex ?? -1) < vote.validatorIndex
            else { throw .malformed }
            votes.append(vote)
        }
        guard reader.remaining == 0 else { throw .malformed }
        self.init(height: height, round: round, votes: votes)
    }
}
