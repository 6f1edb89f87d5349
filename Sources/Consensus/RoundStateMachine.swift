package import LedgerModel

/// One height of Tendermint consensus (arXiv:1807.04938, Algorithm 1), free of I/O and of clocks.
///
/// The rules are in `RoundStateMachine+Rules.swift`, what this validator says itself in `RoundStateMachine+Voice.swift`.
package struct RoundStateMachine: Sendable {
    package enum Input: Equatable, Sendable {
        /// The height begins: its block is due (``ProposalPacing``).
        case started
        /// The block that `requestProposal` asked for: built, executed, its header's time.
        case proposalBuilt(round: Int32, BlockID, time: Timestamp)
        /// A proposal, and the receiver's clock when it came.
        case proposalReceived(VerifiedProposal, at: Timestamp)
        /// What executing the block said (D4), and its header's time. Valid means: its header follows from the last block, its
        /// bytes have this id, and it executes.
        case proposalExecuted(BlockID, time: Timestamp, isValid: Bool)
        /// Somebody's vote.
        case voteReceived(VerifiedVote)
        /// A commit of this height, from somebody who is ahead.
        case commitReceived(VerifiedCommit)
        /// What `sign` asked for, with its signature.
        case signed(SignedMessage)
        case timeoutElapsed(Timeout)
    }

    package enum Effect: Equatable, Sendable {
        /// Build and execute a block; answer with `proposalBuilt`.
        case requestProposal(height: Int64, round: Int32)
        /// Get the block (it may have to be asked for), execute it speculatively, answer with `proposalExecuted`. Asked once
        /// a block. More than three overlays (D4) are never needed: all but the newest, the locked and the decided block's
        /// may be dropped and made again.
        case execute(BlockID)
        /// Sign the message's sign bytes; answer with `signed`.
        case sign(SignedMessage)
        /// Append to the log; on disk before any `broadcast` or `decide` that comes later. A validator that is alone is never
        /// asked to, unless its key is elsewhere: its decided block is the first thing that leaves it, and guards what it
        /// signed.
        case persist(ConsensusRecord)
        /// Send to everybody; a proposal with its block. A validator that is alone is never asked to.
        case broadcast(ConsensusMessage)
        case schedule(Timeout)
        /// The height is decided. Nothing more comes of this machine.
        case decide(Decision)
        /// A validator voted twice; for a block of a later height.
        case reportEquivocation(DuplicateVoteEvidence)
        /// A quorum decided a block that this node holds invalid: it must stop, for its software or its disk is at fault, or
        /// more than 1/3 of the power is.
        case halt(BlockID)
    }

    enum Step: Sendable { case propose, prevote, precommit }

    /// A proposal of a round, and whether it came in time.
    struct Received: Sendable {
        var proposal: BlockProposal
        var isTimely: Bool
    }

    /// A block that was executed.
    struct Executed: Sendable {
        var time: Timestamp
        var isValid: Bool
    }

    /// A block and the round in which it had a polka.
    struct Polka: Sendable {
        var round: Int32
        var blockID: BlockID
    }

    /// Rules that fire once a round.
    struct Fired: Sendable {
        var prevoteTimeout = false
        var polka = false
        var precommitTimeout = false
    }

    package let height: Int64
    let set: ValidatorSet
    /// This node's place in the set, if it votes.
    let own: Int?
    let previousTime: Timestamp
    let timeouts: Timeouts
    let synchrony: SynchronyParameters
    /// Whether the key is in another process, with a guard of its own.
    let isSignedElsewhere: Bool
    private var rotation: ProposerRotation
    /// By round, up to ``VoteKeeper/roundsAheadMax`` beyond the current one.
    private var proposers: [[UInt8]] = []

    /// The current round; -1 before the height has begun.
    package internal(set) var round: Int32 = -1
    var step = Step.propose
    var locked: Polka?
    var valid: Polka?
    var fired = Fired()
    /// Whether this validator owes the round's proposal, and whether it asked for a block.
    var owesProposal = false
    var hasAskedForBlock = false
    /// The round to come back to after a restart, and what was signed of this height before it.
    var resumedRound: Int32 = 0
    var resumed: [SignedMessage] = []
    /// Why the last round was entered that was not the first.
    var certificate: RoundCertificate?

    var votes: VoteKeeper
    var proposals: [Int32: Received] = [:]
    var executed: [BlockID: Executed] = [:]
    var executionAsked: Set<BlockID> = []
    var commit: Commit?
    /// Validators whose equivocation was reported: one evidence a validator is enough.
    private var reported: Set<Int> = []
    var isOver = false

    var signState: SignState?
    /// Messages that wait for their signature, in order.
    var unsigned: [SignedMessage] = []
    var effects: [Effect] = []

    /// A height before its first round.
    ///
    /// `own` is this node's address; nil, or an address outside the set, follows without voting. `rotation` says who
    /// proposes round 0 of this height, and after. `previousTime` is the last block's time, or genesis': block times rise
    /// strictly. `recovery` is what the log holds of this height, or at least the last signature of all.
    package init(
        height: Int64, set: ValidatorSet, own: [UInt8]?, rotation: ProposerRotation, previousTime: Timestamp,
        timeouts: Timeouts = Timeouts(), synchrony: SynchronyParameters = SynchronyParameters(),
        recovery: Recovery = Recovery(), isSignedElsewhere: Bool = false
    ) {
        precondition(height > 0)
        self.height = height
        self.set = set
        self.own = own.flatMap(set.index(of:))
        self.rotation = rotation
        self.previousTime = previousTime
        self.timeouts = timeouts
        self.synchrony = synchrony
        self.isSignedElsewhere = isSignedElsewhere
        votes = VoteKeeper(set)
        foreseeProposers(through: 0)
        recover(recovery)
    }

    /// Same state and same input give the same state and effects on every replica.
    ///
    /// - Throws: a fault of the sender's or the host's; the state is as before.
    package mutating func receive(_ input: Input) throws(ConsensusFault) -> [Effect] {
        if isOver { return [] }
        switch input {
        case .started: if round < 0 { startRound(0) }
        case .proposalBuilt(let round, let blockID, let time):
            executed[blockID] = Executed(time: time, isValid: true)
            if round == self.round, owesProposal { propose(blockID, time: time, polRound: -1) }
        case .proposalReceived(let verified, let time): try take(verified, at: time)
        case .proposalExecuted(let blockID, let time, let isValid):
            guard executionAsked.contains(blockID) else { throw .notAskedFor }
            executed[blockID] = Executed(time: time, isValid: isValid && time > previousTime)
        case .voteReceived(let verified):
            guard verified.vote.height == height else { throw .wrongHeight(verified.vote.height) }
            count(verified)
        case .commitReceived(let verified):
            guard verified.commit.height == height else { throw .wrongHeight(verified.commit.height) }
            commit = verified.commit
        case .signed(let message): try publish(message)
        case .timeoutElapsed(let timeout): elapsed(timeout)
        }
        applyRules()
        defer { effects = [] }
        return effects
    }

    /// Whether a vote could change anything: asked before its signature is checked.
    package func needs(_ vote: Vote) -> Bool {
        guard !isOver, vote.height == height, vote.round >= 0, let index = Int(exactly: vote.validatorIndex),
            set.members.indices.contains(index)
        else { return false }
        // A second vote is worth a look where it tells of an equivocation.
        let known = votes.votes(vote.type, round: vote.round)[index]
        return known.map { $0.blockID != vote.blockID } ?? true
    }

    /// Whether the machine waits for a block or may come to: it was proposed, or has votes.
    package func expects(_ blockID: BlockID) -> Bool {
        executionAsked.contains(blockID) || proposals.values.contains { $0.proposal.blockID == blockID }
    }

    /// Nobody else votes, so nothing need be sent, or kept, before the decision.
    var isAlone: Bool { own != nil && set.members.count == 1 }

    /// Whether signatures and locks go to the log: also of a validator that is alone, where its signer has a memory of its
    /// own, for what that has signed must be found here after a crash.
    var keepsWhatItSigns: Bool { !isAlone || isSignedElsewhere }

    /// Who proposes a round, by address.
    ///
    /// Nil for rounds too far ahead to matter.
    package func proposer(of round: Int32) -> [UInt8]? {
        proposers.indices.contains(Int(round)) ? proposers[Int(round)] : nil
    }

    /// What brings a validator that lost messages to where this one is: sent again now and then while nothing moves.
    ///
    /// The round's proposal and votes, whoever's, since a link between two others may be down; of the last round what
    /// this validator said and the precommits that ended it; and why the round was entered.
    package var republication: [ConsensusMessage] {
        guard !isOver, round >= 0, !isAlone else { return [] }
        var messages = (certificate?.votes ?? []).map(ConsensusMessage.vote)
        if let received = proposals[round] { messages.append(message(received.proposal)) }
        for past in max(round - 1, 0)...round {
            for type in [VoteType.prevote, .precommit] {
                for (index, vote) in votes.votes(type, round: past).enumerated() {
                    guard let vote, index == own || type == .precommit || past == round,
                        certificate?.votes.contains(vote) != true
                    else { continue }
                    messages.append(.vote(vote))
                }
            }
        }
        return messages
    }

    /// Knows the proposers of all rounds that messages may be of.
    mutating func foreseeProposers(through round: Int32) {
        while proposers.count <= Int(round) + Int(VoteKeeper.roundsAheadMax) {
            if !proposers.isEmpty { rotation.advance(by: 1) }
            proposers.append(rotation.proposer)
        }
    }

    private mutating func take(_ verified: VerifiedProposal, at time: Timestamp) throws(ConsensusFault) {
        let proposal = verified.proposal
        guard proposal.height == height else { throw .wrongHeight(proposal.height) }
        guard proposal.round >= round, let expected = proposer(of: proposal.round) else { return }
        guard verified.proposer == expected else { throw .notTheProposer }
        if let polka = verified.polka {
            for vote in polka.votes { count(vote) }
            votes.adopt(polka)
        }
        // The first one counts; a second one is the proposer's fault.
        guard proposals[proposal.round] == nil else { return }
        proposals[proposal.round] = Received(
            proposal: proposal,
            isTimely: synchrony.isTimely(proposal.timestamp, receivedAt: time, round: proposal.round))
        if round < 0, proposal.round == 0 { startRound(0) }
    }

    mutating func count(_ verified: VerifiedVote) {
        let vote = verified.vote
        let insertion = votes.insert(vote, index: verified.index, currentRound: round)
        if case .equivocation(let first, let second) = insertion, reported.insert(verified.index).inserted {
            effects.append(
                .reportEquivocation(
                    DuplicateVoteEvidence(
                        first, second, totalPower: set.power,
                        validatorPower: set.members[verified.index].votingPower, timestamp: previousTime)))
        }
        // Line 55: more than 1/3 of the power is in a later round.
        if vote.round > round {
            let reached = votes.roundReached
            if reached > round { startRound(reached, because: votes.foremostVotes(from: reached)) }
        }
    }
}
