import Codec
package import LedgerModel

/// What a validator signs: a proposal or a vote.
///
/// As bytes: u8 kind (1 proposal, 2 vote), then its protobuf.
package enum SignedMessage: Hashable, Sendable {
    case proposal(BlockProposal)
    case vote(Vote)

    package var height: Int64 {
        switch self {
        case .proposal(let proposal): proposal.height
        case .vote(let vote): vote.height
        }
    }

    package var round: Int32 {
        switch self {
        case .proposal(let proposal): proposal.round
        case .vote(let vote): vote.round
        }
    }

    package var step: SignState.Step {
        switch self {
        case .proposal: .proposal
        case .vote(let vote): vote.type == .prevote ? .prevote : .precommit
        }
    }

    /// Empty before it is signed.
    package var signature: [UInt8] {
        get {
            switch self {
            case .proposal(let proposal): proposal.signature
            case .vote(let vote): vote.signature
            }
        }
        set {
            switch self {
            case .proposal(var proposal):
                proposal.signature = newValue
                self = .proposal(proposal)
            case .vote(var vote):
                vote.signature = newValue
                self = .vote(vote)
            }
        }
    }

    /// The same message with that signature.
    package func signed(_ signature: [UInt8]) -> SignedMessage {
        var copy = self
        copy.signature = signature
        return copy
    }

    /// The message alone.
    ///
    /// Two of one ledger with equal ones have equal sign bytes.
    var unsigned: SignedMessage { signed([]) }

    package func signBytes(chainID: String) -> [UInt8] {
        switch self {
        case .proposal(let proposal): proposal.signBytes(chainID: chainID)
        case .vote(let vote): vote.signBytes(chainID: chainID)
        }
    }

    package var encoded: [UInt8] {
        switch self {
        case .proposal(let proposal): [1] + proposal.encoded
        case .vote(let vote): [2] + vote.encoded
        }
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        let body = Array(bytes.dropFirst())
        do throws(LedgerModelFailure) {
            switch bytes.first {
            case 1: self = .proposal(try BlockProposal(decoding: body))
            case 2: self = .vote(try Vote(decoding: body))
            default: throw .invalid("kind")
            }
        } catch { throw .malformed }
    }
}
