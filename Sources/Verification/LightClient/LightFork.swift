import Cryptography
import LedgerModel

/// Two blocks of one height that both were signed by enough validators: nobody can say which ledger is the right one,
/// but everybody can see who signed both.
public struct LightFork: Sendable {
    /// Their height.
    public let height: UInt64
    /// Hash of the block that the client believed first, 32 bytes.
    public let kept: [UInt8]
    /// Hash of the other one, 32 bytes.
    public let other: [UInt8]
    /// What convicts their signers, each a `tendermint.types.Evidence` for one ledger or the other.
    ///
    /// Empty where both name the same validators and were signed in different rounds: that convicts nobody by itself.
    public let evidence: [[UInt8]]

    /// `common`: the last block before, that both ledgers have; nil where the client knows none.
    init(kept: VerifiedHeader, other: VerifiedHeader, common: VerifiedHeader?) {
        height = UInt64(kept.header.height)
        self.kept = kept.header.hash.bytes
        self.other = other.header.hash.bytes
        let doubleVotes = Self.doubleVotes(kept, other)
        let attacks = common.map {
            [Self.attack(by: other, beside: kept, $0), Self.attack(by: kept, beside: other, $0)]
        }
        let isSameSet =
            kept.header.validatorsHash == other.header.validatorsHash
            && kept.header.nextValidatorsHash == other.header.nextValidatorsHash
        evidence = (doubleVotes + (isSameSet ? [] : attacks ?? [])).map(\.encoded)
    }

    /// Whoever signed both in one round.
    private static func doubleVotes(_ kept: VerifiedHeader, _ other: VerifiedHeader) -> [Evidence] {
        let (one, two) = (kept.signed.commit, other.signed.commit)
        guard one.round == two.round else { return [] }
        return kept.validators.members.compactMap { member in
            guard let first = one.vote(of: member.address), let second = two.vote(of: member.address) else {
                return nil
            }
            return .duplicateVote(
                DuplicateVoteEvidence(
                    first, second, totalPower: kept.validators.power, validatorPower: member.votingPower,
                    timestamp: kept.header.time))
        }
    }

    /// CometBFT's `newLightClientAttackEvidence`, for a header that could not have followed from the common block.
    private static func attack(
        by conflicting: VerifiedHeader, beside trusted: VerifiedHeader, _ common: VerifiedHeader
    ) -> Evidence {
        var attack = LightClientAttackEvidence(
            conflicting: conflicting.signed,
            validators: conflicting.validators.withProposer(conflicting.header.proposer),
            commonHeight: common.header.height, byzantine: [], totalPower: common.validators.power,
            timestamp: common.header.time)
        attack.byzantine = attack.accused(beside: trusted.signed, common: common.validators)
        return .lightClientAttack(attack)
    }
}

extension Commit {
    /// A member's precommit for the block, with its place in the set.
    fileprivate func vote(of address: [UInt8]) -> Vote? {
        guard let index = signatures.firstIndex(where: { $0.flag == .commit && $0.validator == address }) else {
            return nil
        }
        let entry = signatures[index]
        return Vote(
            type: .precommit, height: height, round: round, blockID: blockID, timestamp: entry.timestamp,
            validator: entry.validator, validatorIndex: Int32(index), signature: entry.signature)
    }
}
