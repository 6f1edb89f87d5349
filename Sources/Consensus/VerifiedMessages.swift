package import LedgerModel

/// Whether an Ed25519 signature (64 bytes) holds for a message under a key (32 bytes).
package typealias SignaturePredicate = CommitVerification.Predicate

/// The predicate of votes (D6).
///
/// A parameter only so that a simulation may remember what it has checked.
package let voteSignaturePredicate: SignaturePredicate = CommitVerification.zip215

/// A vote by a member of the set, at its place, with a signature that holds.
///
/// The only way to one is the check.
package struct VerifiedVote: Hashable, Sendable {
    package let vote: Vote
    /// The validator's place in the set.
    let index: Int

    package init(
        checking vote: Vote, by set: ValidatorSet, on chainID: String,
        isValid: SignaturePredicate = voteSignaturePredicate
    ) throws(ConsensusFault) {
        guard vote.height > 0, vote.round >= 0 else { throw .invalid("height or round") }
        guard vote.type != .proposal else { throw .invalid("type") }
        guard vote.blockID.isZero || vote.blockID.isComplete else { throw .invalid("block id") }
        guard vote.timestamp.isValid else { throw .invalid("timestamp") }
        guard let index = Int(exactly: vote.validatorIndex), set.members.indices.contains(index),
            set.members[index].address == vote.validator, let key = set.members[index].publicKey.ed25519
        else { throw .notAValidator }
        guard isValid(vote.signature, vote.signBytes(chainID: chainID), key) else { throw .signature }
        self.vote = vote
        self.index = index
    }
}

/// More than 2/3 of the prevotes of a round for one block.
package struct VerifiedPolka: Hashable, Sendable {
    /// In set order.
    let votes: [VerifiedVote]
    package let round: Int32
    package let blockID: BlockID

    package init(
        checking votes: [Vote], by set: ValidatorSet, on chainID: String,
        isValid: SignaturePredicate = voteSignaturePredicate
    ) throws(ConsensusFault) {
        guard let first = votes.first, !first.blockID.isZero else { throw .notAQuorum }
        var checked: [VerifiedVote] = []
        var power: Int64 = 0
        for vote in votes {
            guard vote.type == .prevote, vote.height == first.height, vote.round == first.round,
                vote.blockID == first.blockID, checked.last.map({ $0.index < Int(vote.validatorIndex) }) ?? true
            else { throw .notAQuorum }
            let verified = try VerifiedVote(checking: vote, by: set, on: chainID, isValid: isValid)
            checked.append(verified)
            power += set.members[verified.index].votingPower
        }
        guard power > TrustLevel.twoThirds.threshold(of: set.power) else { throw .notAQuorum }
        self.votes = checked
        round = first.round
        blockID = first.blockID
    }

    var height: Int64 { votes[0].vote.height }
}

/// A proposal that the named validator signed, and the polka that it rests on, where it came with one.
///
/// Whether that validator is the round's proposer is for the machine to say.
package struct VerifiedProposal: Hashable, Sendable {
    package let proposal: BlockProposal
    package let proposer: [UInt8]
    package let polka: VerifiedPolka?

    /// Checks a proposal that `proposer` should have signed: ``RoundStateMachine/proposer(of:)``.
    package init(
        checking proposal: BlockProposal, polka votes: [Vote], from proposer: [UInt8], by set: ValidatorSet,
        on chainID: String, isValid: SignaturePredicate = voteSignaturePredicate
    ) throws(ConsensusFault) {
        guard proposal.height > 0, proposal.round >= 0 else { throw .invalid("height or round") }
        guard -1..<proposal.round ~= proposal.polRound else { throw .invalid("polka round") }
        guard proposal.blockID.isComplete else { throw .invalid("block id") }
        guard proposal.timestamp.isValid else { throw .invalid("timestamp") }
        guard let index = set.index(of: proposer), let key = set.members[index].publicKey.ed25519 else {
            throw .notAValidator
        }
        guard isValid(proposal.signature, proposal.signBytes(chainID: chainID), key) else { throw .signature }
        if votes.isEmpty {
            polka = nil
        } else {
            let polka = try VerifiedPolka(checking: votes, by: set, on: chainID, isValid: isValid)
            guard polka.height == proposal.height, polka.round == proposal.polRound, polka.blockID == proposal.blockID
            else { throw .notAQuorum }
            self.polka = polka
        }
        self.proposal = proposal
        self.proposer = proposer
    }
}

/// A commit by more than 2/3 of the set, counted as CometBFT does (D6).
package struct VerifiedCommit: Hashable, Sendable {
    package let commit: Commit

    package init(
        checking commit: Commit, by set: ValidatorSet, on chainID: String,
        isValid: SignaturePredicate = voteSignaturePredicate
    ) throws(ConsensusFault) {
        // Counting reads only the chain's name from the header.
        var header = BlockHeader()
        header.chainID = chainID
        do throws(VerificationFailure) {
            try commit.validate()
            _ = try CommitVerification.verify(
                SignedHeader(header: header, commit: commit), by: set, isValid: isValid)
        } catch { throw .commit(error) }
        self.commit = commit
    }
}

extension BlockID {
    /// Both hashes and a number of parts, as a vote for a block must have.
    var isComplete: Bool { hash.count == 32 && parts.hash.count == 32 && parts.total > 0 }
}
