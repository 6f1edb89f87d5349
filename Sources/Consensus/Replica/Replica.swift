package import LedgerModel

/// A node's way from height to height as a pure state machine: consensus on each height, blocks and votes from and to
/// others, catching up, the start rule (D23), and the pace of blocks (D2).
///
/// Inputs in, ordered effects out; no clock, no I/O: the host hands in what time it is. It is driven alike by the node and
/// by the simulation.
package struct Replica: Sendable {
    /// What time it is for the host.
    package struct Moment: Hashable, Sendable {
        /// Nanoseconds of a clock that only rises.
        package var steady: UInt64
        package var wall: Timestamp

        package init(steady: UInt64, wall: Timestamp) {
            self.steady = steady
            self.wall = wall
        }
    }

    package enum Input: Sendable {
        /// The log is read; life begins.
        case opened
        case peerConnected(NodeID)
        case peerDisconnected(NodeID)
        case messageReceived(PeerMessage, from: NodeID)
        /// What `build` asked for.
        case built(round: Int32, ProposedBlock, ExecutionResult)
        /// What `execute` asked for; nil where the block does not execute.
        case executed(BlockID, ExecutionResult?)
        /// What `sign` asked for.
        case signed(SignedMessage)
        case timerElapsed(Timer)
        /// Somebody outside the network found who signed two blocks.
        case evidenceFound(Evidence)
        /// Whether there is anything to put into a block.
        case workChanged(Bool)
    }

    package enum Effect: Sendable {
        /// Send to one peer, or to all. What was appended before is on disk first.
        case send(PeerMessage, to: NodeID?)
        /// Send a decided block and its commit, from the log.
        case sendDecided(height: Int64, to: NodeID)
        /// Build and execute a block on the last decided one; answer with `built`.
        case build(BuildOrder)
        /// Execute a block on the last decided one; answer with `executed`.
        case execute(ProposedBlock)
        /// Sign the sign bytes; answer with `signed`, in the order of the asks: the log's last record is the latest.
        case sign(SignedMessage)
        /// Queue for the log.
        case append(Record)
        /// Decided: log block and commit, and make its state the ledger's. What is sent after it waits for the disk.
        case commit(ProposedBlock, Commit)
        case schedule(Timer, afterNanoseconds: UInt64)
        /// End the link with a peer that broke the rules.
        case disconnect(NodeID, reason: String)
        case reportEquivocation(DuplicateVoteEvidence)
        /// The start rule found what the log lacks: this is a restored backup.
        case reportRestoredBackup(through: Int64)
        /// Stop: a quorum decided what this node holds invalid.
        case halt(BlockID)
    }

    /// What to make a block of.
    package struct BuildOrder: Hashable, Sendable {
        package var round: Int32
        package var time: Timestamp
        package var lastCommit: Commit
        /// What may be put in; what does not hold is left out.
        package var evidence: [Evidence]
        package var proposer: Address
    }

    /// What the log keeps of a height before it is decided.
    package enum Record: Hashable, Sendable {
        case signature(SignState)
        case lock(LockedBlock, ProposedBlock)
        case certificate(RoundCertificate)
    }

    package enum Timer: Hashable, Sendable {
        case round(Timeout)
        /// A height's block is due.
        case begin(height: Int64)
        /// Precommits of the last height were waited for long enough.
        case grace(height: Int64)
        /// A block that is needed has not come.
        case fetch(height: Int64)
        /// Once a second: is anything moving?
        case tick
    }

    /// What a node knows of a peer.
    struct Peer: Sendable {
        /// The last height that it has decided, as far as it said.
        var height: Int64 = 0
        /// What its clock is ahead of ours, when it said so last.
        var lead: Int128?
        /// Whom it says that it acts for, and whom it does: once that validator is in a set at hand.
        var binding: NodeBinding?
        var validator: Address?
        /// Whether it has told the last vote that it holds of this validator.
        var hasAnswered = false
    }

    /// Between looks whether anything moves: 1 s.
    package static let tickInterval: UInt64 = 1_000_000_000
    /// Before a block that is missing is asked for: 100 ms.
    package static let fetchDelay: UInt64 = 100_000_000

    package let own: Address?
    let binding: NodeBinding?
    let timeouts: Timeouts
    let synchrony: SynchronyParameters
    let isValid: SignaturePredicate
    /// Whether the operator vouches for a clock that runs ahead of all others.
    let isClockConfirmed: Bool
    let isSignedElsewhere: Bool

    package internal(set) var tip: ChainTip
    var machine: RoundStateMachine
    var signState: SignState?
    var startRule: StartRule?
    var pacing = ProposalPacing()
    var hasWork = false
    var peers: [NodeID: Peer] = [:]
    /// Blocks of the height being decided, and what executing them said.
    var blocks: [BlockID: ProposedBlock] = [:]
    var results: [BlockID: ExecutionResult] = [:]
    /// Blocks that the machine waits for.
    var wanted: Set<BlockID> = []
    var fetchCount = 0
    /// Whether the timer runs that asks for them.
    var isFetching = false
    /// Messages of the next height, and of this one while the start rule is open.
    var early = EarlyMessages()
    var catchUp = CatchUp()
    var assembler: CommitAssembler?
    var grace: PrecommitGrace
    /// The round whose block waits for slow precommits.
    var delayedRound: Int32?
    /// The last that each validator was heard to sign.
    var lastVotes: [Address: SignedMessage] = [:]
    var evidence: [Evidence] = []
    /// Where things stood at the last tick.
    var lastSeen: VotePlace?

    var now = Moment(steady: 0, wall: Timestamp())
    var inputs: [RoundStateMachine.Input] = []
    var isFeeding = false
    var effects: [Effect] = []

    /// A node at the end of its log.
    ///
    /// `tip` is the last decided block, and what follows from it. `own` is this node's validator; nil follows without
    /// voting. `binding` is that validator's word for this node. `recovery` is what the log holds of the height after the
    /// tip, or at least the last signature of all; `lockedBlock` is the block of its lock. `isSignedElsewhere` says that
    /// the key is in another process.
    package init(
        tip: ChainTip, own: Address?, binding: NodeBinding? = nil, recovery: Recovery = Recovery(),
        lockedBlock: ProposedBlock? = nil, timeouts: Timeouts = Timeouts(),
        synchrony: SynchronyParameters = SynchronyParameters(), isClockConfirmed: Bool = false,
        isSignedElsewhere: Bool = false,
        isValid: @escaping SignaturePredicate = voteSignaturePredicate
    ) {
        self.tip = tip
        self.own = own
        self.binding = binding
        self.timeouts = timeouts
        self.synchrony = synchrony
        self.isClockConfirmed = isClockConfirmed
        self.isSignedElsewhere = isSignedElsewhere
        self.isValid = isValid
        grace = PrecommitGrace(memberCount: tip.validators.current.members.count)
        signState = recovery.lastSignature
        machine = Self.machine(
            after: tip, own: own, timeouts: timeouts, synchrony: synchrony, recovery: recovery,
            isSignedElsewhere: isSignedElsewhere)
        if let lockedBlock { blocks[lockedBlock.id] = lockedBlock }
        startRule = own.map(StartRule.init)
        note(tip.commit)
        for vote in (recovery.lock?.polka ?? []) + (recovery.certificate?.votes ?? []) { note(vote) }
    }

    /// Same state and same input give the same state and effects on every replica.
    package mutating func receive(_ input: Input, at moment: Moment) -> [Effect] {
        now = moment
        switch input {
        case .opened: open()
        case .peerConnected(let peer): connected(peer)
        case .peerDisconnected(let peer): disconnected(peer)
        case .messageReceived(let message, let sender): take(message, from: sender)
        case .built(let round, let block, let result): built(block, result, round: round)
        case .executed(let blockID, let result): executed(blockID, result)
        case .signed(let message): feed(.signed(message))
        case .timerElapsed(let timer): elapsed(timer)
        case .evidenceFound(let found): takeReported(found)
        case .workChanged(let hasWork):
            guard hasWork != self.hasWork else { break }
            self.hasWork = hasWork
            scheduleBegin()
        }
        defer { effects = [] }
        return effects
    }

    static func machine(
        after tip: ChainTip, own: Address?, timeouts: Timeouts, synchrony: SynchronyParameters, recovery: Recovery,
        isSignedElsewhere: Bool
    ) -> RoundStateMachine {
        RoundStateMachine(
            height: tip.height + 1, set: tip.validators.current, own: own?.bytes, rotation: tip.validators.rotation,
            previousTime: tip.time, timeouts: timeouts, synchrony: synchrony, recovery: recovery,
            isSignedElsewhere: isSignedElsewhere)
    }

    /// The height that is being decided.
    package var height: Int64 { tip.height + 1 }

    /// Peers in the order of their ids, so that every run is the same.
    var sortedPeers: [NodeID] { peers.keys.sorted() }

    /// Whether this validator waits for the start rule.
    package var isWaitingForPeers: Bool { startRule?.isOpen ?? false }

    /// Where consensus stands, for operators.
    package var round: Int32 { machine.round }
}
