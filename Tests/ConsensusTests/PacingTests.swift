import Consensus
import LedgerModel
import Testing

/// When a block is due (D2), in nanoseconds.
struct PacingTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `The first block is due at once`() {
        #expect(ProposalPacing().due(hasWork: false) == 0)
    }

    @Test func `Blocks are twenty milliseconds apart, whatever waits`() {
        var pacing = ProposalPacing()
        pacing.blockDecided(at: Self.second, changedState: true)
        #expect(pacing.due(hasWork: true) == Self.second + 20_000_000)
        #expect(pacing.due(hasWork: false) == Self.second + 20_000_000)
    }

    @Test func `After a block that changed state comes exactly one more, then the heartbeat`() {
        var pacing = ProposalPacing()
        var now = Self.second
        pacing.blockDecided(at: now, changedState: true)
        now = pacing.due(hasWork: false)
        #expect(now == Self.second + 20_000_000)
        pacing.blockDecided(at: now, changedState: false)
        for _ in 0..<3 {
            let due = pacing.due(hasWork: false)
            #expect(due == now + 10 * Self.second)
            now = due
            pacing.blockDecided(at: now, changedState: false)
        }
        #expect(pacing.due(hasWork: true) == now + 20_000_000)
    }
}

/// How long a commit waits for whom.
struct CommitAssemblerTests {
    let council = Council(4)

    /// The decision by the first three validators.
    private func decision() throws -> Decision {
        var seat = Seat(council, own: nil)
        try seat.begin()
        _ = try seat.votes(.precommit, 0, .a, by: [0, 1, 2])
        _ = try seat.executed(.a)
        guard case .decide(let decision)? = seat.history.last else { throw ConsensusFault.notAQuorum }
        return decision
    }

    private func assembler(_ grace: PrecommitGrace) throws -> CommitAssembler {
        CommitAssembler(try decision(), by: council.set, decidedAt: 1_000, grace: grace)
    }

    private func isAssembled(_ verdict: CommitAssembler.Verdict) -> Bool {
        if case .assembled = verdict { true } else { false }
    }

    @Test func `It waits ten milliseconds for whom it does not know yet, and no longer`() throws {
        let assembler = try assembler(PrecommitGrace(memberCount: 4))
        #expect(assembler.verdict(at: 1_000) == .wait(until: 10_001_000))
        #expect(assembler.verdict(at: 10_000_999) == .wait(until: 10_001_000))
        #expect(assembler.verdict(at: 10_001_000) == .assembled(try decision().commit))
    }

    @Test func `The last precommit ends the wait, in its place`() throws {
        var assembler = try assembler(PrecommitGrace(memberCount: 4))
        assembler.voteReceived(try council.verified(council.vote(.precommit, 3, 0, .a)), at: 5_000)
        guard case .assembled(let commit) = assembler.verdict(at: 5_000) else {
            Issue.record("still waiting")
            return
        }
        #expect(commit.signatures.map(\.validator) == council.set.members.map(\.address))
        #expect(commit.signatures.allSatisfy { $0.flag == .commit })
        #expect(throws: Never.self) { try VerifiedCommit(checking: commit, by: council.set, on: Council.chainID) }
    }

    @Test func `Other votes change nothing`() throws {
        var assembler = try assembler(PrecommitGrace(memberCount: 4))
        for vote in [
            council.vote(.prevote, 3, 0, .a), council.vote(.precommit, 3, 1, .a), council.vote(.precommit, 3, 0, .b),
            council.vote(.precommit, 3, 0, .a, height: 6), council.vote(.precommit, 0, 0, nil),
        ] { assembler.voteReceived(try council.verified(vote), at: 2_000) }
        #expect(assembler.verdict(at: 10_001_000) == .assembled(try decision().commit))
    }

    @Test func `A precommit for nil is entered as such`() throws {
        var assembler = try assembler(PrecommitGrace(memberCount: 4))
        assembler.voteReceived(try council.verified(council.vote(.precommit, 3, 0, nil)), at: 2_000)
        guard case .assembled(let commit) = assembler.verdict(at: 2_000) else { return }
        #expect(commit.signatures[3].flag == .nilVote)
        #expect(throws: Never.self) { try VerifiedCommit(checking: commit, by: council.set, on: Council.chainID) }
    }

    @Test func `The wait is twice the usual lateness and a millisecond`() throws {
        var grace = PrecommitGrace(memberCount: 4)
        var known = try assembler(grace)
        known.voteReceived(try council.verified(council.vote(.precommit, 3, 0, .a)), at: 1_000 + 2_000_000)
        grace.learn(from: known)
        #expect(try assembler(grace).verdict(at: 1_000) == .wait(until: 1_000 + 5_000_000))
        // It falls by an eighth a height once it comes early.
        var early = try assembler(grace)
        early.voteReceived(try council.verified(council.vote(.precommit, 3, 0, .a)), at: 1_000)
        grace.learn(from: early)
        #expect(try assembler(grace).verdict(at: 1_000) == .wait(until: 1_000 + 4_500_000))
    }

    @Test func `Whoever is always too late is not waited for`() throws {
        var grace = PrecommitGrace(memberCount: 4)
        var known = try assembler(grace)
        known.voteReceived(try council.verified(council.vote(.precommit, 3, 0, .a)), at: 1_000 + 80_000_000)
        grace.learn(from: known)
        #expect(isAssembled(try assembler(grace).verdict(at: 1_000)))
    }

    @Test func `Whoever was missing three times is not waited for until it is seen again`() throws {
        var grace = PrecommitGrace(memberCount: 4)
        for _ in 0..<3 {
            #expect(!isAssembled(try assembler(grace).verdict(at: 1_000)))
            grace.learn(from: try assembler(grace))
        }
        #expect(isAssembled(try assembler(grace).verdict(at: 1_000)))
        var back = try assembler(grace)
        back.voteReceived(try council.verified(council.vote(.precommit, 3, 0, .a)), at: 1_500)
        grace.learn(from: back)
        #expect(!isAssembled(try assembler(grace).verdict(at: 1_000)))
    }

    @Test func `A full commit waits for nobody`() throws {
        let council = Council(1)
        var seat = Seat(council, own: 0)
        try seat.begin()
        _ = try seat.feed(.proposalBuilt(round: 0, .a, time: Council.blockTime))
        guard case .decide(let decision)? = seat.history.last else { return }
        let assembler = CommitAssembler(
            decision, by: council.set, decidedAt: 7, grace: PrecommitGrace(memberCount: 1))
        #expect(assembler.verdict(at: 7) == .assembled(decision.commit))
    }
}
