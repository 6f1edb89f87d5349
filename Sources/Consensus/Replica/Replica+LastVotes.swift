import LedgerModel

/// Who signed what last: what a validator that starts is told of its own key (D23).
extension Replica {
    mutating func note(_ vote: Vote) { note(.vote(vote), of: vote.validator) }

    mutating func note(_ proposal: BlockProposal, by proposer: [UInt8]) { note(.proposal(proposal), of: proposer) }

    mutating func note(_ commit: Commit) {
        for (index, entry) in commit.signatures.enumerated() where entry.flag == .commit || entry.flag == .nilVote {
            note(
                Vote(
                    type: .precommit, height: commit.height, round: commit.round,
                    blockID: entry.flag == .commit ? commit.blockID : BlockID(), timestamp: entry.timestamp,
                    validator: entry.validator, validatorIndex: Int32(index), signature: entry.signature))
        }
    }

    private mutating func note(_ message: SignedMessage, of validator: [UInt8]) {
        guard let address = Address(validator) else { return }
        if lastVotes[address].map({ $0.place < message.place }) ?? true { lastVotes[address] = message }
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
        if peers[peer]?.hasAnswered == true { startRule?.answered(binding.validator) }
    }

    /// Whether a peer has shown that it acts for a validator.
    package func actsForValidator(_ peer: NodeID) -> Bool { peers[peer]?.validator != nil }

    mutating func answerLastVote(to sender: NodeID) {
        guard let validator = peers[sender]?.validator else { return }
        if let binding { effects.append(.send(.validator(binding), to: sender)) }
        effects.append(.send(.lastVote(lastVotes[validator]), to: sender))
    }

    /// Takes a peer's answer.
    ///
    /// A later vote counts with its signature alone, whoever brings it: a peer that could claim one might bar this
    /// validator for ever, and one whose word for its validator was lost may be the only one that knows. One that does not
    /// hold need not be the peer's fault, since of a commit not every entry is checked. That nothing later is known counts
    /// only from who acts for a validator.
    mutating func takeLastVote(_ message: SignedMessage?, from sender: NodeID) {
        guard startRule != nil else { return }
        if let message {
            guard let own, isOwn(message) else { return }
            note(message, of: own.bytes)
            startRule?.heard(message.place)
        }
        peers[sender]?.hasAnswered = true
        if let validator = peers[sender]?.validator { startRule?.answered(validator) }
        applyStartRule()
    }

    /// The latest message of this validator that is known with its signature: what its signer must not fall behind.
    ///
    /// Of a commit that others made the signature may not hold.
    package var lastOwnMessage: SignedMessage? {
        [own.flatMap { lastVotes[$0] }, signState?.message].compactMap { $0 }.filter { !$0.signature.isEmpty }
            .max { $0.place < $1.place }
    }

    private func isOwn(_ message: SignedMessage) -> Bool {
        guard let own, let index = tip.validators.current.index(of: own.bytes),
            let key = tip.validators.current.members[index].publicKey.ed25519
        else { return false }
        return isValid(message.signature, message.signBytes(chainID: tip.ledger.chainID.text), key)
    }

    /// Lets the validator sign once the start rule allows; what came meanwhile is taken then.
    mutating func applyStartRule() {
        guard let rule = startRule else { return }
        // A validator whose turn has not come yet, or is over, may follow; it asks again when it is in the set.
        guard tip.validators.current.index(of: rule.own.bytes) != nil else { return }
        switch rule.verdict(in: tip.validators.current, last: signState, decided: tip.height) {
        case .asking: return
        case .cleared: if !rule.isOpen { return }
        case .barred(let height): bar(through: height)
        }
        startRule?.close()
        scheduleBegin()
        takeEarly()
    }

    /// After a decision: the rule is over, or the next height's set is asked as well.
    mutating func continueStartRule() {
        guard let rule = startRule else { return }
        if !rule.isOpen {
            if rule.isOver(after: tip.time) { return startRule = nil }
            if tip.validators.current != tip.validators.last { startRule?.ask(tip.validators.current) }
            if isWaitingForPeers { effects.append(.send(.wantLastVote, to: nil)) }
        }
        applyStartRule()
    }

    private mutating func bar(through height: Int64) {
        let barrier = SignState.barring(through: height)
        signState = barrier
        effects.append(.append(.signature(barrier)))
        effects.append(.reportRestoredBackup(through: height))
        machine = Self.machine(
            after: tip, own: own, timeouts: timeouts, synchrony: synchrony,
            recovery: Recovery(signatures: [barrier]), isSignedElsewhere: isSignedElsewhere)
    }
}

extension Recovery {
    /// What was signed last, whatever its height.
    var lastSignature: SignState? {
        signatures.max { ($0.height, $0.round, $0.step) < ($1.height, $1.round, $1.step) }
    }
}
