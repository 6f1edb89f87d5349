import LedgerModel

/// What others say, and what they are told.
extension Replica {
    /// Blocks of a height that nobody proposed as far as this node knows.
    static let unexpectedBlocksMax = 4
    /// Blocks asked for in one message.
    static let wantDecidedMax = CatchUp.runMax

    mutating func connected(_ peer: NodeID) {
        peers[peer] = Peer()
        if let binding { effects.append(.send(.validator(binding), to: peer)) }
        effects.append(.send(.status(ChainStatus(height: tip.height, clock: now.wall)), to: peer))
        if startRule != nil { effects.append(.send(.wantLastVote, to: peer)) }
        // What this validator said of the height may have reached nobody.
        for message in machine.republication { effects.append(.send(.consensus(message), to: peer)) }
    }

    mutating func disconnected(_ peer: NodeID) {
        peers[peer] = nil
        catchUp.lost(peer)
        continueCatchUp()
    }

    mutating func take(_ message: PeerMessage, from sender: NodeID) {
        guard peers[sender] != nil else { return }
        switch message {
        case .status(let status): take(status, from: sender)
        case .consensus(let consensus): take(consensus, from: sender)
        case .block(let bytes): takeBlock(bytes, from: sender)
        case .wantBlock(let height, let hash): sendBlock(height, hash, to: sender)
        case .wantDecided(let first, let count): sendDecided(from: first, count: count, to: sender)
        case .decided(let block, let commit): takeDecided(block, commit, from: sender)
        case .wantLastVote: answerLastVote(to: sender)
        case .lastVote(let place): takeLastVote(place, from: sender)
        case .validator(let binding): take(binding, from: sender)
        case .evidence(let evidence): take(evidence, from: sender)
        // The host's: it has the transactions, and hands in the whole block.
        case .compactBlock, .wantTransactions, .transactions: break
        }
    }

    private mutating func take(_ status: ChainStatus, from sender: NodeID) {
        let known = peers[sender]?.height ?? 0
        peers[sender]?.height = max(known, status.height)
        peers[sender]?.lead = status.clock.nanoseconds(since: now.wall)
        // Whoever is behind is told so.
        if status.height < tip.height {
            effects.append(.send(.status(ChainStatus(height: tip.height, clock: now.wall)), to: sender))
        }
        continueCatchUp()
    }

    // MARK: Votes and proposals

    private mutating func take(_ message: ConsensusMessage, from sender: NodeID) {
        // Nothing is checked yet: it may name any height, far below zero too.
        guard message.height > 0 else { return }
        let ahead = message.height - tip.height
        switch ahead {
        case 1 where !isWaitingForPeers: check(message, from: sender)
        case 1, 2:
            if ahead == 2 { noteHeight(tip.height + 1, of: sender) }
            early.keep(.consensus(message), of: message.height, from: sender)
        case 0: takeLate(message)
        case 3...: noteHeight(message.height - 1, of: sender)
        default: break
        }
    }

    /// Whoever speaks of a height has decided the one before.
    private mutating func noteHeight(_ height: Int64, of sender: NodeID) {
        guard let peer = peers[sender], peer.height < height else { return }
        peers[sender]?.height = height
        continueCatchUp()
    }

    private mutating func check(_ message: ConsensusMessage, from sender: NodeID) {
        let (set, chain) = (tip.validators.current, tip.ledger.chainID.text)
        do throws(ConsensusFault) {
            switch message {
            case .vote(let vote):
                guard machine.needs(vote) else { return }
                let verified = try VerifiedVote(checking: vote, by: set, on: chain, isValid: isValid)
                note(vote)
                feed(.voteReceived(verified))
            case .proposal(let proposal, let polka):
                guard let proposer = machine.proposer(of: proposal.round) else { return }
                let verified = try VerifiedProposal(
                    checking: proposal, polka: polka, from: proposer, by: set, on: chain, isValid: isValid)
                note(proposal, by: proposer)
                // The machine counts them, and asks for none of them again.
                for vote in polka { note(vote) }
                feed(.proposalReceived(verified, at: now.wall))
            }
        } catch { effects.append(.disconnect(sender, reason: "a vote or proposal that does not hold: \(error)")) }
    }

    /// A precommit of the last height: for the next block's commit.
    private mutating func takeLate(_ message: ConsensusMessage) {
        guard case .vote(let vote) = message, vote.type == .precommit, assembler?.needs(vote) == true,
            let verified = try? VerifiedVote(
                checking: vote, by: tip.validators.last, on: tip.ledger.chainID.text, isValid: isValid)
        else { return }
        assembler?.voteReceived(verified, at: now.steady)
        if let delayedRound, delayedRound == machine.round { orderBlock(for: delayedRound) }
    }

    /// Takes what came before its height had begun.
    mutating func takeEarly() {
        guard !isWaitingForPeers else { return }
        for item in early.takeAll() where peers[item.sender] != nil { take(item.message, from: item.sender) }
    }

    // MARK: Blocks

    private mutating func takeBlock(_ bytes: [UInt8], from sender: NodeID) {
        guard let block = try? ProposedBlock(decoding: bytes) else {
            return effects.append(.disconnect(sender, reason: "a block that cannot be read"))
        }
        if block.height == height + 1 || isWaitingForPeers && block.height == height {
            return early.keep(.block(bytes), of: block.height, from: sender)
        }
        let isExpected = wanted.contains(block.id) || machine.expects(block.id)
        let unexpected = blocks.keys.count { !machine.expects($0) }
        if isExpected || unexpected < Self.unexpectedBlocksMax { keep(block) }
    }

    private mutating func sendBlock(_ height: Int64, _ hash: [UInt8], to peer: NodeID) {
        if height <= tip.height { return sendDecided(from: height, count: 1, to: peer) }
        guard let block = blocks.values.first(where: { $0.id.hash == hash }) else { return }
        effects.append(.send(.block(block.encoded), to: peer))
    }

    /// Asks two peers, others each time, for every block that is wanted, until none is.
    mutating func fetch() {
        isFetching = false
        guard !wanted.isEmpty else { return }
        let all = sortedPeers
        for blockID in wanted.sorted(by: { $0.hash.lexicographicallyPrecedes($1.hash) }) {
            for offset in 0..<min(2, all.count) {
                effects.append(
                    .send(
                        .wantBlock(height: height, hash: blockID.hash), to: all[(fetchCount + offset) % all.count]))
            }
        }
        fetchCount += 2
        fetch(after: 4 * Self.fetchDelay)
    }

    mutating func fetch(after nanoseconds: UInt64) {
        guard !isFetching else { return }
        isFetching = true
        effects.append(.schedule(.fetch(height: height), afterNanoseconds: nanoseconds))
    }

    // MARK: Catching up

    private mutating func sendDecided(from first: Int64, count: Int, to peer: NodeID) {
        guard first > 0, first <= tip.height else { return }
        let last = min(tip.height, first + Int64(min(count, Self.wantDecidedMax)) - 1)
        guard first <= last else { return }
        for height in first...last { effects.append(.sendDecided(height: height, to: peer)) }
    }

    private mutating func takeDecided(_ block: [UInt8], _ commit: [UInt8], from sender: NodeID) {
        guard let block = try? ProposedBlock(decoding: block), let commit = try? Commit(decoding: commit) else {
            return effects.append(.disconnect(sender, reason: "a decided block that cannot be read"))
        }
        let arrival = CatchUp.Arrival(block: block, commit: commit, sender: sender)
        if block.height > tip.height, catchUp.take(arrival, at: now.steady) { return continueCatchUp() }
        // An answer to a block that was wanted while its height was open.
        if block.height == height { follow(arrival) }
    }

    /// Feeds the next decided block, where it is at hand, and asks for more.
    mutating func continueCatchUp() {
        let known = sortedPeers.map { (node: $0, height: peers[$0]?.height ?? 0) }
        for request in catchUp.requests(after: tip.height, peers: known, at: now.steady) {
            effects.append(.send(.wantDecided(from: request.from, count: request.count), to: request.peer))
        }
        if let arrival = catchUp.ready[height] { follow(arrival) }
    }

    private mutating func follow(_ arrival: CatchUp.Arrival) {
        catchUp.drop(height)
        let commit = arrival.commit
        guard commit.height == height, commit.blockID == arrival.block.id,
            let verified = try? VerifiedCommit(
                checking: commit, by: tip.validators.current, on: tip.ledger.chainID.text, isValid: isValid)
        else {
            return effects.append(.disconnect(arrival.sender, reason: "a decided block whose commit does not hold"))
        }
        keep(arrival.block)
        feed(.commitReceived(verified))
    }

    // MARK: Once a second

    mutating func tick() {
        effects.append(.schedule(.tick, afterNanoseconds: Self.tickInterval))
        applyStartRule()
        if isWaitingForPeers {
            // Either may have been lost: nobody answers whom it does not know.
            if let binding { effects.append(.send(.validator(binding), to: nil)) }
            effects.append(.send(.wantLastVote, to: nil))
        }
        effects.append(.send(.status(ChainStatus(height: tip.height, clock: now.wall)), to: nil))
        let place = VotePlace(height: height, round: max(machine.round, 0), step: .proposal)
        if place == lastSeen {
            for message in machine.republication { effects.append(.send(.consensus(message), to: nil)) }
        }
        lastSeen = place
        continueCatchUp()
        scheduleBegin()
    }
}
