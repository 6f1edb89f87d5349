import LedgerModel

/// What this validator says itself: guarded, signed, on disk, sent, and only then counted like anybody's.
extension RoundStateMachine {
    /// Whether this validator proposes the current round and has signed nothing in it.
    var mayPropose: Bool {
        guard let own, proposer(of: round) == set.members[own].address else { return false }
        guard let signState else { return true }
        return (signState.height, signState.round) < (height, round)
    }

    /// Line 19.
    mutating func propose(_ blockID: BlockID, time: Timestamp, polRound: Int32) {
        owesProposal = false
        request(
            .proposal(
                BlockProposal(
                    height: height, round: round, polRound: polRound, blockID: blockID, timestamp: time)))
    }

    /// A vote of the current round.
    ///
    /// Its time is the block's; one for nil has the last block's (D2), so that the sign bytes of a height, round, step
    /// and block are always the same.
    mutating func cast(_ type: VoteType, _ blockID: BlockID?) {
        guard let own else { return }
        let time = blockID.flatMap { executed[$0]?.time } ?? previousTime
        request(
            .vote(
                Vote(
                    type: type, height: height, round: round, blockID: blockID ?? BlockID(), timestamp: time,
                    validator: set.members[own].address, validatorIndex: Int32(own), signature: [])))
    }

    /// Asks for a signature, unless something else was signed in this place before.
    ///
    /// Whoever asks twice for the same gets what was signed then, which is on disk.
    private mutating func request(_ message: SignedMessage) {
        switch SignState.verdict(on: message, after: signState) {
        case .sign:
            signState = SignState(message)
            unsigned.append(message)
            effects.append(.sign(message))
        case .reuse(let signed): send(signed)
        case .refuse: break
        }
    }

    /// Takes a signature: first the guard goes to disk, then the message to the others, then it counts here.
    mutating func publish(_ message: SignedMessage) throws(ConsensusFault) {
        guard !message.signature.isEmpty, let index = unsigned.firstIndex(of: message.unsigned) else {
            throw .notAskedFor
        }
        unsigned.remove(at: index)
        if signState?.message == message.unsigned { signState = SignState(message) }
        if keepsWhatItSigns { effects.append(.persist(.signature(SignState(message)))) }
        send(message)
    }

    private mutating func send(_ message: SignedMessage) {
        switch message {
        case .proposal(let proposal):
            if !isAlone { effects.append(.broadcast(self.message(proposal))) }
            if proposals[proposal.round] == nil {
                proposals[proposal.round] = Received(proposal: proposal, isTimely: true)
            }
        case .vote(let vote):
            if !isAlone { effects.append(.broadcast(.vote(vote))) }
            if let own { count(VerifiedVote(own: vote, index: own)) }
        }
    }

    /// A proposal as it is sent: with the polka that it rests on, if this validator knows one: of somebody else's claim it
    /// may be that nobody does.
    func message(_ proposal: BlockProposal) -> ConsensusMessage {
        let isKnown =
            proposal.polRound >= 0 && votes.quorum(.prevote, round: proposal.polRound) == proposal.blockID
        return .proposal(
            proposal, polka: isKnown ? votes.quorumVotes(.prevote, round: proposal.polRound) : [])
    }

    // MARK: After a restart

    /// Takes over what the log holds: the guard, the lock with its polka, and the round of the last signature.
    mutating func recover(_ recovery: Recovery) {
        signState = recovery.signatures.max { ($0.height, $0.round, $0.step) < ($1.height, $1.round, $1.step) }
        resumed = recovery.signatures.compactMap { $0.height == height ? $0.message : nil }
        resumedRound = resumed.map(\.round).max() ?? 0
        if let lock = recovery.lock, lock.height == height {
            locked = Polka(round: lock.round, blockID: lock.blockID)
            valid = locked
            resumedRound = max(resumedRound, lock.round)
            // Checked before the lock was written.
            let polka = VerifiedPolka(stored: lock.polka)
            for vote in polka.votes { _ = votes.insert(vote.vote, index: vote.index, currentRound: lock.round) }
            votes.adopt(polka)
        }
        if let certificate = recovery.certificate, certificate.height == height {
            self.certificate = certificate
            resumedRound = max(resumedRound, certificate.round)
            // Checked before the certificate was written.
            for vote in certificate.votes {
                _ = votes.insert(vote, index: Int(vote.validatorIndex), currentRound: certificate.round)
            }
        }
    }

    /// When the height begins again: executes the locked block, and says again what was said before the restart, since it
    /// may have reached nobody.
    mutating func resume() {
        guard round < 0 else { return }
        round = resumedRound
        if let locked {
            executionAsked.insert(locked.blockID)
            effects.append(.execute(locked.blockID))
        }
        let messages = resumed
        resumed = []
        for message in messages {
            guard message.signature.isEmpty else {
                send(message)
                continue
            }
            // Noted, but never answered by the signer. A proposal's block is lost; a vote may still be waited for.
            guard case .vote = message else { continue }
            unsigned.append(message)
            effects.append(.sign(message))
        }
    }
}

extension VerifiedVote {
    /// Our own, just signed or read from our log.
    init(own vote: Vote, index: Int) {
        self.vote = vote
        self.index = index
    }
}

extension VerifiedPolka {
    /// Read from our log.
    init(stored votes: [Vote]) {
        self.votes = votes.map { VerifiedVote(own: $0, index: Int($0.validatorIndex)) }
        round = votes[0].round
        blockID = votes[0].blockID
    }
}
