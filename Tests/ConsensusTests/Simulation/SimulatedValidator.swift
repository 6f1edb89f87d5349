import Consensus
import Cryptography
import LedgerModel

/// A correct validator: a machine, a disk, a chain, and a host that performs effects one by one.
class SimulatedValidator {
    /// Milliseconds between a decision and the next height.
    static let blockInterval: UInt64 = 60
    /// Milliseconds between looks whether anything moves.
    static let tickInterval: UInt64 = 120

    let index: Int
    let council: Council
    let skewMilliseconds: Int64
    var disk = SimulatedDisk()
    /// Counts restarts: timers of an earlier life are void.
    private(set) var life = 0
    private(set) var isUp = false
    private(set) var machine: RoundStateMachine?
    private var rotation: ProposerRotation
    private var tip: (height: Int64, blockID: BlockID, time: Timestamp, commit: Commit)
    var blocks: [BlockID: Block] = [:]
    private var wanted: [BlockID] = []
    private var inputs: [RoundStateMachine.Input] = []
    private var isFeeding = false

    required init(index: Int, council: Council, skewMilliseconds: Int64) {
        self.index = index
        self.council = council
        self.skewMilliseconds = skewMilliseconds
        rotation = council.rotation
        tip = (0, BlockID(), Council.previousTime, Commit())
    }

    var isFaulty: Bool { false }
    /// The last decided height.
    var height: Int64 { tip.height }

    // MARK: Life and death

    func restart(in simulation: Simulation) {
        guard !isUp else { return }
        isUp = true
        rotation = council.rotation
        tip = (0, BlockID(), Council.previousTime, Commit())
        for (block, commit) in disk.chain { follow(block, commit) }
        let (recovery, locked) = disk.recovery(of: tip.height + 1)
        if let locked { blocks[Block.id(header: locked.header, encoded: locked.encoded)] = locked }
        beginMachine(recovery)
        timer(.begin(height: tip.height + 1), after: 1, in: simulation)
        timer(.tick, after: Self.tickInterval, in: simulation)
    }

    func crash(in simulation: Simulation) {
        guard isUp else { return }
        isUp = false
        life += 1
        machine = nil
        blocks = [:]
        wanted = []
        inputs = []
        disk.crash(&simulation.random)
        simulation.noteCrash(of: index)
    }

    private func beginMachine(_ recovery: Recovery = Recovery()) {
        machine = RoundStateMachine(
            height: tip.height + 1, set: council.set, own: council.set.members[index].address, rotation: rotation,
            previousTime: tip.time,
            timeouts: Timeouts(
                proposeMilliseconds: 80, prevoteMilliseconds: 40, precommitMilliseconds: 40, growthMilliseconds: 20),
            recovery: recovery)
    }

    private func follow(_ block: Block, _ commit: Commit) {
        tip = (block.header.height, commit.blockID, block.header.time, commit)
        rotation.advance(by: 1)
    }

    private func timer(_ timer: Simulation.Timer, after milliseconds: UInt64, in simulation: Simulation) {
        simulation.schedule(.timer(of: index, life: life, timer), after: milliseconds)
    }

    func fire(_ timer: Simulation.Timer, in simulation: Simulation) {
        switch timer {
        case .timeout(let timeout): feed(.timeoutElapsed(timeout), in: simulation)
        case .begin(let height): if height == tip.height + 1 { feed(.started, in: simulation) }
        case .tick:
            for message in machine?.republication ?? [] { transmit(message, in: simulation) }
            for blockID in wanted { simulation.broadcast(.wantBlock(blockID), from: index) }
            self.timer(.tick, after: Self.tickInterval, in: simulation)
        }
    }

    // MARK: Receiving

    func receive(_ envelope: Envelope, from sender: Int, in simulation: Simulation) {
        guard isUp else { return }
        switch envelope {
        case .message(let height, let bytes, let block, _):
            if let block { take(block) }
            if height <= tip.height { return sendDecided(height, to: sender, in: simulation) }
            guard height == tip.height + 1 else {
                return simulation.send(.wantCommit(height: tip.height + 1), from: index, to: sender)
            }
            receive(bytes, in: simulation)
        case .wantBlock(let blockID):
            if let block = blocks[blockID] { simulation.send(.block(block), from: index, to: sender) }
        case .block(let block):
            let blockID = take(block)
            guard let place = wanted.firstIndex(of: blockID) else { return }
            wanted.remove(at: place)
            execute(blockID, in: simulation)
        case .wantCommit(let height): sendDecided(height, to: sender, in: simulation)
        case .decided(let block, let commit):
            let blockID = take(block)
            guard block.header.height == tip.height + 1,
                let verified = try? VerifiedCommit(checking: commit, by: council.set, on: Council.chainID)
            else { return }
            feed(.commitReceived(verified), in: simulation)
            if let place = wanted.firstIndex(of: blockID) {
                wanted.remove(at: place)
                execute(blockID, in: simulation)
            }
        }
    }

    private func receive(_ bytes: [UInt8], in simulation: Simulation) {
        guard let machine, let message = try? ConsensusMessage(decoding: bytes) else { return }
        let predicate = simulation.memory.isValid
        switch message {
        case .vote(let vote):
            guard machine.needs(vote),
                let verified = try? VerifiedVote(
                    checking: vote, by: council.set, on: Council.chainID, isValid: predicate)
            else { return }
            feed(.voteReceived(verified), in: simulation)
        case .proposal(let proposal, let polka):
            guard let proposer = machine.proposer(of: proposal.round),
                let verified = try? VerifiedProposal(
                    checking: proposal, polka: polka, from: proposer, by: council.set, on: Council.chainID,
                    isValid: predicate)
            else { return }
            feed(.proposalReceived(verified, at: simulation.clock(of: self)), in: simulation)
        }
    }

    @discardableResult
    private func take(_ block: Block) -> BlockID {
        let blockID = Block.id(header: block.header, encoded: block.encoded)
        blocks[blockID] = block
        return blockID
    }

    private func sendDecided(_ height: Int64, to receiver: Int, in simulation: Simulation) {
        guard height > 0, height <= tip.height else { return }
        let (block, commit) = disk.chain[Int(height) - 1]
        simulation.send(.decided(block, commit), from: index, to: receiver)
    }

    // MARK: The machine's host

    func feed(_ input: RoundStateMachine.Input, in simulation: Simulation) {
        inputs.append(input)
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while !inputs.isEmpty {
            let next = inputs.removeFirst()
            for effect in (try? machine?.receive(next)) ?? [] {
                perform(effect, in: simulation)
                if isUp, simulation.powerFails() { crash(in: simulation) }
                if !isUp { return }
            }
        }
    }

    private func perform(_ effect: RoundStateMachine.Effect, in simulation: Simulation) {
        switch effect {
        case .requestProposal(_, let round):
            let (blockID, block) = build(in: simulation)
            inputs.append(.proposalBuilt(round: round, blockID, time: block.header.time))
        case .execute(let blockID): execute(blockID, in: simulation)
        case .sign(let message):
            inputs.append(.signed(council.sign(message, by: index)))
        case .persist(.signature(let state)): disk.append(.signature(state))
        case .persist(.lock(let lock)):
            if let block = blocks[lock.blockID] { disk.append(.lock(lock, block)) }
        case .broadcast(let message):
            sync()
            checkOnDisk(message, in: simulation)
            transmit(message, in: simulation)
        case .schedule(let timeout): timer(.timeout(timeout), after: UInt64(timeout.milliseconds), in: simulation)
        case .decide(let decision): decide(decision, in: simulation)
        case .reportEquivocation(let evidence): simulation.noteEquivocation(evidence)
        case .halt(let blockID): simulation.violate("validator \(index) halts at \(blockID)")
        }
    }

    /// Makes the log durable.
    func sync() { disk.sync() }

    /// Sends a message that is on disk.
    func transmit(_ message: ConsensusMessage, in simulation: Simulation) {
        simulation.noteSent(message, by: self)
        simulation.broadcast(envelope(message), from: index)
    }

    func envelope(_ message: ConsensusMessage) -> Envelope {
        switch message {
        case .proposal(let proposal, _):
            .message(height: proposal.height, bytes: message.encoded, block: blocks[proposal.blockID])
        case .vote(let vote):
            .message(height: vote.height, bytes: message.encoded, block: nil, isPrecommit: vote.type == .precommit)
        }
    }

    func build(salt: UInt8 = 0, in simulation: Simulation) -> (BlockID, Block) {
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.chainID = Council.chainID
        header.height = tip.height + 1
        header.time = ProposerTime.time(clock: simulation.clock(of: self), after: tip.time)
        header.lastBlockID = tip.blockID
        header.lastCommitHash = tip.commit.hash.bytes
        header.validatorsHash = council.set.hash.bytes
        header.proposer = council.set.members[index].address
        let transactions = [[UInt8(index), salt, UInt8.random(in: 0...255, using: &simulation.random)]]
        header.dataHash = Block.dataHash(transactions).bytes
        let block = Block(header: header, transactions: transactions, lastCommit: tip.height == 0 ? nil : tip.commit)
        return (take(block), block)
    }

    /// A block executes if it follows from the last one and holds no poison.
    private func execute(_ blockID: BlockID, in simulation: Simulation) {
        guard let block = blocks[blockID] else {
            if !wanted.contains(blockID) { wanted.append(blockID) }
            return simulation.broadcast(.wantBlock(blockID), from: index)
        }
        let isValid =
            block.header.height == tip.height + 1 && block.header.lastBlockID == tip.blockID
            && block.header.dataHash == Block.dataHash(block.transactions).bytes
            && !block.transactions.contains { $0.count > 1 && $0[1] == Equivocator.poison }
        feed(.proposalExecuted(blockID, time: block.header.time, isValid: isValid), in: simulation)
    }

    private func decide(_ decision: Decision, in simulation: Simulation) {
        guard let block = blocks[decision.blockID] else { return simulation.violate("decided without the block") }
        disk.append(.decided(block, decision.commit))
        disk.sync()
        simulation.noteDecided(block, decision.blockID, by: self)
        follow(block, decision.commit)
        blocks = blocks.filter { $0.value.header.height > tip.height }
        wanted = []
        inputs = []
        beginMachine()
        timer(.begin(height: tip.height + 1), after: Self.blockInterval, in: simulation)
    }

    /// Nothing is sent that a crash could take back.
    private func checkOnDisk(_ message: ConsensusMessage, in simulation: Simulation) {
        switch message {
        case .proposal(let proposal, _):
            if !disk.holds(.proposal(proposal)) { simulation.violate("a proposal was sent before it was on disk") }
        case .vote(let vote):
            if !disk.holds(.vote(vote)) { simulation.violate("a vote was sent before it was on disk") }
            if vote.type == .precommit, !vote.blockID.isZero,
                !disk.holdsLock(height: vote.height, round: vote.round, blockID: vote.blockID)
            {
                simulation.violate("a precommit was sent before its lock was on disk")
            }
        }
    }
}
