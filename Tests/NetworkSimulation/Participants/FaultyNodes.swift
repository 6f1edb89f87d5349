@testable import Consensus
import Cryptography
import LedgerModel

extension Cast.Role {
    var type: SimulatedNode.Type {
        switch self {
        case .correct: SimulatedNode.self
        case .amnesiacValidator: AmnesiacValidator.self
        case .clockSkewed: ClockSkewed.self
        case .equivocator: Equivocator.self
        case .flooder: Flooder.self
        case .heightLiar: HeightLiar.self
        case .restoredFromBackup: RestoredFromBackup.self
        case .selectiveGossiper: SelectiveGossiper.self
        case .withholder: Withholder.self
        case .wrongAppHash: WrongAppHash.self
        case .conspirator: Conspirator.self
        case .carelessHost: CarelessHost.self
        }
    }
}

extension SimulatedNode {
    /// Whether a message is this node's own vote or proposal.
    func isOwn(_ message: ConsensusMessage) -> Bool {
        switch message {
        case .vote(let vote): vote.validator == own?.bytes
        case .proposal(let proposal, _): replica?.machine.proposer(of: proposal.round) == own?.bytes
        }
    }

    /// A signed vote, asked of nobody.
    func forgedVote(
        _ type: VoteType, _ height: Int64, _ round: Int32, _ blockID: BlockID, _ time: Timestamp
    ) -> Vote? {
        guard let own, let place = replica?.tip.validators.current.index(of: own.bytes) else { return nil }
        let vote = Vote(
            type: type, height: height, round: round, blockID: blockID, timestamp: time, validator: own.bytes,
            validatorIndex: Int32(place), signature: [])
        guard case .vote(let signed) = signed(.vote(vote)) else { return nil }
        return signed
    }

    /// Another proposal for the same round, and its block; a poisoned one executes nowhere.
    func twin(of proposal: BlockProposal, isPoisoned: Bool) -> (BlockProposal, ProposedBlock)? {
        guard let own, let tip = replica?.tip, tip.height + 1 == proposal.height else { return nil }
        let transactions = isPoisoned ? [[UInt8](repeating: 1, count: 9)] : Array(pool.dropFirst().prefix(2))
        let order = Replica.BuildOrder(
            round: proposal.round, time: proposal.timestamp.advanced(byNanoseconds: 1_000),
            lastCommit: tip.height == 0 ? Commit() : tip.commit,
            evidence: [], proposer: own)
        let block = ProposedBlock(assemble(order, on: tip, transactions: transactions))
        if isPoisoned { simulation.witness.lockWatch.poison(block.id) }
        let twin = BlockProposal(
            height: proposal.height, round: proposal.round, polRound: -1, blockID: block.id,
            timestamp: block.block.header.time)
        guard case .proposal(let signed) = signed(.proposal(twin)) else { return nil }
        return (signed, block)
    }
}

/// Says one thing to some and another to the others, in every step: two votes, two blocks, sometimes a poisoned one.
final class Equivocator: SimulatedNode {
    private var known: [BlockID] = []

    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        guard receiver == nil, case .consensus(let consensus) = message, isOwn(consensus) else {
            return super.transmit(message, to: receiver)
        }
        switch consensus {
        case .vote(let vote): tell(message, or: twin(of: vote).map { [.consensus(.vote($0))] } ?? [])
        case .proposal(let proposal, _):
            guard let (twin, block) = twin(of: proposal, isPoisoned: simulation.random.happens(300)) else { break }
            note(block.id)
            if proposal.round > 0, simulation.random.happens(300) {
                return tell(message, or: unfounded(twin) + [.block(block.encoded)])
            }
            tell(message, or: [.consensus(.proposal(twin, polka: [])), .block(block.encoded)])
        }
    }

    override func receive(_ message: PeerMessage, from sender: Int) {
        if case .consensus(.proposal(let proposal, _)) = message { note(proposal.blockID) }
        super.receive(message, from: sender)
    }

    /// A proposal that claims a polka of the round before, and shows one vote for it or none.
    private func unfounded(_ proposal: BlockProposal) -> [PeerMessage] {
        var proposal = proposal
        proposal.polRound = proposal.round - 1
        proposal.signature = []
        guard case .proposal(let signed) = signed(.proposal(proposal)),
            let vote = forgedVote(.prevote, proposal.height, proposal.polRound, proposal.blockID, proposal.timestamp)
        else { return [] }
        return [.consensus(.proposal(signed, polka: simulation.random.happens(500) ? [] : [vote]))]
    }

    private func note(_ id: BlockID) { known = Array((known + [id]).suffix(6)) }

    private func tell(_ message: PeerMessage, or others: [PeerMessage]) {
        for peer in simulation.network.peers(of: index) {
            for message in simulation.random.happens(500) ? [message] : others { super.transmit(message, to: peer) }
        }
    }

    private func twin(of vote: Vote) -> Vote? {
        let others = known.filter { $0 != vote.blockID }
        let choice = others.randomElement(using: &simulation.random) ?? BlockID()
        return forgedVote(
            vote.type, vote.height, vote.round, simulation.random.happens(600) ? choice : BlockID(), vote.timestamp)
    }
}

/// Works with its like: one block and all their votes for it to the nodes at even places, another to the rest.
final class Conspirator: SimulatedNode {
    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        guard case .consensus(let consensus) = message else { return super.transmit(message, to: receiver) }
        guard case .proposal(let proposal, _) = consensus, isOwn(consensus),
            let (twin, block) = twin(of: proposal, isPoisoned: false)
        else { return }
        for peer in simulation.network.peers(of: index) {
            let shown = peer % 2 == 0 ? proposal : twin
            super.transmit(.consensus(.proposal(shown, polka: [])), to: peer)
            if peer % 2 == 1 { super.transmit(.block(block.encoded), to: peer) }
            for case let partner as Conspirator in simulation.nodes {
                for type in [VoteType.prevote, .precommit] {
                    guard let vote = partner.forgedVote(type, shown.height, shown.round, shown.blockID, shown.timestamp)
                    else { continue }
                    super.transmit(.consensus(.vote(vote)), to: peer)
                }
            }
        }
    }
}

/// Keeps back what others wait for: sends proposals, blocks and precommits to one at most.
final class Withholder: SimulatedNode {
    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        switch message {
        case .consensus(.vote(let vote)) where vote.type == .prevote: super.transmit(message, to: receiver)
        case .consensus, .block, .decided:
            guard let peer = simulation.network.peers(of: index).randomElement(using: &simulation.random) else {
                return
            }
            if receiver == nil || receiver == peer { super.transmit(message, to: peer) }
        default: super.transmit(message, to: receiver)
        }
    }
}

/// Speaks to some peers only, and tells of a block without sending it.
final class SelectiveGossiper: SimulatedNode {
    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        for peer in receiver.map({ [$0] }) ?? simulation.network.peers(of: index) {
            let isFriend = (peer + index + Int(height / 4)) % 3 != 0
            switch message {
            case .block, .compactBlock, .transactions: if simulation.random.happens(700) { continue }
            default: break
            }
            if isFriend { super.transmit(message, to: peer) }
        }
    }
}

/// Proposes blocks that claim another state than the one before them left, hold a commit that nobody signed, or are no
/// later than the one before.
final class WrongAppHash: SimulatedNode {
    override func assemble(_ order: Replica.BuildOrder, on tip: ChainTip, transactions: [[UInt8]]) -> Block {
        var order = order
        if simulation.random.happens(300) {
            order.time = tip.time
            return super.assemble(order, on: tip, transactions: transactions)
        }
        let isOfState = order.lastCommit.signatures.isEmpty || simulation.random.happens(500)
        if !isOfState {
            for place in order.lastCommit.signatures.indices { order.lastCommit.signatures[place] = .absent }
        }
        var block = super.assemble(order, on: tip, transactions: transactions)
        if isOfState { block.header.appHash = SHA256.hash(block.header.appHash).bytes }
        return block
    }
}

/// Runs on a wall clock that is minutes off.
final class ClockSkewed: SimulatedNode {
    required init(index: Int, role: Cast.Role, hasKey: Bool, in simulation: Simulation) {
        super.init(index: index, role: role, hasKey: hasKey, in: simulation)
    }

    override func restart() {
        clock.lead = Int64(simulation.random.within(0...1_200 * second)) - Int64(600 * second)
        super.restart()
    }
}

/// Holds no lock and remembers no vote: prevotes whatever is proposed, and precommits whatever has a polka.
final class AmnesiacValidator: SimulatedNode {
    private struct Choice: Hashable {
        var height: Int64
        var round: Int32
        var blockID: BlockID
    }
    private var prevoters: [Choice: Set<Int32>] = [:]

    /// Its machine only follows: its votes are not sent.
    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        guard case .consensus(let consensus) = message, isOwn(consensus) else {
            return super.transmit(message, to: receiver)
        }
        guard case .proposal(let proposal, _) = consensus else { return }
        super.transmit(message, to: receiver)
        vote(.prevote, proposal.height, proposal.round, proposal.blockID, proposal.timestamp)
    }

    override func receive(_ message: PeerMessage, from sender: Int) {
        super.receive(message, from: sender)
        guard isUp, case .consensus(let consensus) = message, consensus.height == height + 1 else { return }
        switch consensus {
        case .proposal(let proposal, _):
            vote(.prevote, proposal.height, proposal.round, proposal.blockID, proposal.timestamp)
        case .vote(let vote) where vote.type == .prevote && !vote.blockID.isZero:
            let choice = Choice(height: vote.height, round: vote.round, blockID: vote.blockID)
            prevoters[choice, default: []].insert(vote.validatorIndex)
            let members = replica?.tip.validators.current.members.count ?? 1
            if prevoters[choice]!.count * 3 + 3 > 2 * members {
                self.vote(.precommit, vote.height, vote.round, vote.blockID, vote.timestamp)
            }
        default: break
        }
    }

    private func vote(_ type: VoteType, _ height: Int64, _ round: Int32, _ blockID: BlockID, _ time: Timestamp) {
        guard let vote = forgedVote(type, height, round, blockID, time) else { return }
        super.transmit(.consensus(.vote(vote)), to: nil)
    }
}

/// Claims heights that nobody has reached, hands out decided blocks that nobody decided, and last votes that nobody cast.
final class HeightLiar: SimulatedNode {
    override func transmit(_ message: PeerMessage, to receiver: Int?) {
        switch message {
        case .status(var status):
            status.height += Int64(simulation.random.below(40))
            super.transmit(.status(status), to: receiver)
        case .lastVote:
            super.transmit(.lastVote(lie(about: receiver)), to: receiver)
        case .decided(let bytes, var commit):
            guard simulation.random.happens(500) else { return super.transmit(message, to: receiver) }
            commit[commit.count - 1] ^= 1
            super.transmit(.decided(block: bytes, commit: commit), to: receiver)
        default: super.transmit(message, to: receiver)
        }
    }

    override func receive(_ message: PeerMessage, from sender: Int) {
        if case .wantDecided(let from, let count) = message, from + Int64(count) > height,
            let block = (try? disk.block(1)) ?? nil
        {
            super.transmit(.decided(block: block.block, commit: block.commit), to: sender)
        }
        super.receive(message, from: sender)
    }

    override func makeMischief() {
        guard isUp, let peer = simulation.network.peers(of: index).randomElement(using: &simulation.random) else {
            return
        }
        let far = height + Int64(simulation.random.below(100))
        super.transmit(.status(ChainStatus(height: far, clock: moment.wall)), to: peer)
        super.transmit(.lastVote(lie(about: peer)), to: peer)
        if let (block, commit) = undecided() { super.transmit(.decided(block: block, commit: commit), to: peer) }
    }
}

extension HeightLiar {
    /// A vote that somebody else never cast.
    private func lie(about peer: Int?) -> SignedMessage? {
        let far = height + Int64(simulation.random.below(1_000)) + 1
        guard let peer, var vote = forgedVote(.precommit, far, 3, BlockID(), moment.wall) else { return nil }
        vote.validator = Identity.all[peer].address.bytes
        return .vote(vote)
    }

    /// A next block that nobody decided, with a commit whose signatures are one validator's.
    private func undecided() -> (block: [UInt8], commit: [UInt8])? {
        guard let own, let tip = replica?.tip else { return nil }
        let order = Replica.BuildOrder(
            round: 0, time: tip.time.advanced(byNanoseconds: 1_000_000),
            lastCommit: tip.height == 0 ? Commit() : tip.commit, evidence: [], proposer: own)
        let block = ProposedBlock(assemble(order, on: tip, transactions: []))
        let vote = forgedVote(.precommit, tip.height + 1, 0, block.id, order.time)
        let precommits = tip.validators.current.members.map { member in
            vote.map { own in
                var vote = own
                vote.validator = member.address
                return vote
            }
        }
        let commit = Commit(height: tip.height + 1, round: 0, blockID: block.id, precommits: precommits)
        return (block.encoded, commit.encoded)
    }
}

/// Sends more than anybody asked for: votes and proposals of heights and rounds to come, blocks of nobody's, wishes.
final class Flooder: SimulatedNode {
    override func makeMischief() {
        guard isUp, let tip = replica?.tip,
            let peer = simulation.network.peers(of: index).randomElement(using: &simulation.random)
        else { return }
        if simulation.random.happens(30) { return overwhelm(peer, after: tip) }
        for number in 0..<60 {
            let height = tip.height + Int64(simulation.random.below(4))
            let round = Int32(simulation.random.below(40))
            let id = simulation.random.happens(300) ? BlockID() : tip.blockID
            switch number % 6 {
            case 0: transmit(.wantDecided(from: max(tip.height - 3, 1), count: 60_000), to: peer)
            case 1: if let block = (try? disk.block(tip.height)) ?? nil { transmit(.block(block.block), to: peer) }
            default:
                guard
                    var vote = forgedVote(number % 2 == 0 ? .prevote : .precommit, max(height, 1), round, id, tip.time)
                else { break }
                // Now and then in another's name.
                if simulation.random.happens(20) {
                    let place = simulation.random.below(tip.validators.current.members.count)
                    (vote.validatorIndex, vote.validator) = (
                        Int32(place), tip.validators.current.members[place].address
                    )
                }
                transmit(.consensus(.vote(vote)), to: peer)
            }
        }
    }
}

extension Flooder {
    /// More early votes than anybody keeps, and more blocks.
    private func overwhelm(_ peer: Int, after tip: ChainTip) {
        guard let own else { return }
        simulation.witness.count("floods")
        if let vote = forgedVote(.prevote, tip.height + 2, 0, BlockID(), tip.time) {
            for _ in 0...EarlyMessages.countMax { transmit(.consensus(.vote(vote)), to: peer) }
        }
        for number in 0..<40 as Range<UInt64> {
            let order = Replica.BuildOrder(
                round: 0, time: tip.time.advanced(byNanoseconds: number + 1),
                lastCommit: tip.height == 0 ? Commit() : tip.commit, evidence: [], proposer: own)
            transmit(.block(ProposedBlock(assemble(order, on: tip, transactions: [])).encoded), to: peer)
        }
    }
}

/// Comes back with an earlier copy of its disk, while what it signed since then stands with others (D23).
final class RestoredFromBackup: SimulatedNode {
    private struct Observer {
        var node: SimulatedNode
        var life: Int
        var place: VotePlace
    }

    private var backup: [String: [UInt8]]?
    /// Who had seen what of it when its disk was set back.
    private var observers: [Observer] = []

    func backUp() { backup = disk.copy }

    func restoreBackup() {
        guard let backup else { return }
        simulation.witness.count("backups restored")
        // One that is down has forgotten it.
        observers = simulation.correct.filter(\.isUp).compactMap { node in
            node.seen[identity.address].map { Observer(node: node, life: node.life, place: $0) }
        }
        crash()
        disk.restore(backup, seed: simulation.random.next())
        durable = DurableWords()
        isRestored = true
    }

    /// Whether correct validators of more than 1/3 of the power have seen a place, and have lived on since: whoever
    /// asks more than 2/3 asks one of them.
    func isOnRecord(_ place: VotePlace) -> Bool {
        guard isRestored else { return true }
        let set = simulation.ledger.plan.inForce(at: height + 1)
        let power = observers.filter { $0.place >= place && $0.life == $0.node.life }
            .compactMap { $0.node.own.flatMap { set.index(of: $0.bytes) } }
            .reduce(Int64(0)) { $0 + set.members[$1].votingPower }
        return power > TrustLevel.oneThird.threshold(of: set.power)
    }
}

/// A host that sends before its log is on disk.
final class CarelessHost: SimulatedNode {
    override func sync() {}
}
