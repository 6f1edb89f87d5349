import Codec
package import LedgerModel

/// What validators send each other about a height.
///
/// Blocks travel beside it: whoever sends a proposal sends the block too.
///
/// | field | number | type |
/// |---|---|---|
/// | proposal | 1 | `tendermint.types.Proposal` |
/// | polka | 2 | `Vote`, repeated: the prevotes that a proposal with pol_round >= 0 rests on |
/// | vote | 3 | `tendermint.types.Vote` |
///
/// Either proposal, with or without polka, or vote; fields in order.
package enum ConsensusMessage: Hashable, Sendable {
    case proposal(BlockProposal, polka: [Vote])
    case vote(Vote)

    /// Votes in a polka: a set's members at most.
    package static let polkaVotesMax = ValidatorSet.memberCountMax

    package var height: Int64 {
        switch self {
        case .proposal(let proposal, _): proposal.height
        case .vote(let vote): vote.height
        }
    }

    package var encoded: [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .proposal(let proposal, let polka):
            writer.message(1, proposal.encoded)
            for vote in polka { writer.message(2, vote.encoded) }
        case .vote(let vote): writer.message(3, vote.encoded)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        do {
            var reader = ProtobufReader(bytes)
            guard let first = try reader.next() else { throw ConsensusFault.malformed }
            switch first.number {
            case 1:
                let proposal = try BlockProposal(decoding: first.bytes())
                var polka: [Vote] = []
                while let field = try reader.next() {
                    guard field.number == 2, polka.count < Self.polkaVotesMax else { throw ConsensusFault.malformed }
                    polka.append(try Vote(decoding: field.bytes()))
                }
                self = .proposal(proposal, polka: polka)
            case 3:
                self = .vote(try Vote(decoding: first.bytes()))
                guard try reader.next() == nil else { throw ConsensusFault.malformed }
            default: throw ConsensusFault.malformed
            }
        } catch { throw .malformed }
    }
}
