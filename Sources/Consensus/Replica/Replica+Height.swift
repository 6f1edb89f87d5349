import LedgerModel

/// One height: the machine's host, and the step to the next.
extension Replica {
    mutating func open() {
        effects.append(.schedule(.tick, afterNanoseconds: Self.tickInterval))
        startRule?.begin(at: now.wall, precision: synchrony.precision)
        applyStartRule()
        scheduleBegin()
    }

    /// Gives the machine an input and does what comes back, in order.
    mutating func feed(_ input: RoundStateMachine.Input) {
        inputs.append(input)
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while !inputs.isEmpty {
            let next = inputs.removeFirst()
            // Inputs of others are checked before; what the machine still refuses changes nothing.
            for effect in (try? machine.receive(next)) ?? [] { perform(effect) }
        }
    }

    private mutating func perform(_ effect: RoundStateMachine.Effect) {
        switch effect {
        case .requestProposal(_, let round): orderBlock(for: round)
        case .execute(let blockID): execute(blockID)
        case .sign(let message): effects.append(.sign(message))
        case .persist(let record): persist(record)
        case .broadcast(let message): broadcast(message)
        case .schedule(let timeout):
            effects.append(
                .schedule(.round(timeout), afterNanoseconds: UInt64(max(timeout.milliseconds, 0)) * 1_000_000))
        case .decide(let decision): decided(decision)
        case .reportEquivocation(let evidence): report(evidence)
        case .halt(let blockID): effects.append(.halt(blockID))
        }
    }

    // MARK: Proposing

    /// Orders the round's block once slow precommits had their time (D2).
    mutating func orderBlock(for round: Int32) {
        guard let own, isClockConfirmed || !ProposerTime.isTooFarAhead(now.wall, of: clocks) else {
            return passTurn(in: round)
        }
        if case .wait(let deadline) = assembler?.verdict(at: now.steady) {
            delayedRound = round
            effects.append(.schedule(.grace(height: height), afterNanoseconds: deadline - min(now.steady, deadline)))
            return
        }
        delayedRound = nil
        effects.append(
            .build(
                BuildOrder(
                    round: round, time: ProposerTime.time(clock: now.wall, after: tip.time), lastCommit: lastCommit,
                    evidence: pendingEvidence, proposer: own)))
    }

    /// Lets this validator's turn go by: it prevotes nil when the others do, who wait for its proposal.
    private mutating func passTurn(in round: Int32) {
        let milliseconds = timeouts.milliseconds(.propose, round: round)
        let timeout = Timeout(step: .propose, height: height, round: round, milliseconds: milliseconds)
        effects.append(.schedule(.round(timeout), afterNanoseconds: UInt64(max(milliseconds, 0)) * 1_000_000))
    }

    private var lastCommit: Commit {
        if case .assembled(let commit) = assembler?.verdict(at: .max) { return commit }
        return tip.commit
    }

    /// What the validators' clocks say, as far as their nodes have told, and this one's own.
    private var clocks: [(clock: Timestamp, power: Int64)] {
        var leads: [Address: Int128] = [:]
        for peer in sortedPeers {
            if let peer = peers[peer], let validator = peer.validator, let lead = peer.lead { leads[validator] = lead }
        }
        if let own { leads[own] = 0 }
        return tip.validators.current.members.compactMap { member in
            guard let lead = Address(member.address).flatMap({ leads[$0] }),
                let clock = now.wall.shifted(byNanoseconds: lead)
            else { return nil }
            return (clock, member.votingPower)
        }
    }

    mutating func built(_ block: ProposedBlock, _ result: ExecutionResult, round: Int32) {
        guard block.height == height else { return }
        blocks[block.id] = block
        results[block.id] = result
        forgetRefused(by: block)
        feed(.proposalBuilt(round: round, block.id, time: block.block.header.time))
    }

    private mutating func broadcast(_ message: ConsensusMessage) {
        effects.append(.send(.consensus(message), to: nil))
        // A block that had a polka before is at hand where it was voted for; others ask.
        if case .proposal(let proposal, _) = message, proposal.polRound < 0, let block = blocks[proposal.blockID] {
            let isCompact = !block.block.transactions.isEmpty && block.encoded.count >= CompactBlock.byteCountMin
            effects.append(
                .send(isCompact ? .compactBlock(CompactBlock(block)) : .block(block.encoded), to: nil))
        }
    }

    private mutating func persist(_ record: ConsensusRecord) {
        switch record {
        case .signature(let state):
            signState = state
            effects.append(.append(.signature(state)))
        case .lock(let lock):
            guard let block = blocks[lock.blockID] else { preconditionFailure("a lock's block was executed") }
            effects.append(.append(.lock(lock, block)))
        case .certificate(let certificate): effects.append(.append(.certificate(certificate)))
        }
    }

    // MARK: Executing

    private mutating func execute(_ blockID: BlockID) {
        guard let block = blocks[blockID] else {
            wanted.insert(blockID)
            return fetch(after: Self.fetchDelay)
        }
        guard tip.refusal(of: block.block, isValid: isValid) == nil else {
            return feed(.proposalExecuted(blockID, time: block.block.header.time, isValid: false))
        }
        effects.append(.execute(block))
    }

    mutating func executed(_ blockID: BlockID, _ result: ExecutionResult?) {
        guard let block = blocks[blockID] else { return }
        results[blockID] = result
        feed(.proposalExecuted(blockID, time: block.block.header.time, isValid: result != nil))
    }

    /// Keeps a block of this height, if the machine may need it.
    mutating func keep(_ block: ProposedBlock) {
        guard blocks[block.id] == nil, block.height == height else { return }
        blocks[block.id] = block
        if wanted.remove(block.id) != nil { execute(block.id) }
    }

    // MARK: Deciding

    private mutating func decided(_ decision: Decision) {
        guard let block = blocks[decision.blockID], let result = results[decision.blockID] else {
            preconditionFailure("a decided block was executed")
        }
        effects.append(.commit(block, decision.commit))
        if let assembler { grace.learn(from: assembler) }
        if tip.validators.current.members.count != grace.memberCount {
            grace = PrecommitGrace(memberCount: tip.validators.current.members.count)
        }
        assembler = CommitAssembler(decision, by: tip.validators.current, decidedAt: now.steady, grace: grace)
        note(decision.commit)
        // The genesis state is a change that the first block cannot prove: its proof block follows at once, too.
        let changesState = result.changesState || tip.isBeginning
        tip.advance(to: block, commit: decision.commit, result: result)
        settleEvidence(of: block)
        pacing.blockDecided(at: now.steady, changedState: changesState)
        beginNext()
    }

    private mutating func beginNext() {
        blocks = [:]
        results = [:]
        wanted = []
        isFetching = false
        delayedRound = nil
        inputs = []
        machine = Self.machine(
            after: tip, own: own, timeouts: timeouts, synchrony: synchrony,
            recovery: Recovery(signatures: signState.map { [$0] } ?? []), isSignedElsewhere: isSignedElsewhere)
        effects.append(.send(.status(ChainStatus(height: tip.height, clock: now.wall)), to: nil))
        catchUp.decided(tip.height)
        early.drop(below: height)
        believeBindings()
        continueStartRule()
        scheduleBegin()
        takeEarly()
        continueCatchUp()
    }

    /// Sees to it that the height begins when its block is due.
    mutating func scheduleBegin() {
        guard !isWaitingForPeers, machine.round < 0 else { return }
        let due = pacing.due(hasWork: hasAnyWork)
        effects.append(
            .schedule(.begin(height: height), afterNanoseconds: due > now.steady ? due - now.steady : 0))
    }

    mutating func begin() {
        guard !isWaitingForPeers, machine.round < 0, pacing.due(hasWork: hasAnyWork) <= now.steady else { return }
        // Whoever is far behind is about to get this height's decision.
        guard !catchUp.isFlowing(at: now.steady) || !isBehind else { return scheduleLater() }
        feed(.started)
    }

    private mutating func scheduleLater() {
        effects.append(.schedule(.begin(height: height), afterNanoseconds: Self.tickInterval))
    }

    /// Whether a peer said that it has decided this height.
    var isBehind: Bool { peers.values.contains { $0.height > tip.height } }

    // MARK: Time

    mutating func elapsed(_ timer: Timer) {
        switch timer {
        case .round(let timeout): feed(.timeoutElapsed(timeout))
        case .begin(let height): if height == self.height { begin() }
        case .grace(let height):
            if height == self.height, let round = delayedRound, round == machine.round { orderBlock(for: round) }
        case .fetch(let height): if height == self.height { fetch() }
        case .tick: tick()
        }
    }
}
