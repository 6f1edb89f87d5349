import Consensus
import LedgerModel
import Testing

/// Each rule of Algorithm 1 by the effects that it has, in order.
///
/// Four validators of equal power: three are a quorum, two are more than a third.
struct RoundRuleTests {
    let council = Council(4)

    /// A listener that has prevoted block A in round 0, having executed it.
    private func prevoted() throws -> Seat {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.receive(council.proposal(0, .a)) == ["execute A"])
        #expect(try seat.executed(.a) == ["persist prevote 0 A", "send prevote 0 A"])
        return seat
    }

    /// A listener that has locked block A in round 0, and then passed to a round.
    private func locked(thenIn round: Int32 = 0) throws -> Seat {
        var seat = try prevoted()
        let told = try seat.votes(.prevote, 0, .a, by: Array(seat.others.prefix(2)))
        #expect(told == ["persist lock 0 A", "persist precommit 0 A", "send precommit 0 A"])
        if round > 0 { #expect(try seat.votes(.precommit, round, nil, by: [0, 1].map { seat.others[$0] }).count == 1) }
        return seat
    }

    // MARK: Proposing, lines 11 to 21

    @Test func `Who does not propose waits for the proposal`() throws {
        var seat = Seat.listener(of: council)
        #expect(try seat.feed(.started) == ["wait propose 0"])
        #expect(try seat.feed(.started) == [])
    }

    @Test func `A proposer asks for a block, and has each message on disk before it sends it`() throws {
        var seat = Seat(council, own: council.proposer(0))
        #expect(try seat.feed(.started) == ["build 5/0"])
        let told = try seat.feed(.proposalBuilt(round: 0, .a, time: Council.blockTime))
        #expect(
            told == [
                "persist proposal 0 A", "send proposal 0 A", "persist prevote 0 A", "send prevote 0 A",
            ])
    }

    @Test func `A block that is built too late is not proposed`() throws {
        var seat = Seat(council, own: council.proposer(0))
        try seat.begin()
        #expect(try seat.votes(.prevote, 1, nil, by: Array(seat.others.prefix(2))) == ["wait propose 1"])
        #expect(try seat.feed(.proposalBuilt(round: 0, .a, time: Council.blockTime)) == [])
    }

    @Test func `A proposal of round 0 begins the height for whoever still waits`() throws {
        var seat = Seat.listener(of: council)
        #expect(try seat.receive(council.proposal(0, .a)) == ["wait propose 0", "execute A"])
    }

    @Test func `Votes of more than a third begin the height, those of one validator do not`() throws {
        var seat = Seat.listener(of: council)
        #expect(try seat.votes(.prevote, 0, nil, by: [seat.others[0]]) == [])
        #expect(try seat.votes(.prevote, 0, nil, by: [seat.others[1]]) == ["wait propose 0"])
    }

    @Test func `A proposer proposes again what had a polka, with the polka`() throws {
        let own = council.proposer(1)
        var seat = Seat(council, own: own)
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        _ = try seat.executed(.a)
        _ = try seat.votes(.prevote, 0, .a, by: Array(seat.others.prefix(2)))
        _ = try seat.votes(.precommit, 0, nil, by: Array(seat.others.prefix(2)))
        let told = try seat.elapse(.precommit, 0)
        #expect(
            told == [
                "persist proposal 1 A of 0", "send proposal 1 A of 0 with 3 prevotes", "persist prevote 1 A",
                "send prevote 1 A",
            ])
    }

    // MARK: Prevoting, lines 22 to 33

    @Test func `Nobody prevotes a block before it is executed`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.receive(council.proposal(0, .a)) == ["execute A"])
        #expect(!seat.history.contains { if case .sign = $0 { true } else { false } })
    }

    @Test func `A block that fails to execute gets a prevote for nil`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        #expect(try seat.executed(.a, isValid: false) == ["persist prevote 0 nil", "send prevote 0 nil"])
    }

    @Test func `A block of another time than its proposal's gets a prevote for nil`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        let told = try seat.executed(.a, time: Council.blockTime.advanced(byNanoseconds: 1))
        #expect(told == ["persist prevote 0 nil", "send prevote 0 nil"])
    }

    @Test func `A proposal that does not come after the last block gets a prevote for nil`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        let told = try seat.receive(
            council.proposal(0, .a, time: Council.previousTime), at: Council.previousTime)
        #expect(told == ["persist prevote 0 nil", "send prevote 0 nil"])
    }

    @Test(arguments: [
        (-505_000_000, true), (-505_000_001, false), (15_505_000_000, true), (15_505_000_001, false), (0, true),
    ])
    func `A new proposal must come in time`(ageNanoseconds: Int, isTimely: Bool) throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        let shift = Timestamp(nanosecondsSince1970: UInt64(1_700_000_001_000_000_000 + ageNanoseconds))
        let told = try seat.receive(council.proposal(0, .a), at: shift)
        #expect(told == (isTimely ? ["execute A"] : ["persist prevote 0 nil", "send prevote 0 nil"]))
    }

    @Test func `A proposal that had a polka need not come in time`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        let polka = [0, 1, 2].map { council.vote(.prevote, $0, 0, .a) }
        _ = try seat.votes(.prevote, 1, nil, by: Array(seat.others.prefix(2)))
        let late = Council.blockTime.advanced(byNanoseconds: 60_000_000_000)
        #expect(try seat.receive(council.proposal(1, .a, polRound: 0, polka: polka), at: late) == ["execute A"])
        #expect(try seat.executed(.a) == ["persist prevote 1 A", "send prevote 1 A", "wait prevote 1"])
    }

    @Test func `The lock rule: who locked a block prevotes nil for another new one`() throws {
        var seat = try locked(thenIn: 1)
        #expect(try seat.receive(council.proposal(1, .b)) == ["persist prevote 1 nil", "send prevote 1 nil"])
    }

    @Test func `The lock rule: who locked a block prevotes it when it is proposed anew`() throws {
        var seat = try locked(thenIn: 1)
        #expect(try seat.receive(council.proposal(1, .a)) == ["persist prevote 1 A", "send prevote 1 A"])
    }

    @Test func `The lock rule: a polka older than the lock does not free from it`() throws {
        // Locked in round 1 on A, then round 2 brings B with a polka of round 0.
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.votes(.prevote, 1, .a, by: Array(seat.others.prefix(2)))
        _ = try seat.receive(council.proposal(1, .a))
        #expect(try seat.executed(.a).contains("persist lock 1 A"))
        _ = try seat.votes(.precommit, 2, nil, by: Array(seat.others.prefix(2)))
        let polka = [0, 1, 2].map { council.vote(.prevote, $0, 0, .b) }
        let told = try seat.receive(council.proposal(2, .b, polRound: 0, polka: polka))
        #expect(told == ["persist prevote 2 nil", "send prevote 2 nil"])
    }

    @Test func `The lock rule: a later polka frees from it`() throws {
        var seat = try locked(thenIn: 2)
        let polka = seat.others.map { council.vote(.prevote, $0, 1, .b) }
        #expect(try seat.receive(council.proposal(2, .b, polRound: 1, polka: polka)) == ["execute B"])
        #expect(try seat.executed(.b) == ["persist prevote 2 B", "send prevote 2 B"])
        let told = try seat.votes(.prevote, 2, .b, by: Array(seat.others.prefix(2)))
        #expect(told == ["persist lock 2 B", "persist precommit 2 B", "send precommit 2 B", "wait precommit 2"])
    }

    @Test func `A proposal of an earlier polka waits until that polka is known`() throws {
        var seat = try locked(thenIn: 2)
        #expect(try seat.receive(council.proposal(2, .b, polRound: 1)) == [])
        #expect(try seat.votes(.prevote, 1, .b, by: Array(seat.others.prefix(2))) == [])
        #expect(try seat.votes(.prevote, 1, .b, by: [seat.others[2]]) == ["execute B"])
        #expect(try seat.executed(.b) == ["persist prevote 2 B", "send prevote 2 B"])
    }

    @Test func `A polka is taken whole though one of its voters voted otherwise here`() throws {
        var seat = try locked(thenIn: 2)
        _ = try seat.votes(.prevote, 1, nil, by: [seat.others[0]])
        let polka = seat.others.map { council.vote(.prevote, $0, 1, .b) }
        let told = try seat.receive(council.proposal(2, .b, polRound: 1, polka: polka))
        #expect(told == ["equivocation of \(seat.others[0])", "execute B"])
        #expect(try seat.executed(.b) == ["persist prevote 2 B", "send prevote 2 B"])
    }

    // MARK: Precommitting, lines 34 to 46

    @Test func `A quorum of any prevotes starts the prevote timeout, once`() throws {
        var seat = try prevoted()
        #expect(try seat.votes(.prevote, 0, nil, by: [seat.others[0]]) == [])
        #expect(try seat.votes(.prevote, 0, .b, by: [seat.others[1]]) == ["wait prevote 0"])
        #expect(try seat.votes(.prevote, 0, nil, by: [seat.others[2]]) == [])
        #expect(try seat.elapse(.prevote, 0) == ["persist precommit 0 nil", "send precommit 0 nil"])
    }

    @Test func `A lock and its precommit are on disk before the precommit is sent, and the lock holds the polka`()
        throws
    {
        let seat = try locked()
        let lock = seat.history.compactMap { effect -> LockedBlock? in
            if case .persist(.lock(let lock)) = effect { lock } else { nil }
        }
        #expect(lock.count == 1)
        #expect(lock.first?.polka.count == 3)
        #expect(lock.first?.time == Council.blockTime)
    }

    @Test func `Two prevotes of four are no polka`() throws {
        var seat = try prevoted()
        #expect(try seat.votes(.prevote, 0, .a, by: [seat.others[0]]) == [])
    }

    @Test func `A polka for a block that nobody sent makes the validator fetch it and lock it`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.elapse(.propose, 0) == ["persist prevote 0 nil", "send prevote 0 nil"])
        #expect(try seat.votes(.prevote, 0, .a, by: seat.others) == ["wait prevote 0", "execute A"])
        #expect(
            try seat.executed(.a) == ["persist lock 0 A", "persist precommit 0 A", "send precommit 0 A"])
    }

    @Test func `A polka after the precommit makes the block valid, but locks nothing`() throws {
        var seat = try prevoted()
        _ = try seat.votes(.prevote, 0, nil, by: Array(seat.others.prefix(2)))
        #expect(try seat.elapse(.prevote, 0) == ["persist precommit 0 nil", "send precommit 0 nil"])
        let polka = council.set.members.indices.map { council.vote(.prevote, $0, 0, .a) }
        _ = try seat.receive(council.proposal(1, .a, polRound: 0, polka: polka))
        _ = try seat.votes(.precommit, 1, nil, by: Array(seat.others.prefix(2)))
        // In round 2 a new block may still be prevoted: there is no lock.
        _ = try seat.votes(.prevote, 2, nil, by: Array(seat.others.prefix(2)))
        #expect(try seat.receive(council.proposal(2, .b)) == ["execute B"])
        #expect(try seat.executed(.b) == ["persist prevote 2 B", "send prevote 2 B", "wait prevote 2"])
        // But it proposes the valid block when its turn comes.
        let told = try seat.votes(.precommit, 3, nil, by: Array(seat.others.prefix(2)))
        #expect(told.first == "persist proposal 3 A of 0")
    }

    @Test func `A polka for a block that fails here locks nothing`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        _ = try seat.executed(.a, isValid: false)
        #expect(try seat.votes(.prevote, 0, .a, by: seat.others) == ["wait prevote 0"])
    }

    @Test func `A polka for nil gets a precommit for nil at once`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.elapse(.propose, 0)
        let told = try seat.votes(.prevote, 0, nil, by: Array(seat.others.prefix(2)))
        #expect(told == ["persist precommit 0 nil", "send precommit 0 nil"])
    }

    // MARK: Deciding and moving on, lines 47 to 67

    @Test func `A quorum of any precommits starts the precommit timeout, and that the next round`() throws {
        var seat = try prevoted()
        #expect(try seat.votes(.precommit, 0, nil, by: Array(seat.others.prefix(2))) == [])
        #expect(try seat.votes(.precommit, 0, .a, by: [seat.others[2]]) == ["wait precommit 0"])
        #expect(try seat.elapse(.precommit, 0) == ["wait propose 1"])
        #expect(seat.machine.round == 1)
    }

    @Test func `A quorum of precommits decides, with the votes in set order`() throws {
        var seat = try locked()
        #expect(try seat.votes(.precommit, 0, nil, by: [seat.others[2]]) == [])
        #expect(try seat.votes(.precommit, 0, .a, by: [seat.others[1]]) == ["wait precommit 0"])
        #expect(try seat.votes(.precommit, 0, .a, by: [seat.others[0]]) == ["decide A in 0"])
        guard case .decide(let decision)? = seat.history.last else { return }
        #expect(decision.commit.signatures.map(\.validator) == council.set.members.map(\.address))
        #expect(decision.commit.signatures[seat.others[2]].flag == .nilVote)
        #expect(decision.commit.signatures.filter { $0.flag == .commit }.count == 3)
        #expect(throws: Never.self) {
            try VerifiedCommit(checking: decision.commit, by: council.set, on: Council.chainID)
        }
    }

    @Test func `Two precommits of four decide nothing`() throws {
        var seat = try locked()
        #expect(try seat.votes(.precommit, 0, .a, by: [seat.others[0]]) == [])
    }

    @Test func `An earlier round may still decide`() throws {
        var seat = try locked(thenIn: 2)
        #expect(try seat.votes(.precommit, 0, .a, by: Array(seat.others.prefix(2))) == ["decide A in 0"])
    }

    @Test func `A decided block is executed before it is decided here, though nobody proposed it`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.votes(.precommit, 0, .a, by: seat.others) == ["execute A", "wait precommit 0"])
        #expect(try seat.executed(.a) == ["decide A in 0"])
    }

    @Test func `A decided block that fails here stops the node`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.votes(.precommit, 0, .a, by: seat.others)
        #expect(try seat.executed(.a, isValid: false) == ["halt A"])
    }

    @Test func `After the decision nothing more comes`() throws {
        var seat = try locked()
        _ = try seat.votes(.precommit, 0, .a, by: Array(seat.others.prefix(2)))
        #expect(try seat.votes(.precommit, 0, .a, by: [seat.others[2]]) == [])
        #expect(try seat.elapse(.precommit, 0) == [])
        #expect(seat.machine.republication.isEmpty)
    }

    @Test func `A commit from whoever is ahead decides, once the block is executed`() throws {
        var ahead = try locked()
        _ = try ahead.votes(.precommit, 0, .a, by: Array(ahead.others.prefix(2)))
        guard case .decide(let decision)? = ahead.history.last else { return }
        var seat = Seat(council, own: nil)
        let commit = try VerifiedCommit(checking: decision.commit, by: council.set, on: Council.chainID)
        #expect(try seat.feed(.commitReceived(commit)) == ["execute A"])
        #expect(try seat.executed(.a) == ["decide A in 0"])
    }

    @Test func `More than a third in later rounds pulls on, to the round that one of them surely reached`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.votes(.prevote, 7, nil, by: [seat.others[0]]) == [])
        #expect(try seat.votes(.prevote, 4, nil, by: [seat.others[1]]) == ["wait propose 4"])
        #expect(seat.machine.round == 4)
    }

    @Test func `Rounds beyond memory still pull on`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        _ = try seat.votes(.prevote, 1_000, nil, by: Array(seat.others.prefix(2)))
        #expect(seat.machine.round == 1_000)
    }

    @Test func `One validator alone pulls nobody on`() throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        for round in Int32(1)...20 { #expect(try seat.votes(.precommit, round, nil, by: [seat.others[0]]) == []) }
        #expect(seat.machine.round == 0)
    }

    @Test(arguments: [Timeout.Step.propose, .prevote, .precommit])
    func `A timeout of another round or height does nothing`(step: Timeout.Step) throws {
        var seat = Seat.listener(of: council)
        try seat.begin()
        #expect(try seat.elapse(step, 1) == [])
        #expect(try seat.elapse(step, 0, height: Council.height + 1) == [])
    }

    @Test func `A timeout of a step that is over does nothing`() throws {
        var seat = try locked()
        #expect(try seat.elapse(.propose, 0) == [])
        #expect(try seat.elapse(.prevote, 0) == [])
    }

    @Test func `Timeouts grow with the round`() {
        let timeouts = Timeouts()
        #expect(timeouts.milliseconds(.propose, round: 0) == 1_000)
        #expect(timeouts.milliseconds(.propose, round: 3) == 1_600)
        #expect(timeouts.milliseconds(.prevote, round: 2) == 700)
        #expect(timeouts.milliseconds(.precommit, round: .max) > 0)
    }

    @Test func `Who is not in the set decides without a word`() throws {
        var seat = Seat(council, own: nil)
        try seat.begin()
        #expect(try seat.receive(council.proposal(0, .a)) == ["execute A"])
        #expect(try seat.executed(.a) == [])
        #expect(try seat.votes(.prevote, 0, .a, by: [0, 1, 2]).allSatisfy { !$0.hasPrefix("send") })
        #expect(try seat.votes(.precommit, 0, .a, by: [0, 1, 2]) == ["decide A in 0"])
        #expect(!seat.history.contains { if case .sign = $0 { true } else { false } })
    }
}
