import Consensus
import LedgerModel

/// Says one thing to some and another to the others, in every step: two votes, two blocks, sometimes a poisoned one.
final class Equivocator: SimulatedValidator {
    /// A block with this salt executes nowhere.
    static let poison: UInt8 = 255

    override var isFaulty: Bool { true }

    override func transmit(_ message: ConsensusMessage, in simulation: Simulation) {
        if case .vote(let vote) = message, Int(vote.validatorIndex) != index {
            return super.transmit(message, in: simulation)
        }
        let other = twin(of: message, in: simulation)
        for receiver in council.set.members.indices where receiver != index {
            simulation.send(
                envelope(simulation.random.happens(500) ? message : other), from: index, to: receiver)
        }
    }

    private func twin(of message: ConsensusMessage, in simulation: Simulation) -> ConsensusMessage {
        switch message {
        case .vote(var vote):
            let others = blocks.keys.filter { blocks[$0]?.header.height == vote.height && $0 != vote.blockID }
                .sorted { $0.hash.lexicographicallyPrecedes($1.hash) }
            let choice = others.randomElement(using: &simulation.random)
            vote.blockID = simulation.random.happens(500) ? choice ?? BlockID() : BlockID()
            vote.signature = []
            vote.signature = council.sign(.vote(vote), by: index).signature
            return .vote(vote)
        case .proposal(let proposal, _):
            let salt = simulation.random.happens(300) ? Self.poison : 1
            return .proposal(twin(of: proposal, salt: salt, in: simulation), polka: [])
        }
    }
}

extension SimulatedValidator {
    /// Another proposal for the same round, of a new block.
    fileprivate func twin(of proposal: BlockProposal, salt: UInt8, in simulation: Simulation) -> BlockProposal {
        let (blockID, block) = build(salt: salt, in: simulation)
        var twin = proposal
        twin.blockID = blockID
        twin.timestamp = block.header.time
        twin.polRound = -1
        twin.signature = []
        twin.signature = council.sign(.proposal(twin), by: index).signature
        return twin
    }
}

/// Works with its like: one block and all their votes for it to the validators at even places, another to the rest.
final class Conspirator: SimulatedValidator {
    override var isFaulty: Bool { true }

    override func transmit(_ message: ConsensusMessage, in simulation: Simulation) {
        guard case .proposal(let proposal, _) = message else { return }
        let twin = twin(of: proposal, salt: 1, in: simulation)
        for receiver in council.set.members.indices where receiver != index {
            let shown = receiver % 2 == 0 ? proposal : twin
            simulation.send(envelope(.proposal(shown, polka: [])), from: index, to: receiver)
            for partner in simulation.validators where partner is Conspirator {
                for type in [VoteType.prevote, .precommit] {
                    let vote = partner.vote(type, for: shown)
                    simulation.send(envelope(.vote(vote)), from: index, to: receiver)
                }
            }
        }
    }
}

extension SimulatedValidator {
    /// A signed vote for what was proposed, asked of nobody.
    fileprivate func vote(_ type: VoteType, for proposal: BlockProposal) -> Vote {
        var vote = Vote(
            type: type, height: proposal.height, round: proposal.round, blockID: proposal.blockID,
            timestamp: proposal.timestamp, validator: council.set.members[index].address,
            validatorIndex: Int32(index), signature: [])
        vote.signature = council.sign(.vote(vote), by: index).signature
        return vote
    }
}

/// Keeps back what others wait for: sends prevotes to all, proposals and precommits to one at most.
final class Withholder: SimulatedValidator {
    override var isFaulty: Bool { true }

    override func transmit(_ message: ConsensusMessage, in simulation: Simulation) {
        if case .vote(let vote) = message, vote.type == .prevote {
            return super.transmit(message, in: simulation)
        }
        let receiver = Int.random(in: council.set.members.indices, using: &simulation.random)
        if receiver != index { simulation.send(envelope(message), from: index, to: receiver) }
    }
}

/// Holds no lock and remembers no vote: prevotes whatever is proposed, and precommits whatever has a polka.
final class AmnesiacValidator: SimulatedValidator {
    private struct Choice: Hashable {
        var height: Int64
        var round: Int32
        var blockID: BlockID
    }
    private var prevoters: [Choice: Set<Int32>] = [:]

    override var isFaulty: Bool { true }

    /// Its machine only follows: its votes are not sent.
    override func transmit(_ message: ConsensusMessage, in simulation: Simulation) {
        guard case .proposal(let proposal, _) = message else { return }
        super.transmit(message, in: simulation)
        vote(.prevote, for: proposal.height, proposal.round, proposal.blockID, proposal.timestamp, in: simulation)
    }

    override func receive(_ envelope: Envelope, from sender: Int, in simulation: Simulation) {
        super.receive(envelope, from: sender, in: simulation)
        guard isUp, case .message(let height, let bytes, _, _) = envelope, height == self.height + 1,
            let message = try? ConsensusMessage(decoding: bytes)
        else { return }
        switch message {
        case .proposal(let proposal, _):
            vote(.prevote, for: height, proposal.round, proposal.blockID, proposal.timestamp, in: simulation)
        case .vote(let vote) where vote.type == .prevote && !vote.blockID.isZero:
            let choice = Choice(height: height, round: vote.round, blockID: vote.blockID)
            prevoters[choice, default: []].insert(vote.validatorIndex)
            if prevoters[choice]!.count * 3 + 3 > 2 * council.set.members.count {
                self.vote(.precommit, for: height, vote.round, vote.blockID, vote.timestamp, in: simulation)
            }
        default: break
        }
    }

    private func vote(
        _ type: VoteType, for height: Int64, _ round: Int32, _ blockID: BlockID, _ time: Timestamp,
        in simulation: Simulation
    ) {
        let vote = Vote(
            type: type, height: height, round: round, blockID: blockID, timestamp: time,
            validator: council.set.members[index].address, validatorIndex: Int32(index), signature: [])
        guard case .vote(let signed) = council.sign(.vote(vote), by: index) else { return }
        simulation.broadcast(envelope(.vote(signed)), from: index)
    }
}

/// A correct validator whose host forgets to sync its log before it sends.
final class CarelessValidator: SimulatedValidator {
    override func sync() {}
}
