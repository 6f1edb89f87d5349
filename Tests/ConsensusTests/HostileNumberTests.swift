import Cryptography
import LedgerModel
import TestSupport
import Testing

@testable import Consensus

/// Peers that name any number: what a replica reads before it believes anything must not end the process.
@Suite("Whatever numbers a peer names") struct HostileNumberTests {
    let council = Council(4)

    /// Numbers at the ends of what fits, and around the height that is being decided.
    private struct Numbers {
        var random: SeededGenerator

        mutating func height() -> Int64 {
            let some: [Int64] = [.min, .min + 1, -1, 0, 1, 3, 4, 5, 6, 7, 1 << 31, 1 << 53, .max - 1, .max]
            return some.randomElement(using: &random) ?? 0
        }

        /// Where the wire has no sign.
        mutating func unsigned() -> Int64 { max(height(), 0) }

        mutating func round() -> Int32 {
            ([.min, -2, -1, 0, 1, 2, 1 << 20, .max - 1, .max] as [Int32]).randomElement(using: &random) ?? 0
        }

        mutating func power() -> Int64 { height() }

        mutating func time() -> Timestamp {
            let seconds: [Int64] = [-62_135_596_800, -1, 0, Council.blockTime.seconds, 253_402_300_799]
            return Timestamp(seconds: seconds.randomElement(using: &random) ?? 0, nanoseconds: 0)
        }

        mutating func blockID() -> BlockID { Bool.random(using: &random) ? BlockID() : .a }
    }

    private func vote(_ numbers: inout Numbers, isSigned: Bool) -> Vote {
        let index = Int.random(in: 0..<4, using: &numbers.random)
        var vote = council.vote(
            Bool.random(using: &numbers.random) ? .prevote : .precommit, index, numbers.round(), numbers.blockID(),
            height: numbers.height())
        if !isSigned {
            vote.validatorIndex = numbers.round()
            vote.timestamp = numbers.time()
        }
        return vote
    }

    private func message(_ numbers: inout Numbers, _ desk: inout Desk) -> PeerMessage {
        let isSigned = Bool.random(using: &numbers.random)
        switch Int.random(in: 0..<9, using: &numbers.random) {
        case 0: return .status(ChainStatus(height: numbers.unsigned(), clock: numbers.time()))
        case 1:
            let proposal = BlockProposal(
                height: numbers.height(), round: numbers.round(), polRound: numbers.round(), blockID: numbers.blockID(),
                timestamp: numbers.time())
            let polka = Bool.random(using: &numbers.random) ? [vote(&numbers, isSigned: isSigned)] : []
            guard isSigned, case .proposal(let signed) = council.sign(.proposal(proposal), by: desk.proposer(0)) else {
                return .consensus(.proposal(proposal, polka: polka))
            }
            return .consensus(.proposal(signed, polka: polka))
        case 2: return .lastVote(.vote(vote(&numbers, isSigned: isSigned)))
        case 3: return .wantBlock(height: numbers.unsigned(), hash: BlockID.a.hash)
        case 4: return .wantDecided(from: numbers.unsigned(), count: Int(UInt16.max))
        case 5:
            let evidence = DuplicateVoteEvidence(
                vote(&numbers, isSigned: isSigned), vote(&numbers, isSigned: isSigned), totalPower: numbers.power(),
                validatorPower: numbers.power(), timestamp: numbers.time())
            return .evidence(.duplicateVote(evidence))
        case 6:
            let (height, time) = (numbers.height(), numbers.time())
            let block = desk.block { block in
                block.header.height = height
                block.header.time = time
            }
            return Bool.random(using: &numbers.random)
                ? .block(block.encoded)
                : .decided(block: block.encoded, commit: desk.commit(of: block, by: [0, 1, 2]).encoded)
        case 7:
            return .wantTransactions(
                TransactionWish(height: numbers.unsigned(), hash: BlockID.a.hash, places: [0, .max]))
        default: return .consensus(.vote(vote(&numbers, isSigned: isSigned)))
        }
    }

    @Test(arguments: [nil, 0] as [Int?])
    func `a replica goes on`(own: Int?) throws {
        for seed: UInt64 in 0..<60 {
            var numbers = Numbers(random: SeededGenerator(seed: seed))
            var desk = try Desk.started(council, own: own)
            for _ in 0..<40 {
                let message = message(&numbers, &desk)
                // Only what can be sent: the encoding refuses some numbers itself.
                guard let read = try? PeerMessage(decoding: message.encoded) else { continue }
                let peer = desk.others.randomElement(using: &numbers.random) ?? 1
                _ = desk.hear(read, from: peer)
                desk.pass(milliseconds: 50)
            }
            // It still decides what the others decide.
            #expect(desk.replica.tip.height == Council.height - 1)
            for peer in desk.others { _ = desk.feed(.peerConnected(Desk.node(peer))) }
            let block = desk.block()
            let told = desk.hear(
                .decided(block: block.encoded, commit: desk.commit(of: block, by: [1, 2, 3]).encoded), from: 1)
            #expect(!told.contains { $0.hasPrefix("disconnect") }, "seed \(seed): \(told)")
        }
    }
}
