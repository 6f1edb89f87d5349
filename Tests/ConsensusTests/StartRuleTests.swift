@testable import Consensus
import Cryptography
import LedgerModel
import Testing

/// A validator that starts asks what it signed last (D23), and hears answers of every kind.
struct StartRuleTests {
    let council = Council(4)
    let own = 0
    private let nodes = (1...4).compactMap { NodeID([UInt8](repeating: $0, count: NodeID.byteCount)) }

    private func tip() throws -> ChainTip {
        ChainTip(
            ledger: LedgerIdentity(
                chainID: try ChainID(Council.chainID), genesisHash: Digest([UInt8](repeating: 7, count: 32))!),
            height: Council.height - 1, time: Council.previousTime, blockID: .b, commit: Commit(),
            appHash: Digest([UInt8](repeating: 8, count: 32))!, resultsHash: Digest([UInt8](repeating: 9, count: 32))!,
            validators: ValidatorSchedule(genesis: council.set))
    }

    /// A replica at its start that is linked with three nodes; those named have shown that they act for a validator.
    private func replica(bound: [Int], log: SignState? = nil) throws -> Replica {
        let tip = try tip()
        var replica = Replica(
            tip: tip, own: Address(council.set.members[own].address),
            recovery: Recovery(signatures: log.map { [$0] } ?? []))
        _ = replica.receive(.opened, at: .init(steady: 0, wall: Council.blockTime))
        for index in 1...3 {
            _ = replica.receive(.peerConnected(nodes[index]), at: .init(steady: 1, wall: Council.blockTime))
        }
        for index in bound {
            let binding = NodeBinding(
                validator: Address(council.set.members[index].address)!,
                signature: council.keys[index].sign(NodeBinding.signBytes(nodes[index], on: tip.ledger)))
            _ = tell(.validator(binding), from: index, to: &replica)
        }
        return replica
    }

    private func tell(_ message: PeerMessage, from index: Int, to replica: inout Replica) -> [Replica.Effect] {
        replica.receive(
            .messageReceived(message, from: nodes[index]), at: .init(steady: 2, wall: Council.blockTime))
    }

    private func isBarred(_ effects: [Replica.Effect], through height: Int64) -> Bool {
        effects.contains { if case .reportRestoredBackup(height) = $0 { true } else { false } }
    }

    @Test func `It waits for more than two thirds of the power, and goes on where nobody knows more`() throws {
        var replica = try replica(bound: [1, 2])
        _ = tell(.lastVote(nil), from: 1, to: &replica)
        _ = tell(.lastVote(nil), from: 1, to: &replica)
        #expect(replica.isWaitingForPeers)
        let effects = tell(.lastVote(nil), from: 2, to: &replica)
        #expect(!replica.isWaitingForPeers && !isBarred(effects, through: Council.height))
    }

    @Test func `That nothing is known counts only from who acts for a validator`() throws {
        var replica = try replica(bound: [1])
        for index in 1...3 { _ = tell(.lastVote(nil), from: index, to: &replica) }
        #expect(replica.isWaitingForPeers)
    }

    @Test func `A later vote counts from anybody, for its signature`() throws {
        var replica = try replica(bound: [1, 2])
        _ = tell(.lastVote(.vote(council.vote(.prevote, own, 3, .a))), from: 3, to: &replica)
        _ = tell(.lastVote(nil), from: 1, to: &replica)
        let effects = tell(.lastVote(nil), from: 2, to: &replica)
        #expect(isBarred(effects, through: Council.height))
    }

    @Test func `A vote that is another's, or is not signed by its key, bars nothing`() throws {
        var forged = council.vote(.precommit, own, 8, .a)
        forged.signature = council.vote(.precommit, 1, 8, .a).signature
        for message in [SignedMessage.vote(forged), .vote(council.vote(.precommit, 2, 8, .a))] {
            var replica = try replica(bound: [1, 2])
            _ = tell(.lastVote(message), from: 3, to: &replica)
            // Nor is it an answer.
            _ = tell(.lastVote(message), from: 1, to: &replica)
            _ = tell(.lastVote(nil), from: 2, to: &replica)
            #expect(replica.isWaitingForPeers)
            let effects = tell(.lastVote(nil), from: 1, to: &replica)
            #expect(!replica.isWaitingForPeers && !isBarred(effects, through: Council.height))
        }
    }

    @Test func `What its own log has it may hear from others`() throws {
        let vote = council.vote(.precommit, own, 0, .a)
        var replica = try replica(bound: [1, 2], log: SignState(.vote(vote)))
        _ = tell(.lastVote(.vote(vote)), from: 1, to: &replica)
        let effects = tell(.lastVote(.vote(council.vote(.prevote, own, 0, .a))), from: 2, to: &replica)
        #expect(!replica.isWaitingForPeers && !isBarred(effects, through: Council.height))
    }

    @Test func `An answer counts once its sender has shown for whom it acts`() throws {
        var replica = try replica(bound: [1])
        for index in 1...2 { _ = tell(.lastVote(nil), from: index, to: &replica) }
        #expect(replica.isWaitingForPeers)
        let binding = NodeBinding(
            validator: Address(council.set.members[2].address)!,
            signature: council.keys[2].sign(NodeBinding.signBytes(nodes[2], on: try tip().ledger)))
        _ = tell(.validator(binding), from: 2, to: &replica)
        _ = replica.receive(.timerElapsed(.tick), at: .init(steady: 3, wall: Council.blockTime))
        #expect(!replica.isWaitingForPeers)
    }

    @Test func `A later vote that comes after the start bars all the same`() throws {
        var replica = try replica(bound: [1, 2, 3])
        for index in 1...2 { _ = tell(.lastVote(nil), from: index, to: &replica) }
        #expect(!replica.isWaitingForPeers)
        let effects = tell(.lastVote(.vote(council.vote(.prevote, own, 1, .a))), from: 3, to: &replica)
        #expect(isBarred(effects, through: Council.height) && !replica.isWaitingForPeers)
    }

    @Test func `A set that changes is asked too, until a block is newer than the start`() throws {
        func addresses(_ council: Council) -> [Address] { council.set.members.compactMap { Address($0.address) } }
        let larger = Council(7)
        var rule = StartRule(own: addresses(council)[own])
        rule.begin(at: Council.blockTime, precision: 500)
        for address in addresses(council) { rule.answered(address) }
        rule.close()
        rule.ask(council.set)
        #expect(!rule.isOpen)
        // Four of seven have answered.
        rule.ask(larger.set)
        #expect(rule.isOpen && rule.verdict(in: larger.set, last: nil, decided: 8) == .asking)
        rule.answered(addresses(larger).first { !addresses(council).contains($0) }!)
        #expect(rule.verdict(in: larger.set, last: nil, decided: 8) == .cleared)
        rule.heard(VotePlace(height: 9, round: 0, step: .prevote))
        #expect(rule.verdict(in: larger.set, last: nil, decided: 8) == .barred(through: 9))
        #expect(rule.verdict(in: larger.set, last: nil, decided: 9) == .cleared)
        #expect(rule.verdict(in: larger.set, last: .barring(through: 9), decided: 8) == .cleared)
        #expect(!rule.isOver(after: Council.blockTime))
        #expect(!rule.isOver(after: Council.blockTime.advanced(byNanoseconds: 500)))
        #expect(rule.isOver(after: Council.blockTime.advanced(byNanoseconds: 501)))
    }
}
