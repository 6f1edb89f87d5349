import Consensus
import LedgerModel

/// One validator's machine under test.
///
/// Signatures are given at once; what is left of the effects is told in short words, in order: "persist prevote 0 A"
/// before "send prevote 0 A".
struct Seat {
    let council: Council
    let own: Int?
    var machine: RoundStateMachine
    /// Whether it is told as well why rounds are entered.
    var tellsCertificates = false
    /// All effects so far, `sign` among them.
    var history: [RoundStateMachine.Effect] = []

    init(_ council: Council, own: Int?, recovery: Recovery = Recovery()) {
        self.council = council
        self.own = own
        machine = council.machine(of: own, recovery: recovery)
    }

    /// A validator that does not propose round 0, nor any of the first rounds before the last member's turn.
    static func listener(of council: Council, recovery: Recovery = Recovery()) -> Seat {
        Seat(council, own: council.proposer(council.set.members.count - 1), recovery: recovery)
    }

    mutating func feed(_ input: RoundStateMachine.Input) throws -> [String] {
        var told: [String] = []
        var inputs = [input]
        while !inputs.isEmpty {
            for effect in try machine.receive(inputs.removeFirst()) {
                history.append(effect)
                if case .sign(let message) = effect, let own {
                    inputs.append(.signed(council.sign(message, by: own)))
                } else if tellsCertificates || !effect.isCertificate {
                    told.append(Self.tell(effect))
                }
            }
        }
        return told
    }

    /// The height begins, and passes rounds without a proposal.
    mutating func begin() throws { _ = try feed(.started) }

    mutating func receive(_ proposal: VerifiedProposal, at time: Timestamp = Council.blockTime) throws -> [String] {
        try feed(.proposalReceived(proposal, at: time))
    }

    mutating func executed(
        _ block: BlockID, isValid: Bool = true, time: Timestamp = Council.blockTime
    ) throws -> [String] {
        try feed(.proposalExecuted(block, time: time, isValid: isValid))
    }

    /// Votes of others, one after another.
    mutating func votes(
        _ type: VoteType, _ round: Int32, _ block: BlockID?, by indices: [Int]
    ) throws -> [String] {
        try indices.flatMap { try feed(.voteReceived(council.verified(council.vote(type, $0, round, block)))) }
    }

    mutating func elapse(_ step: Timeout.Step, _ round: Int32, height: Int64 = Council.height) throws -> [String] {
        try feed(.timeoutElapsed(Timeout(step: step, height: height, round: round, milliseconds: 0)))
    }

    /// Everybody but this validator.
    var others: [Int] { council.set.members.indices.filter { $0 != own } }

    static func tell(_ effect: RoundStateMachine.Effect) -> String {
        switch effect {
        case .requestProposal(let height, let round): "build \(height)/\(round)"
        case .execute(let block): "execute \(block.letter)"
        case .sign(let message): "sign \(tell(message))"
        case .persist(.signature(let state)): "persist \(state.message.map(tell) ?? "bar")"
        case .persist(.lock(let lock)): "persist lock \(lock.round) \(lock.blockID.letter)"
        case .persist(.certificate(let certificate)):
            "persist certificate \(certificate.round) of \(certificate.votes.count)"
        case .broadcast(.proposal(let proposal, let polka)):
            "send \(tell(.proposal(proposal)))\(polka.isEmpty ? "" : " with \(polka.count) prevotes")"
        case .broadcast(.vote(let vote)): "send \(tell(.vote(vote)))"
        case .schedule(let timeout): "wait \(timeout.step) \(timeout.round)"
        case .decide(let decision): "decide \(decision.blockID.letter) in \(decision.commit.round)"
        case .reportEquivocation(let evidence): "equivocation of \(evidence.first.validatorIndex)"
        case .halt(let block): "halt \(block.letter)"
        }
    }

    private static func tell(_ message: SignedMessage) -> String {
        switch message {
        case .proposal(let proposal):
            "proposal \(proposal.round) \(proposal.blockID.letter)"
                + (proposal.polRound < 0 ? "" : " of \(proposal.polRound)")
        case .vote(let vote): "\(vote.type) \(vote.round) \(vote.blockID.letter)"
        }
    }
}

extension RoundStateMachine.Effect {
    fileprivate var isCertificate: Bool { if case .persist(.certificate) = self { true } else { false } }
}
