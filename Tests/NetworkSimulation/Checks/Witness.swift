@testable import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime

/// Sees everything that honest nodes say and decide, and says what is wrong with it.
final class Witness {
    private struct Place: Hashable {
        var node: Int
        var place: VotePlace
    }
    private struct Decided {
        var block: ProposedBlock
        var appHash: Digest
    }

    let ledger: SimulatedLedger
    private(set) var violations: [String] = []
    /// Every decided block by height, as the first honest node has it.
    private var decided: [Int64: Decided] = [:]
    private var sent: [Place: SignedMessage] = [:]
    private var said: Set<SignedMessage> = []
    private var proposed: [BlockID: UInt64] = [:]
    /// Of each honest node's decisions, how long after the block was proposed: nanoseconds.
    private(set) var finality: [UInt64] = []
    private var submitted: Set<[UInt8]> = []
    /// How often what went wrong, by kind.
    private(set) var counts: [String: Int] = [:]
    private(set) var equivocators: Set<Address> = []
    private(set) var roundMax: Int32 = 0
    private var hash = SHA256()
    var lockWatch: LockWatch

    init(_ ledger: SimulatedLedger) {
        self.ledger = ledger
        lockWatch = LockWatch(ledger.plan)
    }

    func violate(_ what: String) { violations.append(what) }
    func count(_ what: String) { counts[what, default: 0] += 1 }

    /// A hash of everything that was sent and decided, in order.
    var traceHash: Digest {
        var copy = hash
        return copy.finalize()
    }

    func trace(_ bytes: [UInt8], from: Int, at time: UInt64) {
        var place = [UInt8(from)]
        for shift in stride(from: UInt64(0), to: 64, by: 8) { place.append(UInt8(truncatingIfNeeded: time >> shift)) }
        hash.update(place + bytes)
    }

    var heightMax: Int64 { decided.keys.max() ?? 0 }

    // MARK: Transactions

    func noteSubmitted(_ transaction: [UInt8]) { submitted.insert(transaction) }
    func areSubmitted(_ transactions: [[UInt8]]) -> Bool { transactions.allSatisfy(submitted.contains) }

    // MARK: What is said

    /// Nothing is sent that a crash could take back, and nothing twice.
    func check(_ message: ConsensusMessage, said node: SimulatedNode) {
        guard let (signed, isOwn) = own(message, of: node) else { return }
        // What others have said is said again by anybody.
        guard isOwn else { return }
        roundMax = max(roundMax, signed.round)
        let place = VotePlace(height: signed.height, round: signed.round, step: signed.step)
        // What peers give back to a restored backup, or to a disk that lost it, is said again, as anybody's is.
        if node.isRestored || node.isOnBadDisk, said.contains(signed) { return }
        if !node.durable.holds(signed) { violate("node \(node.index) sent \(place) before it was on disk") }
        if case .vote(let vote) = signed, vote.type == .precommit, !vote.blockID.isZero,
            !node.durable.holdsLock(of: vote)
        {
            violate("node \(node.index) sent \(place) before its lock was on disk")
        }
        if let heard = node.heard, node.lastOwn.map({ $0 < heard }) ?? true, signed.height <= heard.height {
            violate("node \(node.index) heard of its \(heard), which its log lacks, and signed \(place)")
        }
        if case .proposal(let proposal) = signed {
            checkTurn(of: node, at: place)
            if proposed[proposal.blockID] == nil { proposed[proposal.blockID] = node.simulation.now }
        }
        said.insert(signed)
        let before = sent.updateValue(signed, forKey: Place(node: node.index, place: place))
        // A restored backup may repeat what too few have seen (D23), and so may one whose disk lost what it had acknowledged.
        if let before, before != signed, !node.disk.mayHaveForgotten,
            (node as? RestoredFromBackup)?.isOnRecord(place) ?? true
        {
            violate("node \(node.index) signed twice at \(place)")
        }
        if before == nil, node.isCorrect, case .vote(let vote) = signed,
            let objection = lockWatch.objection(
                to: vote, of: node.index, mayHaveForgotten: node.disk.mayHaveForgotten)
        {
            violate("node \(node.index) at \(place) \(objection)")
        }
    }

    /// Only the round's proposer proposes.
    private func checkTurn(of node: SimulatedNode, at place: VotePlace) {
        let rotation = ledger.plan.rotation(at: place.height)
        let proposer = place.round == 0 ? rotation.proposer : rotation.advanced(by: Int(place.round)).proposer
        if proposer != node.own?.bytes { violate("node \(node.index) proposed at \(place), out of its turn") }
    }

    /// What anybody says, true or not.
    func noteSaid(_ message: ConsensusMessage, by scheme: SignatureScheme) {
        lockWatch.heard(message) { signed in
            guard case .vote(let vote) = signed,
                let key = ledger.plan.inForce(at: vote.height).members.first(where: { $0.address == vote.validator })?
                    .publicKey.ed25519
            else { return false }
            return scheme.isValid(vote.signature, signed.signBytes(chainID: ledger.identity.chainID.text), key)
        }
    }

    private func own(_ message: ConsensusMessage, of node: SimulatedNode) -> (SignedMessage, isOwn: Bool)? {
        switch message {
        case .vote(let vote): return (.vote(vote), vote.validator == node.own?.bytes)
        case .proposal(let proposal, _):
            let proposer = node.replica?.machine.proposer(of: proposal.round)
            let isCurrent = node.replica?.height == proposal.height
            return (.proposal(proposal), isCurrent && proposer == node.own?.bytes)
        }
    }

    // MARK: The start rule

    /// A peer says no less than it has seen (D23).
    func checkAnswer(_ answer: VotePlace?, of node: SimulatedNode, to receiver: NodeID) {
        guard let index = node.simulation.places[receiver], let seen = node.seen[Identity.all[index].address] else {
            return
        }
        if answer.map({ $0 < seen }) ?? true {
            violate("node \(node.index) has seen \(seen) of \(index) and says \(String(describing: answer))")
        }
    }

    /// What a node's replica is about to hear.
    func noteHeard(_ message: PeerMessage, by node: SimulatedNode, from sender: SimulatedNode) {
        guard node.linked.contains(sender.index) else { return }
        switch message {
        case .lastVote(let message?) where sender.role.isHonest && node.replica?.isWaitingForPeers == true:
            node.heard = max(node.heard ?? message.place, message.place)
        case .consensus(.vote(let vote)):
            guard node.replica?.isWaitingForPeers == false, vote.height == node.replica?.height,
                let address = Address(vote.validator), let set = node.replica?.tip.validators.current,
                (try? VerifiedVote(
                    checking: vote, by: set, on: ledger.identity.chainID.text,
                    isValid: node.simulation.scheme.isValid)) != nil
            else { return }
            let place = VotePlace(
                height: vote.height, round: vote.round, step: vote.type == .prevote ? .prevote : .precommit)
            node.seen[address] = max(node.seen[address] ?? place, place)
        default: break
        }
    }

    func noteRestoredBackup(of node: SimulatedNode) {
        count("restored backups recognised")
        if node.isCorrect, !node.isOnBadDisk { violate("node \(node.index) takes its own log for a restored backup") }
    }

    // MARK: What is decided

    func noteDecided(_ block: ProposedBlock, _ commit: Commit, _ outcome: BlockOutcome, by node: SimulatedNode) {
        guard node.role.isHonest || node.role == .conspirator else { return }
        hash.update(block.id.hash)
        guard node.role.isHonest else { return }
        let height = block.block.header.height
        if let then = proposed[block.id] { finality.append(node.simulation.now - then) }
        guard let known = decided[height] else {
            decided[height] = Decided(block: block, appHash: outcome.appHash)
            checkTime(of: block, in: node.simulation)
            if !areSubmitted(block.block.transactions) { violate("block \(height) has a transaction of nobody") }
            return
        }
        if known.block.id != block.id { violate("two blocks decided at \(height)") }
        noteState(outcome.appHash, at: height, of: node)
    }

    /// No block is of a future that most clocks have not reached: a correct clock's lead and CometBFT's precision.
    private func checkTime(of block: ProposedBlock, in simulation: Simulation) {
        let latest =
            SimulatedClock.epoch + simulation.now + simulation.weather.clockSkew + SynchronyParameters().precision
        if block.block.header.time > Timestamp(nanosecondsSince1970: latest) {
            violate("block \(block.block.header.height) is from the future")
        }
    }

    /// The state after a decided height, as the first honest node has it.
    func appHash(after height: Int64) -> Digest? { decided[height]?.appHash }

    /// Nobody honest hands out a block that was not decided, whatever its disk did to it.
    func checkServed(_ block: [UInt8], at height: Int64, by node: SimulatedNode) {
        guard node.role.isHonest, let known = decided[height], known.block.encoded != block else { return }
        violate("node \(node.index) serves a wrong block \(height)")
    }

    func noteState(_ appHash: Digest, at height: Int64, of node: SimulatedNode) {
        guard node.role.isHonest, let known = decided[height], known.appHash != appHash else { return }
        violate("node \(node.index) has another state after \(height)")
    }

    func note(_ evidence: DuplicateVoteEvidence, by node: SimulatedNode) {
        guard let address = Address(evidence.first.validator) else { return }
        equivocators.insert(address)
        guard let index = Identity.all.firstIndex(where: { $0.address == address }) else { return }
        if let role = node.simulation.role(index), role == .correct {
            violate("node \(index) is accused of double signing")
        }
    }

    // MARK: Peers

    /// Correct nodes do not take each other for rule breakers.
    func noteDisconnect(_ node: SimulatedNode, _ peer: SimulatedNode, _ reason: String, mayBeCorrupted: Bool) {
        count("peers turned away")
        if node.isCorrect, peer.isCorrect, !mayBeCorrupted {
            violate("node \(node.index) turned \(peer.index) away: \(reason)")
        }
    }

    /// What a replica holds has a bound, whatever others send.
    func checkBounds(of node: SimulatedNode) {
        guard node.isCorrect, let round = node.replica?.round, let early = node.replica?.early.count,
            let blocks = node.replica?.blocks.count, let wanted = node.replica?.wanted.count,
            let ready = node.replica?.catchUp.ready.count
        else { return }
        let rounds = Int(max(round, 0)) + Int(VoteKeeper.roundsAheadMax) + 2
        if early > EarlyMessages.countMax { violate("node \(node.index) keeps \(early) early messages") }
        if blocks > Replica.unexpectedBlocksMax + 2 * rounds { violate("node \(node.index) keeps \(blocks) blocks") }
        if wanted > 2 * rounds { violate("node \(node.index) wants \(wanted) blocks") }
        if ready > Int(CatchUp.windowMax) { violate("node \(node.index) is too far ahead of itself") }
    }
}

extension Simulation {
    func role(_ index: Int) -> Cast.Role? { cast.roles.indices.contains(index) ? cast.roles[index] : nil }
}
