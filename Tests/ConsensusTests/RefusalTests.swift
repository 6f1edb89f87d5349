import Consensus
import Cryptography
import LedgerModel
import Testing

/// What the checks and the machine refuse.
struct RefusalTests {
    let council = Council(4)

    /// Changes one thing of a good vote.
    enum Damage: CaseIterable {
        case height, round, type, blockID, timestamp, validator, index, indexBeyond, signature, chain

        func apply(to vote: inout Vote, council: Council) {
            switch self {
            case .height: vote.height = 0
            case .round: vote.round = -1
            case .type: vote.type = .proposal
            case .blockID: vote.blockID.parts.hash = []
            case .timestamp: vote.timestamp.nanoseconds = 1_000_000_000
            case .validator: vote.validator = council.set.members[2].address
            case .index: vote.validatorIndex = 2
            case .indexBeyond: vote.validatorIndex = 4
            case .signature: vote.signature[7] ^= 1
            case .chain: break
            }
        }
    }

    @Test(arguments: Damage.allCases) func `A vote with a flaw is no verified vote`(damage: Damage) {
        var vote = council.vote(.prevote, 1, 0, .a)
        damage.apply(to: &vote, council: council)
        let chain = damage == .chain ? "other-1" : Council.chainID
        #expect(throws: ConsensusFault.self) { try VerifiedVote(checking: vote, by: council.set, on: chain) }
    }

    @Test func `A polka needs more than two thirds, each voter once, all for one block of one round`() {
        let votes = [0, 1, 2].map { council.vote(.prevote, $0, 0, .a) }
        func check(_ votes: [Vote]) throws -> VerifiedPolka {
            try VerifiedPolka(checking: votes, by: council.set, on: Council.chainID)
        }
        #expect(throws: Never.self) { try check(votes) }
        #expect(throws: ConsensusFault.notAQuorum) { try check([]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check(Array(votes.prefix(2))) }
        #expect(throws: ConsensusFault.notAQuorum) { try check([votes[0], votes[1], votes[1]]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check([votes[1], votes[0], votes[2]]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check(votes.prefix(2) + [council.vote(.prevote, 2, 1, .a)]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check(votes.prefix(2) + [council.vote(.prevote, 2, 0, .b)]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check(votes.prefix(2) + [council.vote(.precommit, 2, 0, .a)]) }
        #expect(throws: ConsensusFault.notAQuorum) { try check([0, 1, 2].map { council.vote(.prevote, $0, 0, nil) }) }
        var forged = votes
        forged[2].signature[0] ^= 1
        #expect(throws: ConsensusFault.signature) { try check(forged) }
    }

    @Test func `A proposal's polka is the one that it names`() {
        let polka = [0, 1, 2].map { council.vote(.prevote, $0, 0, .a) }
        #expect(throws: Never.self) { try council.proposal(1, .a, polRound: 0, polka: polka) }
        #expect(throws: ConsensusFault.notAQuorum) { try council.proposal(2, .a, polRound: 1, polka: polka) }
        #expect(throws: ConsensusFault.notAQuorum) { try council.proposal(1, .b, polRound: 0, polka: polka) }
        #expect(throws: ConsensusFault.notAQuorum) { try council.proposal(1, .a, polka: polka) }
    }

    @Test(
        arguments: [
            { $0.height = 0 }, { $0.height = -1 }, { $0.round = -1 }, { $0.blockID = BlockID() },
            { $0.blockID.parts.total = 0 },
            { $0.timestamp.nanoseconds = -1 },
        ] as [@Sendable (inout BlockProposal) -> Void])
    func `A proposal with a flaw is no verified proposal, whoever signed it`(
        flaw: @Sendable (inout BlockProposal) -> Void
    ) throws {
        let proposer = council.proposer(0)
        var proposal = try council.proposal(0, .a).proposal
        proposal.signature = []
        flaw(&proposal)
        guard case .proposal(let signed) = council.sign(.proposal(proposal), by: proposer) else { return }
        #expect {
            try VerifiedProposal(
                checking: signed, polka: [], from: council.set.members[proposer].address, by: council.set,
                on: Council.chainID)
        } throws: { if case .invalid? = $0 as? ConsensusFault { true } else { false } }
    }

    @Test func `A proposal of somebody who is not in the set is refused`() throws {
        let proposal = try council.proposal(0, .a).proposal
        #expect(throws: ConsensusFault.notAValidator) {
            try VerifiedProposal(
                checking: proposal, polka: [], from: [UInt8](repeating: 1, count: 20), by: council.set,
                on: Council.chainID)
        }
    }

    @Test(arguments: [(0, 0), (1, 1), (1, 2), (0, -2)])
    func `A polka round is -1 or before the proposal's`(round: Int32, polRound: Int32) {
        #expect(throws: ConsensusFault.self) { try council.proposal(round, .a, polRound: polRound) }
    }

    @Test func `A proposal signed by another than the one asked for is refused`() throws {
        let good = try council.proposal(0, .a).proposal
        let other = council.set.members[(council.proposer(0) + 1) % 4].address
        #expect(throws: ConsensusFault.signature) {
            try VerifiedProposal(checking: good, polka: [], from: other, by: council.set, on: Council.chainID)
        }
    }

    @Test func `A commit of too little power, or with a false signature, is refused`() throws {
        func commit(by indices: [Int]) -> Commit {
            Commit(
                height: Council.height, round: 0, blockID: .a,
                precommits: (0..<4).map { indices.contains($0) ? council.vote(.precommit, $0, 0, .a) : nil })
        }
        func check(_ commit: Commit) throws -> VerifiedCommit {
            try VerifiedCommit(checking: commit, by: council.set, on: Council.chainID)
        }
        #expect(throws: Never.self) { try check(commit(by: [0, 1, 3])) }
        #expect(throws: ConsensusFault.self) { try check(commit(by: [0, 3])) }
        var forged = commit(by: [0, 1, 2])
        forged.signatures[0].signature[0] ^= 1
        #expect(throws: ConsensusFault.self) { try check(forged) }
    }

    @Test func `The machine refuses what is of another height`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        let vote = try council.verified(council.vote(.prevote, 0, 0, .a, height: 6))
        #expect(throws: ConsensusFault.wrongHeight(6)) { try seat.feed(.voteReceived(vote)) }
        let commit = try VerifiedCommit(
            checking: Commit(
                height: 6, round: 0, blockID: .a,
                precommits: (0..<4).map { council.vote(.precommit, $0, 0, .a, height: 6) }),
            by: council.set, on: Council.chainID)
        #expect(throws: ConsensusFault.wrongHeight(6)) { try seat.feed(.commitReceived(commit)) }
        let proposal = try council.proposal(0, .a, height: 4)
        #expect(throws: ConsensusFault.wrongHeight(4)) { try seat.receive(proposal) }
        #expect(!seat.machine.needs(vote.vote))
    }

    @Test func `The machine refuses a proposal by anybody but the round's proposer`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        for index in 0..<4 where index != council.proposer(0) {
            let proposal = try council.proposal(0, .a, by: index)
            #expect(throws: ConsensusFault.notTheProposer) { try seat.receive(proposal) }
        }
        #expect(try seat.receive(council.proposal(0, .a)) == ["execute A"])
    }

    @Test func `A second proposal of a round is ignored`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        #expect(try seat.receive(council.proposal(0, .b)) == [])
        #expect(try seat.executed(.a) == ["persist prevote 0 A", "send prevote 0 A"])
    }

    @Test func `Proposals of rounds far ahead or past are ignored`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.receive(council.proposal(50, .a)) == [])
        _ = try seat.votes(.prevote, 2, nil, by: Array(seat.others.prefix(2)))
        #expect(try seat.receive(council.proposal(1, .a)) == [])
    }

    @Test func `Answers to what was not asked are refused`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(throws: ConsensusFault.notAskedFor) { try seat.executed(.a) }
        let vote = SignedMessage.vote(council.vote(.prevote, seat.own!, 0, .a))
        #expect(throws: ConsensusFault.notAskedFor) { try seat.feed(.signed(vote)) }
    }

    @Test func `An equivocator counts once, and is reported once, with ordered votes`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        let culprit = seat.others[0]
        #expect(try seat.votes(.prevote, 0, .b, by: [culprit]) == [])
        #expect(seat.machine.needs(council.vote(.prevote, culprit, 0, .a)))
        #expect(!seat.machine.needs(council.vote(.prevote, culprit, 0, .b)))
        #expect(try seat.votes(.prevote, 0, .a, by: [culprit]) == ["equivocation of \(culprit)"])
        #expect(try seat.votes(.prevote, 0, .a, by: [culprit]) == [])
        guard case .reportEquivocation(let evidence)? = seat.history.last else { return }
        #expect(evidence.first.blockID == .a)
        #expect(evidence.second.blockID == .b)
        #expect(evidence.totalPower == 40)
        #expect(evidence.validatorPower == 10)
        // Its second vote gives A no third prevote.
        _ = try seat.receive(council.proposal(0, .a))
        _ = try seat.executed(.a)
        let told = try seat.votes(.prevote, 0, .a, by: [seat.others[1]])
        #expect(told == ["wait prevote 0"])
    }

    @Test func `Power counts, not heads`() throws {
        let council = Council(powers: [70, 10, 10, 10])
        var seat = Seat(council, own: nil)
        try seat.begin()
        _ = try seat.votes(.precommit, 0, .a, by: [1, 2, 3])
        #expect(seat.machine.round == 0)
        #expect(try seat.votes(.precommit, 0, .a, by: [0]) == ["execute A", "wait precommit 0"])
    }
}
