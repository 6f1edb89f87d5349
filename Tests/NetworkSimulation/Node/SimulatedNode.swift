@testable import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime
import LedgerStore
import StateTree

/// A node: a `Replica`, a log, a state, and a host that performs effects in order.
///
/// Participants override what they say and hear. What a node decides is `Replica`'s; this is its hands.
class SimulatedNode {
    /// An effect that waits its turn, and the tip that it was asked at.
    struct Step {
        var effect: Replica.Effect
        var tip: ChainTip?
    }

    let index: Int
    let role: Cast.Role
    let identity: Identity
    let hasKey: Bool
    unowned let simulation: Simulation
    let disk: NodeDisk
    /// Whether its disk may fail: its log then refuses, and the node stays down.
    let isOnBadDisk: Bool
    /// Its log is refused: it stays down, and that is right.
    private(set) var isDead = false
    var clock = SimulatedClock()
    /// Counts restarts: what was asked of an earlier life is void.
    private(set) var life = 0
    private(set) var isUp = false
    /// Final, so that a look at one of its members copies no more than that.
    final var replica: Replica?
    /// Whom the replica was told that it is connected with.
    var linked: Set<Int> = []

    private var steps: [Step] = []
    private var nextStep = 0
    private var isPerforming = false
    private var isSyncing = false

    /// The state after the last decided block, and what blocks on it make.
    var state: LedgerState
    var height: Int64 = 0
    var outcomes: [BlockID: BlockOutcome] = [:]
    /// States of before, to begin a replay at.
    private var checkpoints: [(tip: ChainTip, state: LedgerState)] = []
    var pool: [[UInt8]] = []
    /// When the last signature that was asked for comes.
    private var signedUntil: UInt64 = 0
    /// Of this life.
    private var compactBlocks = CompactBlocks()
    private var book = EvidenceBook()
    /// What is on disk of what this node signed.
    var durable = DurableWords()
    /// The last place that this life's log holds, and the latest that honest peers told it of before it spoke.
    var lastOwn: VotePlace?
    var heard: VotePlace?
    /// Whether its disk was ever set back to an earlier copy.
    var isRestored = false
    /// The last place of each validator that this life's replica has certainly seen.
    var seen: [Address: VotePlace] = [:]

    required init(index: Int, role: Cast.Role, hasKey: Bool, in simulation: Simulation) {
        self.index = index
        self.role = role
        self.hasKey = hasKey
        self.simulation = simulation
        identity = Identity.all[index]
        state = simulation.ledger.state
        isOnBadDisk = simulation.cast.badDisks.contains(index)
        disk = NodeDisk(
            seed: simulation.random.next(), segmentBytes: simulation.random.happens(500) ? 8_192 : 1 << 20)
    }

    /// Where it stands, for whoever reads of a failure.
    var standing: String {
        guard let replica else { return "\(index) \(role) \(isDead ? "dead" : "down")" }
        let isAsking = replica.isWaitingForPeers ? " asks" : ""
        return "\(index) \(role) \(height)/\(replica.round) \(replica.machine.step)\(isAsking)"
    }

    var isCorrect: Bool { !role.isFaulty }
    var own: Address? { hasKey ? identity.address : nil }
    var moment: Replica.Moment { clock.moment(at: simulation.now) }

    // MARK: Life and death

    func restart() {
        guard !isUp, !isDead else { return }
        do throws(StoreFailure) { try disk.open() } catch { return refuse(error) }
        isUp = true
        clock.boot = simulation.now
        steps = []
        (nextStep, isPerforming, isSyncing) = (0, false, false)
        (linked, outcomes, seen, heard) = ([], [:], [:], nil)
        guard let tip = replay() else { return }
        height = tip.height
        let (recovery, locked) = recover(height + 1)
        durable.restart(recovery, locked)
        lastOwn = recovery.lastSignature.map { VotePlace(height: $0.height, round: $0.round, step: $0.step) }
        replica = Replica(
            tip: tip, own: own, binding: binding, recovery: recovery, lockedBlock: locked,
            timeouts: simulation.timeouts,
            isValid: simulation.scheme.isValid)
        feed(.opened)
        feed(.workChanged(!pool.isEmpty))
        simulation.connectAll(of: self)
    }

    /// The power fails: what was not synced is lost.
    func crash() {
        guard isUp else { return }
        isUp = false
        life += 1
        replica = nil
        compactBlocks = CompactBlocks()
        disk.crash(keepsCache: simulation.random.happens(300))
        simulation.noteCrash(of: self)
    }

    /// The log is refused, or fails: the node stops.
    private func fail(_ failure: StoreFailure) {
        if !isOnBadDisk { simulation.witness.violate("the log of node \(index) fails: \(failure)") }
        simulation.witness.count("logs that failed")
        crash()
    }

    private func refuse(_ failure: StoreFailure) {
        if !isOnBadDisk { simulation.witness.violate("the log of node \(index) is refused: \(failure)") }
        simulation.witness.count("logs that were refused")
        isDead = true
    }

    private var binding: NodeBinding? {
        own.map {
            NodeBinding(
                validator: $0,
                signature: simulation.scheme.sign(
                    NodeBinding.signBytes(identity.node, on: simulation.ledger.identity), by: identity))
        }
    }

    /// Executes the log's blocks again, from one of the states of before; nil where the log does not give them.
    private func replay() -> ChainTip? {
        let last = disk.lastHeight
        checkpoints.removeAll { $0.tip.height > last }
        let start =
            checkpoints.isEmpty || simulation.random.happens(100) ? nil : checkpoints[max(checkpoints.count - 3, 0)]
        var tip = start?.tip ?? simulation.ledger.beginning
        state = start?.state ?? simulation.ledger.state
        book.cut(above: tip.height)
        while tip.height < last {
            let found: (block: [UInt8], commit: [UInt8])?
            do throws(StoreFailure) { found = try disk.block(tip.height + 1) } catch {
                refuse(error)
                crash()
                return nil
            }
            guard let found, let block = try? ProposedBlock(decoding: found.block),
                let commit = try? Commit(decoding: found.commit),
                let outcome = simulation.ledger.execute(block.block, on: state, isVerified: true)
            else {
                simulation.witness.violate("node \(index) cannot replay block \(tip.height + 1)")
                return nil
            }
            state = outcome.state
            book.add(block.block)
            tip.advance(to: block, commit: commit, result: simulation.ledger.result(outcome))
            simulation.witness.noteState(outcome.appHash, at: tip.height, of: self)
        }
        return tip
    }

    /// What the log holds of a height that was begun.
    private func recover(_ height: Int64) -> (Recovery, ProposedBlock?) {
        let votes = disk.openVotes.isEmpty ? [disk.lastVote].compactMap { $0 } : disk.openVotes
        let signatures = votes.compactMap { try? SignState(decoding: $0) }
        let locked = disk.lastLocked.flatMap { try? LockRecord(decoding: $0) }.flatMap {
            $0.lock.height == height ? $0 : nil
        }
        let certificate = disk.lastCertificate.flatMap { try? RoundCertificate(decoding: $0) }
        if certificate == nil, disk.lastCertificate != nil, !isOnBadDisk {
            simulation.witness.violate("the certificate of node \(index) cannot be read")
        }
        return (Recovery(signatures: signatures, lock: locked?.lock, certificate: certificate), locked?.block)
    }

    // MARK: Hands

    func feed(_ input: Replica.Input) {
        guard isUp, replica != nil else { return }
        let effects = replica!.receive(input, at: moment)
        for effect in effects {
            steps.append(Step(effect: effect, tip: effect.needsTip ? replica?.tip : nil))
            if isCorrect, case .send(.lastVote(let message), let peer?) = effect {
                simulation.witness.checkAnswer(message?.place, of: self, to: peer)
            }
        }
        simulation.witness.checkBounds(of: self)
        performSteps()
    }

    /// Performs what waits, in order, until the disk is waited for or the power fails.
    private func performSteps() {
        guard !isPerforming else { return }
        isPerforming = true
        defer { isPerforming = false }
        let life = life
        while isUp, life == self.life, !isSyncing, nextStep < steps.count {
            if simulation.powerFails(self) { return crash() }
            if steps[nextStep].effect.waitsForDisk, disk.hasPending, mustSync() { return }
            // The disk may have failed.
            guard isUp, life == self.life else { return }
            let step = steps[nextStep]
            nextStep += 1
            perform(step)
        }
        if isUp, life == self.life, nextStep == steps.count {
            steps.removeAll(keepingCapacity: true)
            nextStep = 0
        }
    }

    /// Makes the log durable; true where that takes time.
    private func mustSync() -> Bool {
        let duration = simulation.random.within(simulation.weatherNow.sync)
        guard duration > 0 else {
            sync()
            return false
        }
        isSyncing = true
        simulation.schedule(.synced(node: index, life: life), after: duration)
        return true
    }

    func sync() {
        do throws(StoreFailure) { try disk.sync() } catch { return fail(error) }
        durable.sync()
    }

    /// The disk has done what it was asked.
    func synced() {
        isSyncing = false
        sync()
        performSteps()
    }

    private func perform(_ step: Step) {
        switch step.effect {
        case .send(let message, let peer): say(message, to: peer.flatMap { simulation.places[$0] })
        case .sendDecided(let height, let peer):
            if let to = simulation.places[peer] { sayDecided(height, to: to) }
        case .build(let order): if let tip = step.tip { build(order, on: tip) }
        case .execute(let block): if let tip = step.tip { execute(block, on: tip) }
        case .sign(let message): answer(signed(message))
        case .append(let record): append(record)
        case .commit(let block, let commit): take(block, commit)
        case .schedule(let timer, let nanoseconds):
            simulation.schedule(.timer(node: index, life: life, timer), after: nanoseconds)
        case .disconnect(let peer, let reason):
            if let to = simulation.places[peer] { simulation.disconnect(self, to, because: reason) }
        case .reportEquivocation(let evidence): simulation.witness.note(evidence, by: self)
        case .reportRestoredBackup: simulation.witness.noteRestoredBackup(of: self)
        case .halt(let blockID): simulation.witness.violate("node \(index) halts at \(blockID.hash.prefix(4))")
        }
    }

    private func sayDecided(_ height: Int64, to receiver: Int) {
        do throws(StoreFailure) {
            guard let (block, commit) = try disk.block(height) else { return }
            simulation.witness.checkServed(block, at: height, by: self)
            say(.decided(block: block, commit: commit), to: receiver)
        } catch { fail(error) }
    }

    private func write(_ record: BlockLog.Record) {
        do throws(StoreFailure) { try disk.append(record) } catch { fail(error) }
    }

    private func append(_ record: Replica.Record) {
        durable.append(record)
        switch record {
        case .signature(let state): write(.vote(height: UInt64(state.height), bytes: state.encoded))
        case .lock(let lock, let block):
            write(.lockedProposal(height: UInt64(lock.height), bytes: LockRecord(lock, block).encoded))
        case .certificate(let certificate):
            write(.roundCertificate(height: UInt64(certificate.height), bytes: certificate.encoded))
        }
    }

    func signed(_ message: SignedMessage) -> SignedMessage {
        message.signed(
            simulation.scheme.sign(message.signBytes(chainID: simulation.ledger.identity.chainID.text), by: identity))
    }

    /// A signer answers in the order in which it was asked, as both of the node's do.
    private func answer(_ message: SignedMessage) {
        let delay = simulation.random.within(simulation.weatherNow.signing)
        signedUntil = max(simulation.now + delay, signedUntil)
        guard signedUntil > simulation.now else { return feed(.signed(message)) }
        simulation.schedule(
            .answer(node: index, life: life, .signed(message)), after: signedUntil - simulation.now)
    }

    private func later(in range: ClosedRange<UInt64>, _ input: Replica.Input) {
        let delay = simulation.random.within(range)
        if delay == 0 {
            feed(input)
        } else {
            simulation.schedule(.answer(node: index, life: life, input), after: delay)
        }
    }

    // MARK: Blocks

    /// The block that an order makes; participants make others.
    func assemble(_ order: Replica.BuildOrder, on tip: ChainTip, transactions: [[UInt8]]) -> Block {
        let evidence = order.evidence.map(\.encoded).filter { holds($0, after: tip) }
        return Block(
            header: tip.header(
                time: order.time, transactions: transactions, evidence: evidence, lastCommit: order.lastCommit,
                proposer: order.proposer.bytes),
            transactions: transactions, evidence: evidence, lastCommit: order.lastCommit)
    }

    private func holds(_ item: [UInt8], after tip: ChainTip) -> Bool {
        book.holds(item, after: tip, plan: simulation.ledger.plan, isValid: simulation.scheme.isValid)
    }

    private func build(_ order: Replica.BuildOrder, on tip: ChainTip) {
        // A height that was decided meanwhile needs no block.
        guard tip.height == height else { return }
        let block = assemble(order, on: tip, transactions: Array(pool.prefix(4)))
        guard let outcome = simulation.ledger.execute(block, on: state, isVerified: true) else {
            return simulation.witness.violate("node \(index) cannot execute its own block")
        }
        let proposed = ProposedBlock(block)
        outcomes[proposed.id] = outcome
        later(
            in: simulation.weatherNow.execution,
            .built(round: order.round, proposed, simulation.ledger.result(outcome)))
    }

    private func execute(_ block: ProposedBlock, on tip: ChainTip) {
        guard block.block.header.height == height + 1, tip.height == height else { return }
        let isVerified = simulation.witness.areSubmitted(block.block.transactions)
        let isFounded = block.block.evidence.allSatisfy { holds($0, after: tip) }
        let outcome =
            !isFounded
            ? nil : outcomes[block.id] ?? simulation.ledger.execute(block.block, on: state, isVerified: isVerified)
        outcomes[block.id] = outcome
        later(in: simulation.weatherNow.execution, .executed(block.id, outcome.map(simulation.ledger.result)))
    }

    private func take(_ block: ProposedBlock, _ commit: Commit) {
        guard let outcome = outcomes[block.id], block.block.header.height == height + 1 else {
            return simulation.witness.violate("node \(index) decided a block that it has not executed")
        }
        write(
            .decidedBlock(
                height: UInt64(block.block.header.height), block: block.encoded, commit: commit.encoded))
        // Alone, the decided block is the first that leaves the node: on disk before anybody is told, as in the node.
        if simulation.ledger.plan.inForce(at: height + 1).members.count == 1 { sync() }
        guard isUp else { return }
        height += 1
        state = outcome.state
        outcomes = [:]
        book.add(block.block)
        if !block.block.evidence.isEmpty { simulation.witness.count("evidence on the ledger") }
        if let tip = replica?.tip, tip.height == height { checkpoints.append((tip, state)) }
        let included = Set(block.block.transactions)
        pool.removeAll { included.contains($0) }
        simulation.witness.noteDecided(block, commit, outcome, by: self)
        compactBlocks.decided(height)
        feed(.workChanged(!pool.isEmpty))
    }

    func submit(_ transaction: [UInt8]) {
        pool.append(transaction)
        feed(.workChanged(true))
    }

    // MARK: Mouth and ears

    private func say(_ message: PeerMessage, to receiver: Int?) {
        if role.isHonest, case .consensus(let consensus) = message {
            simulation.witness.check(consensus, said: self)
        }
        transmit(message, to: receiver)
    }

    /// Sends a message that is on disk; nil is everybody.
    func transmit(_ message: PeerMessage, to receiver: Int?) { simulation.post(message, from: index, to: receiver) }

    func receive(_ message: PeerMessage, from sender: Int) {
        simulation.witness.noteHeard(message, by: self, from: simulation.nodes[sender])
        if case .evidence(let found) = message, let tip = replica?.tip, !holds(found.encoded, after: tip) { return }
        guard !takeCompact(message, from: sender) else { return }
        feed(.messageReceived(message, from: simulation.nodes[sender].identity.node))
    }

    /// Takes what is about compact blocks, as the node does; false for any other message.
    private func takeCompact(_ message: PeerMessage, from sender: Int) -> Bool {
        let peer = simulation.nodes[sender].identity.node
        let outcome: CompactBlocks.Outcome
        switch message {
        case .compactBlock(let block):
            let pool = pool
            outcome = compactBlocks.take(block, from: peer) { hash in pool.first { SHA256.hash($0) == hash } }
        case .transactions(let hash, let transactions):
            outcome = compactBlocks.take(transactions, of: hash, from: peer)
        case .wantTransactions(let wish):
            if let found = replica?.transactions(wish) { transmit(.transactions(hash: wish.hash, found), to: sender) }
            return true
        default: return false
        }
        switch outcome {
        case .complete(let bytes):
            simulation.witness.count("compact blocks put together")
            feed(.messageReceived(.block(bytes), from: peer))
        case .ask(let wish):
            simulation.witness.count("compact blocks that lacked transactions")
            transmit(.wantTransactions(wish), to: sender)
        case .unexpected, .broken: break
        }
        return true
    }

    /// What a participant does of its own accord, now and then.
    func makeMischief() {}

    func fire(_ timer: Replica.Timer) { feed(.timerElapsed(timer)) }
}

extension Replica.Effect {
    /// What is done on the tip that it was asked at.
    var needsTip: Bool {
        switch self {
        case .build, .execute: true
        default: false
        }
    }

    /// What may not happen before everything that was appended is on disk.
    var waitsForDisk: Bool {
        switch self {
        case .send, .sendDecided: true
        default: false
        }
    }
}
