import Consensus
import LedgerModel
import Testing

/// A validator that comes back: what it may sign, what it says again, and what it still holds.
struct RecoveryTests {
    let council = Council(4)
    var own: Int { council.proposer(3) }

    private func state(_ type: VoteType, _ round: Int32, _ block: BlockID?) -> SignState {
        SignState(.vote(council.vote(type, own, round, block)))
    }

    private func lock(_ round: Int32, _ block: BlockID) -> LockedBlock {
        LockedBlock(
            height: Council.height, round: round, blockID: block, time: Council.blockTime,
            polka: [0, 1, 2].map { council.vote(.prevote, $0, round, block) })
    }

    @Test func `It says again what it said, since that may have reached nobody, and signs nothing for it`() throws {
        let recovery = Recovery(signatures: [state(.prevote, 0, .a), state(.precommit, 0, nil)])
        var seat = Seat(council, own: own, recovery: recovery)
        #expect(try seat.feed(.started) == ["send prevote 0 A", "send precommit 0 nil", "wait propose 0"])
        #expect(!seat.history.contains { if case .sign = $0 { true } else { false } })
    }

    @Test func `It goes on in the round of its last signature`() throws {
        let recovery = Recovery(signatures: [state(.precommit, 0, nil), state(.prevote, 2, nil)])
        var seat = Seat(council, own: own, recovery: recovery)
        #expect(try seat.feed(.started) == ["send precommit 0 nil", "send prevote 2 nil", "wait propose 2"])
        #expect(seat.machine.round == 2)
    }

    @Test func `It signs no second prevote in the same round`() throws {
        var seat = Seat(council, own: own, recovery: Recovery(signatures: [state(.prevote, 0, .a)]))
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .b))
        #expect(try seat.executed(.b) == [])
    }

    @Test func `Where it would sign the same again, it sends what it signed then`() throws {
        var seat = Seat(council, own: own, recovery: Recovery(signatures: [state(.prevote, 0, .a)]))
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        #expect(try seat.executed(.a) == ["send prevote 0 A"])
    }

    @Test func `It may still precommit in a round in which it only prevoted`() throws {
        var seat = Seat(council, own: own, recovery: Recovery(signatures: [state(.prevote, 0, .a)]))
        try seat.begin()
        _ = try seat.receive(council.proposal(0, .a))
        _ = try seat.executed(.a)
        let told = try seat.votes(.prevote, 0, .a, by: Array(seat.others.prefix(2)))
        #expect(told == ["persist lock 0 A", "persist precommit 0 A", "send precommit 0 A"])
    }

    @Test func `It keeps its lock: executes the block, and prevotes no other`() throws {
        let recovery = Recovery(
            signatures: [state(.prevote, 0, .a), state(.precommit, 0, .a)], lock: lock(0, .a))
        var seat = Seat(council, own: own, recovery: recovery)
        #expect(
            try seat.feed(.started) == ["execute A", "send prevote 0 A", "send precommit 0 A", "wait propose 0"])
        _ = try seat.votes(.precommit, 1, nil, by: Array(seat.others.prefix(2)))
        #expect(try seat.receive(council.proposal(1, .b)) == ["persist prevote 1 nil", "send prevote 1 nil"])
    }

    @Test func `As proposer it brings its lock's block, with the polka from the log, once that is executed`() throws {
        let recovery = Recovery(signatures: [state(.precommit, 0, .a)], lock: lock(0, .a))
        var seat = Seat(council, own: own, recovery: recovery)
        try seat.begin()
        #expect(try seat.votes(.precommit, 3, nil, by: Array(seat.others.prefix(2))) == [])
        #expect(
            try seat.executed(.a).prefix(2) == [
                "persist proposal 3 A of 0", "send proposal 3 A of 0 with 3 prevotes",
            ])
    }

    @Test func `Why a round was entered is on disk before anything of it is signed`() throws {
        var seat = Seat(council, own: own)
        seat.tellsCertificates = true
        // Two of four begin the height: of its first round nothing need be known.
        #expect(try seat.votes(.prevote, 0, nil, by: Array(seat.others.prefix(2))) == ["wait propose 0"])
        _ = try seat.elapse(.propose, 0)
        _ = try seat.votes(.precommit, 0, nil, by: seat.others)
        #expect(try seat.elapse(.precommit, 0) == ["persist certificate 1 of 4", "wait propose 1"])
        // Two of four are further on, one of them far.
        _ = try seat.votes(.prevote, 40, nil, by: [seat.others[0]])
        #expect(
            try seat.votes(.prevote, 2, nil, by: [seat.others[1]]) == ["persist certificate 2 of 2", "wait propose 2"])
    }

    @Test func `It comes back to the round that it entered, and tells the others why`() throws {
        let votes = [
            council.vote(.prevote, 0, 2, nil), council.vote(.precommit, 1, 40, .b), council.vote(.prevote, 2, 2, .a),
        ]
        let certificate = RoundCertificate(height: Council.height, round: 2, votes: votes)
        var seat = Seat(
            council, own: own,
            recovery: Recovery(signatures: [state(.prevote, 0, .a)], certificate: certificate))
        #expect(try seat.feed(.started) == ["send prevote 0 A", "wait propose 2"])
        #expect(seat.machine.round == 2)
        let said = seat.machine.republication.compactMap { message -> Vote? in
            if case .vote(let vote) = message { vote } else { nil }
        }
        for vote in votes { #expect(said.count { $0 == vote } == 1) }
        // They lead another there.
        var late = Seat(council, own: council.proposer(0))
        try late.begin()
        for vote in votes { _ = try late.feed(.voteReceived(council.verified(vote))) }
        #expect(late.machine.round == 2)
    }

    @Test func `A certificate of another height leads nowhere`() throws {
        let votes = [0, 1, 2].map { council.vote(.precommit, $0, 0, nil, height: Council.height - 1) }
        let certificate = RoundCertificate(height: Council.height - 1, round: 1, votes: votes)
        var seat = Seat(council, own: own, recovery: Recovery(certificate: certificate))
        #expect(try seat.feed(.started) == ["wait propose 0"])
        #expect(seat.machine.republication.isEmpty)
    }

    @Test func `A follower keeps nothing on disk, and says why it went on`() throws {
        var seat = Seat(council, own: nil)
        try seat.begin()
        _ = try seat.votes(.precommit, 0, nil, by: [0, 1, 2])
        #expect(try seat.elapse(.precommit, 0) == ["wait propose 1"])
        #expect(seat.machine.republication.count == 3)
    }

    @Test func `A proposer that signed in this round before does not propose again, and waits`() throws {
        let proposer = council.proposer(0)
        let vote = SignState(.vote(council.vote(.prevote, proposer, 0, .a)))
        var seat = Seat(council, own: proposer, recovery: Recovery(signatures: [vote]))
        #expect(try seat.feed(.started) == ["send prevote 0 A", "wait propose 0"])
    }

    @Test func `A restored backup signs nothing up to the height that it is barred from`() throws {
        for barred in [Council.height, Council.height + 3] {
            var seat = Seat(council, own: own, recovery: Recovery(signatures: [.barring(through: barred)]))
            try seat.begin()
            _ = try seat.receive(council.proposal(0, .a))
            #expect(try seat.executed(.a) == [])
            #expect(try seat.votes(.prevote, 0, .a, by: seat.others).allSatisfy { !$0.hasPrefix("send") })
            #expect(try seat.votes(.precommit, 0, .a, by: seat.others).last == "decide A in 0")
        }
        var seat = Seat(council, own: own, recovery: Recovery(signatures: [.barring(through: Council.height - 1)]))
        try seat.begin()
        #expect(try seat.elapse(.propose, 0) == ["persist prevote 0 nil", "send prevote 0 nil"])
    }

    @Test func `What it signed and locked at another height neither binds nor is said again`() throws {
        var old = lock(4, .a)
        old.height = Council.height - 1
        let vote = SignState(.vote(council.vote(.precommit, own, 4, .a, height: Council.height - 1)))
        var seat = Seat(council, own: own, recovery: Recovery(signatures: [vote], lock: old))
        #expect(try seat.feed(.started) == ["wait propose 0"])
    }

    @Test func `Republication brings own messages and what ended the last round`() throws {
        var seat = Seat(council, own: own)
        try seat.begin()
        _ = try seat.elapse(.propose, 0)
        _ = try seat.votes(.precommit, 0, nil, by: seat.others)
        _ = try seat.elapse(.precommit, 0)
        let told = seat.machine.republication.map { Seat.tell(.broadcast($0)) }
        #expect(told.filter { $0 == "send precommit 0 nil" }.count == 3)
        #expect(told.filter { $0 == "send prevote 0 nil" }.count == 1)
    }

    // MARK: The guard

    @Test func `The guard lets rise, repeats the same, and refuses the rest`() {
        let last = state(.prevote, 2, .a)
        func verdict(_ type: VoteType, _ round: Int32, _ block: BlockID?, height: Int64 = Council.height)
            -> SignState.Verdict
        {
            var vote = council.vote(type, own, round, block, height: height)
            vote.signature = []
            return SignState.verdict(on: .vote(vote), after: last)
        }
        #expect(verdict(.precommit, 2, .b) == .sign)
        #expect(verdict(.prevote, 3, .b) == .sign)
        #expect(verdict(.prevote, 0, .b, height: 6) == .sign)
        #expect(verdict(.prevote, 2, .a) == last.message.map { .reuse($0) })
        #expect(verdict(.prevote, 2, .b) == .refuse)
        #expect(verdict(.prevote, 2, nil) == .refuse)
        #expect(verdict(.precommit, 1, .a) == .refuse)
        #expect(verdict(.precommit, 9, .a, height: 4) == .refuse)
        #expect(SignState.verdict(on: last.message!, after: nil) == .sign)
    }

    @Test func `The same vote at another time is another message`() {
        var vote = council.vote(.prevote, own, 2, .a)
        vote.timestamp = vote.timestamp.advanced(byNanoseconds: 1)
        #expect(SignState.verdict(on: .vote(vote), after: state(.prevote, 2, .a)) == .refuse)
    }
}
