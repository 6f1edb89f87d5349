import LedgerModel

/// Who voted last where: what a validator that starts is told of its own key (D23).
extension Replica {
    mutating func note(_ vote: Vote) {
        guard let address = Address(vote.validator) else { return }
        note(
            VotePlace(height: vote.height, round: vote.round, step: vote.type == .prevote ? .prevote : .precommit),
            of: address)
    }

    mutating func note(_ proposal: BlockProposal, by proposer: [UInt8]) {
        guard let address = Address(proposer) else { return }
        note(VotePlace(height: proposal.height, round: proposal.round, step: .proposal), of: address)
    }

    mutating func note(_ signature: CommitSignature, of commit: Commit) {
        guard signature.flag == .commit || signature.flag == .nilVote, let address = Address(signature.validator)
        else { return }
        note(VotePlace(height: commit.height, round: commit.round, step: .precommit), of: address)
    }

    private mutating func note(_ place: VotePlace, of validator: Address) {
        if lastVotes[validator].map({ $0 < place }) ?? true { lastVotes[validator] = place }
    }

    /// Keeps a peer's word for whom it acts: it may be sent long before that validator joins the set.
    mutating func take(_ binding: NodeBinding, from sender: NodeID) {
        peers[sender]?.binding = binding
        believe(binding, of: sender)
    }

    /// Whoever has joined the set since its node said whom it acts for is known from now on.
    mutating func believeBindings() {
        for peer in sortedPeers where peers[peer]?.validator == nil {
            if let binding = peers[peer]?.binding { believe(binding, of: peer) }
        }
    }

    private mutating func believe(_ binding: NodeBinding, of peer: NodeID) {
        guard
            binding.holds(for: peer, on: tip.ledger, in: tip.validators.current, isValid: isValid)
                || binding.holds(for: peer, on: tip.ledger, in: tip.validators.next, isValid: isValid)
        else { return }
        peers[peer]?.validator = binding.validator
    }

    /// Whether a peer has shown that it acts for a validator.
    package func actsForValidator(_ peer: NodeID) -> Bool { peers[peer]?.validator != nil }

    mutating func answerLastVote(to sender: NodeID) {
        guard let validator = peers[sender]?.validator else { return }
        effects.append(.send(.lastVote(lastVotes[validator]), to: sender))
    }

    mutating func takeLastVote(_ place: VotePlace?, from sender: NodeID) {
        guard let validator = peers[sender]?.validator else { return }
        startRule?.answered(validator, place)
        applyStartRule()
    }

    /// Ends the start rule once it allows; what came meanwhile is taken then.
    mutating func applyStartRule() {
        guard let rule = startRule else { return }
        // A validator whose turn has not come yet, or is over, may follow; it asks again when it is in the set.
        guard tip.validators.current.index(of: rule.own.bytes) != nil else { return }
        switch rule.verdict(in: tip.validators.current, last: signState) {
        case .asking: return
        case .cleared: startRule = nil
        case .barred(let height): bar(through: height)
        }
        scheduleBegin()
        takeEarly()
    }

    private mutating func bar(through height: Int64) {
        startRule = nil
        let barrier = SignState.barring(through: height)
        signState = barrier
        effects.append(.append(.signature(barrier)))
        effects.append(.reportRestoredBackup(through: height))
        machine = Self.machine(
            after: tip, own: own, timeouts: timeouts, synchrony: synchrony,
            recovery: Recovery(signatures: [barrier]))
    }
}

extension Recovery {
    /// What was signed last, whatever its height.
    var lastSignature: SignState? {
        signatures.max { ($0.height, $0.round, $0.step) < ($1.height, $1.round, $1.step) }
    }
}
