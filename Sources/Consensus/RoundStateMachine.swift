package import LedgerModel

/// How long each step waits, in milliseconds, growing with the round so that a bad setting cannot halt the ledger.
package struct Timeouts: Equatable, Sendable {
    package var proposeMilliseconds: Int64 = 1_000
    package var prevoteMilliseconds: Int64 = 300
    package var precommitMilliseconds: Int64 = 300
    package var growthMilliseconds: Int64 = 200

    package init() {}

    func duration(_ step: Timeout.Step, round: Int32) -> Int64 {
        let base =
            switch step {
            case .propose: proposeMilliseconds
            case .prevote: prevoteMilliseconds
            case .precommit: precommitMilliseconds
            }
        return base + growthMilliseconds * Int64(round)
    }
}

/// A timeout that the host shall report when it elapses.
package struct Timeout: Equatable, Sendable {
    package enum Step: Equatable, Sendable { case propose, prevote, precommit }
    package var step: Step
    package var height: Int64
    package var round: Int32
    package var milliseconds: Int64
}

/// A block put forward in a round: what its proposer signed, without the block itself.
package struct BlockProposal: Equatable, Sendable {
    package var height: Int64
    package var round: Int32
    /// The round in which the block had a polka before, or -1.
    package var polRound: Int32
    package var blockID: BlockID

    package init(height: Int64, round: Int32, polRound: Int32, blockID: BlockID) {
        self.height = height
        self.round = round
        self.polRound = polRound
        self.blockID = blockID
    }
}

/// An input that an honest host never gives.
package enum ConsensusFault: Error, Equatable, Sendable {
    /// For another height.
    case wrongHeight
    /// By nobody in the set, or under another place than its own.
    case notAValidator
    /// By somebody else than the round's proposer.
    case notTheProposer
}

/// One height of Tendermint consensus (arXiv:1807.04938, Algorithm 1), free of I/O and of clocks.
package struct RoundStateMachine: Sendable {
    package enum Input: Equatable, Sendable {
        /// The height begins.
        case started
        /// The block that `requestProposal` asked for is built and executed.
        case proposalBuilt(round: Int32, blockID: BlockID)
        /// A proposal by the round's proposer; its signature is checked, its block is at hand.
        case proposalReceived(BlockProposal, from: [UInt8])
        /// What executing a proposed block said (D4).
        case blockChecked(BlockID, isValid: Bool)
        /// A vote whose signature is checked, our own included.
        case voteReceived(Vote)
        case timeoutElapsed(Timeout)
    }

    package enum Effect: Equatable, Sendable {
        /// Build a block, or take this one again; answer with `proposalBuilt`.
        case requestProposal(round: Int32, again: BlockID?)
        /// Sign and broadcast a proposal.
        case propose(BlockProposal)
        /// Execute the block; answer with `blockChecked`.
        case check(BlockID)
        /// Sign a vote, make it (and the block it locks) durable, broadcast it, and feed it back.
        case castVote(VoteType, round: Int32, BlockID, locks: Bool)
        case schedule(Timeout)
        /// The height is decided: the block, the round, and the precommits by validator index.
        case decide(BlockID, round: Int32, precommits: [Vote?])
        case reportEquivocation(Equivocation)
    }

    private enum Step: Int, Sendable { case propose, prevote, precommit }

    /// Votes further ahead than this are ignored, so that memory stays bounded.
    package static let roundsAheadMax: Int32 = 64

    package let height: Int64
    private let set: ValidatorSet
    private let own: [UInt8]?
    private let timeouts: Timeouts
    private var rotation: ProposerRotation
    private var rotationRound: Int32 = 0

    package private(set) var round: Int32 = 0
    private var step = Step.propose
    private var locked: (round: Int32, blockID: BlockID)?
    private var valid: (round: Int32, blockID: BlockID)?
    private var votes: VoteKeeper
    private var proposals: [Int32: BlockProposal] = [:]
    private var checks: [BlockID: Bool] = [:]
    private var isDecided = false
    /// Rounds whose once-only rules have fired.
    private var firedPolka: Set<Int32> = []
    private var firedPrevoteTimeout: Set<Int32> = []
    private var firedPrecommitTimeout: Set<Int32> = []

    /// - Parameters:
    ///   - own: this node's address, if it votes.
    ///   - rotation: who proposes round 0 of this height.
    package init(
        height: Int64, set: ValidatorSet, own: [UInt8]?, rotation: ProposerRotation, timeouts: Timeouts = Timeouts()
    ) {
        self.height = height
        self.set = set
        self.own = own.flatMap { set.index(of: $0) == nil ? nil : $0 }
        self.rotation = rotation
        self.timeouts = timeouts
        votes = VoteKeeper(set)
    }

    /// Same state and same input give the same state and effects on every replica.
    package mutating func receive(_ input: Input) throws(ConsensusFault) -> [Effect] {
        var effects: [Effect] = []
        if isDecided { return effects }
        switch input {
        case .started: startRound(0, &effects)
        case .proposalBuilt(let round, let blockID):
            guard round == self.round, step == .propose else { break }
            let proposal = BlockProposal(
                height: height, round: round, polRound: valid?.blockID == blockID ? valid?.round ?? -1 : -1,
                blockID: blockID)
            checks[blockID] = true
            proposals[round] = proposal
            effects.append(.propose(proposal))
        case .proposalReceived(let proposal, let sender):
            guard proposal.height == height else { throw .wrongHeight }
            guard 0...round + Self.roundsAheadMax ~= proposal.round else { break }
            guard sender == proposer(of: proposal.round) else { throw .notTheProposer }
            guard proposals[proposal.round] == nil else { break }
            proposals[proposal.round] = proposal
            if checks[proposal.blockID] == nil { effects.append(.check(proposal.blockID)) }
        case .blockChecked(let blockID, let isValid): checks[blockID] = isValid
        case .voteReceived(let vote):
            guard vote.height == height else { throw .wrongHeight }
            guard let index = set.index(of: vote.validator), index == Int(vote.validatorIndex) else {
                throw .notAValidator
            }
            guard 0...round + Self.roundsAheadMax ~= vote.round else { break }
            if let evidence = votes.insert(vote, index: index) { effects.append(.reportEquivocation(evidence)) }
        case .timeoutElapsed(let timeout):
            guard timeout.height == height, timeout.round == round else { break }
            elapsed(timeout.step, &effects)
        }
        settle(&effects)
        return effects
    }

    /// The proposer of a round of this height.
    package mutating func proposer(of round: Int32) -> [UInt8] {
        if round < rotationRound {
            var again = rotation
            again = firstRotation ?? again
            again.advance(by: Int(round))
            return again.proposer
        }
        if firstRotation == nil { firstRotation = rotation }
        rotation.advance(by: Int(round - rotationRound))
        rotationRound = round
        return rotation.proposer
    }
    private var firstRotation: ProposerRotation?

    // MARK: Rules

    /// Lines 11 to 21.
    private mutating func startRound(_ next: Int32, _ effects: inout [Effect]) {
        round = next
        step = .propose
        if let own, proposer(of: next) == own {
            effects.append(.requestProposal(round: next, again: valid?.blockID))
        } else {
            effects.append(.schedule(timeout(.propose)))
        }
    }

    /// Applies the rules until none fires: the order of arms is the order of checks on every replica.
    private mutating func settle(_ effects: inout [Effect]) {
        while !isDecided, applyOne(&effects) {}
    }

    private mutating func applyOne(_ effects: inout [Effect]) -> Bool {
        if decideIfPossible(&effects) { return true }
        // Line 55: f + 1 of a later round: go there.
        for later in stride(from: round + Self.roundsAheadMax, to: round, by: -1)
        where votes.isMoreThanOneThird(votes.power(inRound: later)) {
            startRound(later, &effects)
            return true
        }
        if step == .propose, let proposal = proposals[round], let isValid = checks[proposal.blockID] {
            // Line 22: a fresh proposal; line 28: one that had a polka in an earlier round.
            let mayVote =
                if proposal.polRound < 0 {
                    locked == nil || locked?.blockID == proposal.blockID
                } else if proposal.polRound < round,
                    votes.quorum(.prevote, round: proposal.polRound) == proposal.blockID
                {
                    (locked?.round ?? -1) <= proposal.polRound || locked?.blockID == proposal.blockID
                } else { false }
            let isReady =
                proposal.polRound < 0
                || proposal.polRound < round && votes.quorum(.prevote, round: proposal.polRound) == proposal.blockID
            if isReady {
                step = .prevote
                cast(.prevote, isValid && mayVote ? proposal.blockID : BlockID(), locks: false, &effects)
                return true
            }
        }
        // Line 34: a quorum of any prevotes: wait for the rest.
        if step == .prevote, votes.hasQuorumOfAny(.prevote, round: round),
            firedPrevoteTimeout.insert(round).inserted
        {
            effects.append(.schedule(timeout(.prevote)))
            return true
        }
        // Line 36: a polka for this round's valid proposal: lock it.
        if step != .propose, let polka = votes.quorum(.prevote, round: round), !polka.isZero,
            proposals[round]?.blockID == polka, checks[polka] == true, firedPolka.insert(round).inserted
        {
            if step == .prevote {
                locked = (round, polka)
                step = .precommit
                cast(.precommit, polka, locks: true, &effects)
            }
            valid = (round, polka)
            return true
        }
        // Line 44: a polka for nil.
        if step == .prevote, let polka = votes.quorum(.prevote, round: round), polka.isZero {
            step = .precommit
            cast(.precommit, BlockID(), locks: false, &effects)
            return true
        }
        // Line 47: a quorum of any precommits: wait for the rest.
        if votes.hasQuorumOfAny(.precommit, round: round), firedPrecommitTimeout.insert(round).inserted {
            effects.append(.schedule(timeout(.precommit)))
            return true
        }
        return false
    }

    /// Line 49: a quorum of precommits for a block, in any round.
    private mutating func decideIfPossible(_ effects: inout [Effect]) -> Bool {
        for candidate in 0...round {
            guard let blockID = votes.quorum(.precommit, round: candidate), !blockID.isZero else { continue }
            guard checks[blockID] == true else { continue }
            isDecided = true
            effects.append(
                .decide(blockID, round: candidate, precommits: votes.votes(.precommit, round: candidate)))
            return true
        }
        return false
    }

    /// Lines 57 to 67.
    private mutating func elapsed(_ elapsed: Timeout.Step, _ effects: inout [Effect]) {
        switch elapsed {
        case .propose:
            guard step == .propose else { return }
            step = .prevote
            cast(.prevote, BlockID(), locks: false, &effects)
        case .prevote:
            guard step == .prevote else { return }
            step = .precommit
            cast(.precommit, BlockID(), locks: false, &effects)
        case .precommit: startRound(round + 1, &effects)
        }
    }

    private func cast(_ type: VoteType, _ blockID: BlockID, locks: Bool, _ effects: inout [Effect]) {
        guard own != nil else { return }
        effects.append(.castVote(type, round: round, blockID, locks: locks))
    }

    private func timeout(_ step: Timeout.Step) -> Timeout {
        Timeout(
            step: step, height: height, round: round, milliseconds: timeouts.duration(step, round: round))
    }
}
