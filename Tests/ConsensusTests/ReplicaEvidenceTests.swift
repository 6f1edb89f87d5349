import LedgerModel
import Testing

@testable import Consensus

/// Who signed two blocks: from the votes to the block that accuses them.
@Suite("A replica that finds or hears of evidence") struct ReplicaEvidenceTests {
    let council = Council(4)

    private func evidence(of culprit: Int, height: Int64, round: Int32 = 0) -> DuplicateVoteEvidence {
        DuplicateVoteEvidence(
            council.vote(.prevote, culprit, round, .a, height: height),
            council.vote(.prevote, culprit, round, .b, height: height), totalPower: 40, validatorPower: 10,
            timestamp: Council.previousTime)
    }

    private func listener() throws -> Desk { try Desk.started(council, own: council.proposer(3)) }

    @Test func `evidence of heights that are not decided here, or of none, is not kept`() throws {
        var desk = try listener()
        for height in [-1, 0, Council.height, Council.height + 9] {
            #expect(desk.hear(.evidence(.duplicateVote(evidence(of: 1, height: height))), from: 1) == [])
        }
        #expect(desk.replica.evidence.isEmpty && !desk.replica.hasAnyWork)
    }

    @Test func `two votes of one validator and height are one piece of evidence, in whatever round`() throws {
        var desk = try listener()
        let found = evidence(of: 1, height: 3)
        #expect(desk.hear(.evidence(.duplicateVote(found)), from: 1) == ["wait begin 5 0 ms"])
        #expect(desk.hear(.evidence(.duplicateVote(found)), from: 2) == [])
        #expect(desk.hear(.evidence(.duplicateVote(evidence(of: 1, height: 3, round: 2))), from: 2) == [])
        #expect(desk.feed(.evidenceFound(.duplicateVote(found))) == [])
        #expect(desk.replica.pendingEvidence == [.duplicateVote(found)] && desk.replica.hasAnyWork)
        // Of another height, or of another validator, it is other evidence.
        _ = desk.hear(.evidence(.duplicateVote(evidence(of: 1, height: 2))), from: 1)
        _ = desk.hear(.evidence(.duplicateVote(evidence(of: 2, height: 3))), from: 1)
        #expect(desk.replica.evidence.count == 3)
    }

    @Test func `evidence of two kinds is never the same`() throws {
        var desk = try listener()
        _ = desk.feed(.evidenceFound(.duplicateVote(evidence(of: 1, height: 3))))
        let attack = Evidence.lightClientAttack(LightClientAttackEvidence())
        #expect(desk.feed(.evidenceFound(attack)) == ["send evidence of 0 to all", "wait begin 5 0 ms"])
        #expect(desk.feed(.evidenceFound(attack)) == [])
    }

    @Test func `what is more than may wait is dropped`() throws {
        var desk = try Desk.started(council, own: nil)
        for round: Int32 in 0..<80 {
            let height = Int64(round % 4 + 1)
            var found = evidence(of: 1, height: height)
            // Of as many validators; whether they ever were in a set the host has judged.
            found.first.validator[0] ^= UInt8(round)
            _ = desk.hear(.evidence(.duplicateVote(found)), from: 1)
        }
        #expect(desk.replica.evidence.count == Replica.evidenceMax)
        #expect(!desk.replica.hasAnyWork, "a node without a key proposes nothing")
    }

    @Test func `what a client found is told to the others`() throws {
        var desk = try listener()
        let told = desk.feed(.evidenceFound(.duplicateVote(evidence(of: 1, height: 3))))
        #expect(told == ["send evidence of 3 to all", "wait begin 5 0 ms"])
    }

    @Test func `an equivocation is told once its height is decided, with that block's time, until a block has it`()
        throws
    {
        var desk = try Desk.started(council, own: council.proposer(1))
        let block = desk.block()
        let other = desk.block([[1]])
        let culprit = desk.others[2]
        _ = desk.hear(desk.vote(.prevote, culprit, 0, block), from: culprit)
        #expect(desk.hear(desk.vote(.prevote, culprit, 0, other), from: culprit) == ["equivocation of \(culprit)"])
        #expect(desk.replica.pendingEvidence.isEmpty, "the block's time is not known yet")
        #expect(desk.decide(block, by: desk.others).contains("send evidence of 5 to all"))
        guard case .duplicateVote(let found)? = desk.replica.pendingEvidence.first else {
            Issue.record("nothing was kept")
            return
        }
        #expect(found.timestamp == block.block.header.time && desk.replica.hasAnyWork)
        // The next block of our own has it, and then it is settled.
        desk.pass(milliseconds: 20)
        #expect(desk.elapse(.begin(height: 6)) == ["build 0"])
        #expect(desk.order?.evidence == [.duplicateVote(found)])
        let accusing = desk.block(evidence: [Evidence.duplicateVote(found).encoded])
        _ = desk.feed(.built(round: 0, accusing, desk.result))
        #expect(desk.replica.pendingEvidence.count == 1)
        _ = desk.votes(.prevote, 0, accusing, by: desk.others)
        #expect(desk.votes(.precommit, 0, accusing, by: desk.others).contains { $0.hasPrefix("commit") })
        #expect(desk.replica.evidence.isEmpty)
    }

    @Test func `what was offered for a block of our own and left out is not offered again`() throws {
        var desk = try Desk.started(council, own: council.proposer(0))
        _ = desk.feed(.evidenceFound(.duplicateVote(evidence(of: 1, height: 3))))
        #expect(desk.elapse(.begin(height: 5)) == ["build 0"])
        #expect(desk.order?.evidence.count == 1)
        _ = desk.feed(.built(round: 0, desk.block(), desk.result))
        #expect(desk.replica.evidence.isEmpty)
    }
}
