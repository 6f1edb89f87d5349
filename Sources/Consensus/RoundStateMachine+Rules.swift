import LedgerModel

/// Algorithm 1, line by line.
extension RoundStateMachine {
    /// Lines 11 to 13 and 21.
    ///
    /// `because`: the votes for which it begins; why the first one does need not be kept.
    mutating func startRound(_ next: Int32, because reason: [Vote] = []) {
        resume()
        round = max(next, resumedRound)
        if round == next, round > 0 { enter(for: reason) }
        step = .propose
        fired = Fired()
        hasAskedForBlock = false
        foreseeProposers(through: round)
        owesProposal = mayPropose
        // A proposer does not wait for itself.
        if !owesProposal { schedule(.propose) }
    }

    /// Keeps why the round was entered, before anything of it is signed.
    private mutating func enter(for reason: [Vote]) {
        let certificate = RoundCertificate(height: height, round: round, votes: reason)
        self.certificate = certificate
        if own != nil, keepsWhatItSigns { effects.append(.persist(.certificate(certificate))) }
    }

    /// Applies the rules until none fires.
    ///
    /// The order of the rules is the order of checks on every replica.
    mutating func applyRules() {
        var hasFired = true
        while hasFired, !isOver {
            hasFired =
                applyDecision() || applyProposing() || applyProposal() || applyPolka() || applyNilPolka()
                || applyPrevoteTimeout() || applyPrecommitTimeout()
        }
    }

    /// Lines 49 to 54: a quorum of precommits for a block, of any round, or a commit that others made of one.
    private mutating func applyDecision() -> Bool {
        guard let blockID = votes.decided?.blockID ?? commit?.blockID else { return false }
        guard let block = executed[blockID] else {
            requestExecution(of: blockID)
            return false
        }
        isOver = true
        guard block.isValid else {
            effects.append(.halt(blockID))
            return true
        }
        let counted = votes.decided.map {
            Commit(
                height: height, round: $0.round, blockID: blockID,
                precommits: votes.votes(.precommit, round: $0.round))
        }
        if let commit = counted ?? commit { effects.append(.decide(Decision(blockID: blockID, commit: commit))) }
        return true
    }

    /// Lines 14 to 19: the block that had a polka before, or a new one.
    private mutating func applyProposing() -> Bool {
        guard owesProposal, step == .propose else { return false }
        if let valid {
            guard let block = executed[valid.blockID] else {
                requestExecution(of: valid.blockID)
                return false
            }
            propose(valid.blockID, time: block.time, polRound: valid.round)
            return true
        }
        guard !hasAskedForBlock else { return false }
        hasAskedForBlock = true
        effects.append(.requestProposal(height: height, round: round))
        return true
    }

    /// Lines 22 to 33: a proposal is at hand.
    ///
    /// Line 22 for a new block, line 28 for one that had a polka in an earlier round, which waits until this validator
    /// knows that polka.
    private mutating func applyProposal() -> Bool {
        guard step == .propose, let received = proposals[round] else { return false }
        let proposal = received.proposal
        let isOfLock = locked?.blockID == proposal.blockID
        let isFree: Bool
        if proposal.polRound < 0 {
            // Line 23, and the timestamp's rule: whoever holds no lock must have received the block in time.
            isFree = isOfLock || locked == nil && received.isTimely
        } else {
            guard votes.quorum(.prevote, round: proposal.polRound) == proposal.blockID else { return false }
            // Line 29.
            isFree = isOfLock || (locked?.round ?? -1) <= proposal.polRound
        }
        guard isFree, proposal.timestamp > previousTime else {
            prevote(nil)
            return true
        }
        guard let block = executed[proposal.blockID] else {
            requestExecution(of: proposal.blockID)
            return false
        }
        prevote(block.isValid && block.time == proposal.timestamp ? proposal.blockID : nil)
        return true
    }

    /// Lines 34 to 35: a quorum of any prevotes, for the first time.
    private mutating func applyPrevoteTimeout() -> Bool {
        guard step == .prevote, !fired.prevoteTimeout, votes.hasQuorumOfAny(.prevote, round: round) else {
            return false
        }
        fired.prevoteTimeout = true
        schedule(.prevote)
        return true
    }

    /// Lines 36 to 43: a polka for a block of this round, for the first time.
    private mutating func applyPolka() -> Bool {
        guard step != .propose, !fired.polka, let blockID = votes.quorum(.prevote, round: round), !blockID.isZero
        else { return false }
        guard let block = executed[blockID] else {
            requestExecution(of: blockID)
            return false
        }
        fired.polka = true
        guard block.isValid else { return true }
        valid = Polka(round: round, blockID: blockID)
        if step == .prevote {
            locked = valid
            let lock = LockedBlock(
                height: height, round: round, blockID: blockID, time: block.time,
                polka: votes.quorumVotes(.prevote, round: round))
            if keepsWhatItSigns { effects.append(.persist(.lock(lock))) }
            precommit(blockID)
        }
        return true
    }

    /// Lines 44 to 46: a polka for nil.
    private mutating func applyNilPolka() -> Bool {
        guard step == .prevote, let blockID = votes.quorum(.prevote, round: round), blockID.isZero else { return false }
        precommit(nil)
        return true
    }

    /// Lines 47 to 48: a quorum of any precommits, for the first time.
    private mutating func applyPrecommitTimeout() -> Bool {
        guard round >= 0, !fired.precommitTimeout, votes.hasQuorumOfAny(.precommit, round: round) else { return false }
        fired.precommitTimeout = true
        schedule(.precommit)
        return true
    }

    /// Lines 57 to 67.
    mutating func elapsed(_ timeout: Timeout) {
        guard timeout.height == height, timeout.round == round, round >= 0 else { return }
        switch timeout.step {
        case .propose: if step == .propose { prevote(nil) }
        // What an earlier machine of this height scheduled may still elapse.
        case .prevote: if step == .prevote, fired.prevoteTimeout { precommit(nil) }
        case .precommit:
            guard fired.precommitTimeout else { return }
            startRound(round + 1, because: votes.votes(.precommit, round: round).compactMap { $0 })
        }
    }

    private mutating func prevote(_ blockID: BlockID?) {
        step = .prevote
        cast(.prevote, blockID)
    }

    private mutating func precommit(_ blockID: BlockID?) {
        step = .precommit
        cast(.precommit, blockID)
    }

    private mutating func requestExecution(of blockID: BlockID) {
        if executionAsked.insert(blockID).inserted { effects.append(.execute(blockID)) }
    }

    private mutating func schedule(_ step: Timeout.Step) {
        effects.append(
            .schedule(
                Timeout(
                    step: step, height: height, round: round,
                    milliseconds: timeouts.milliseconds(step, round: round))))
    }
}
