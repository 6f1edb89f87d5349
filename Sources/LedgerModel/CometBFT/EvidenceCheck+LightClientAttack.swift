import Cryptography

extension EvidenceCheck {
    /// A block that was signed beside the ledger's own.
    ///
    /// Every COMMIT entry of the conflicting commit must hold, not only those up to the quorum: what is accused must be
    /// proven.
    ///
    /// `common` is time and set of the block at the common height; `trusted` the ledger's header and commit at the
    /// conflicting height, its last ones where it has not got there.
    /// Throws why it proves nothing.
    package func verify(
        _ evidence: LightClientAttackEvidence, common: (time: Timestamp, validators: ValidatorSet),
        trusted: SignedHeader
    ) throws(EvidenceFailure) -> [ValidatorMisbehaviour] {
        let conflicting = evidence.conflicting
        let header = conflicting.header
        guard evidence.totalPower > 0, evidence.commonHeight > 0 else { throw .malformed("power or height") }
        guard evidence.commonHeight <= header.height else { throw .malformed("the common height is ahead") }
        let unverified = UnverifiedHeader(signed: conflicting, validators: evidence.conflictingValidators)
        do { try HeaderStep.checkForm(unverified, chainID: chainID) } catch { throw .conflictingBlock(error) }
        try checkAge(height: evidence.commonHeight, claimed: evidence.timestamp, blockTime: common.time)
        guard evidence.totalPower == common.validators.power else { throw .power }
        if trusted.header.height < header.height {
            // Ahead of the ledger: a lie only if it claims a time that the ledger has passed.
            guard header.time <= trusted.header.time else { throw .notConflicting }
        } else {
            guard trusted.header.height == header.height, trusted.header.hash != header.hash else {
                throw .notConflicting
            }
        }
        do throws(VerificationFailure) {
            if evidence.commonHeight != header.height {
                _ = try CommitVerification.verifyTrusting(conflicting, by: common.validators)
            } else if evidence.isLunatic(beside: trusted.header) {
                throw VerificationFailure.step("of the common height, but it could not follow")
            }
            _ = try CommitVerification.verify(conflicting, by: evidence.conflictingValidators)
            for (index, entry) in conflicting.commit.signatures.enumerated() where entry.flag == .commit {
                let validator = evidence.conflictingValidators.members[index]
                guard entry.validator == validator.address else { throw VerificationFailure.address(index: index) }
                try CommitVerification.check(entry, at: index, of: validator, in: conflicting)
            }
        } catch {
            throw .conflictingBlock(error)
        }
        return try misbehaviours(evidence, common: common, trusted: trusted)
    }

    private func misbehaviours(
        _ evidence: LightClientAttackEvidence, common: (time: Timestamp, validators: ValidatorSet),
        trusted: SignedHeader
    ) throws(EvidenceFailure) -> [ValidatorMisbehaviour] {
        let accused = evidence.accused(beside: trusted, common: common.validators)
        let claimed = evidence.byzantine
        guard accused.map(\.address) == claimed.map(\.address), accused.map(\.votingPower) == claimed.map(\.votingPower)
        else { throw .accused }
        return accused.compactMap { validator in
            Address(validator.address).map {
                ValidatorMisbehaviour(
                    kind: .lightClientAttack, validator: $0, power: validator.votingPower,
                    height: Height(UInt64(evidence.commonHeight)), time: common.time, totalPower: evidence.totalPower)
            }
        }
    }
}
