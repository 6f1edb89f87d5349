import Codec
import Cryptography
import LedgerModel
import Testing

@testable import Consensus

/// What nodes say about the chain, and what a node keeps of it, as bytes.
@Suite("Messages between nodes, and a node's records") struct PeerMessageTests {
    let council = Council(4)

    private var block: ProposedBlock { CompactBlockTests.block(CompactBlockTests.transactions) }

    private func commit(of block: ProposedBlock) -> Commit {
        Commit(
            height: 5, round: 0, blockID: block.id,
            precommits: (0..<4).map { council.vote(.precommit, $0, 0, block.id, height: 5) })
    }

    private func messages() throws -> [PeerMessage] {
        let vote = council.vote(.precommit, 1, 2, .a)
        let evidence = DuplicateVoteEvidence(
            vote, council.vote(.precommit, 1, 2, .b), totalPower: 40, validatorPower: 10,
            timestamp: Council.previousTime)
        return [
            .status(ChainStatus(height: 7, clock: Council.blockTime)), .consensus(.vote(vote)), .block(block.encoded),
            .wantBlock(height: 5, hash: block.id.hash), .wantDecided(from: 1, count: 65_535),
            .decided(block: block.encoded, commit: commit(of: block).encoded), .wantLastVote, .lastVote(nil),
            .lastVote(.vote(vote)), .lastVote(.proposal(try council.proposal(0, .a).proposal)),
            .validator(Desk.binding(of: 1, in: council, on: try Desk.tip(of: council).ledger)),
            .evidence(.duplicateVote(evidence)), .compactBlock(CompactBlock(block)),
            .wantTransactions(TransactionWish(height: 5, hash: block.id.hash, places: [0, 7])),
            .transactions(hash: block.id.hash, [[1], [2, 3]]),
        ]
    }

    // MARK: Messages

    @Test func `no shortened or lengthened message is read, but a block's bytes, which are looked at later`() throws {
        for message in try messages() {
            let bytes = message.encoded
            if case .block = message { continue }
            for count in 0..<bytes.count {
                // What is left of a last vote or of transactions may be one that is shorter.
                guard let read = try? PeerMessage(decoding: Array(bytes[..<count])) else { continue }
                #expect(read.encoded == Array(bytes[..<count]) && read != message)
            }
            #expect(throws: ConsensusFault.malformed) { try PeerMessage(decoding: bytes + [0]) }
        }
    }

    @Test func `what is no message is refused`() throws {
        let beyond: [UInt8] = [128, 0, 0, 0, 0, 0, 0, 0]
        let wrong: [[UInt8]] = [
            [], [0], [14], [255], [7, 0], [8, 9], [10], [10, 1],
            // Heights beyond 2^63 - 1.
            [1] + beyond + [UInt8](repeating: 0, count: 12), [4] + beyond + [UInt8](repeating: 0, count: 32),
            [5] + beyond + [0, 1], [12] + beyond + [UInt8](repeating: 0, count: 36),
            // A clock of a thousand million nanoseconds, or of fewer than none.
            [1] + [UInt8](repeating: 0, count: 16) + [0x3b, 0x9a, 0xca, 0x00],
            [1] + [UInt8](repeating: 0, count: 16) + [255, 255, 255, 255],
        ]
        for bytes in wrong {
            #expect(throws: ConsensusFault.malformed, "\(bytes)") { try PeerMessage(decoding: bytes) }
        }
    }

    @Test func `a compact block that brings transactions all the same is refused`() throws {
        var writer = ByteWriter()
        writer.uint8(11)
        writer.part(block.encoded)
        writer.raw(SHA256.hash([1]).bytes)
        #expect(throws: ConsensusFault.malformed) { try PeerMessage(decoding: writer.bytes) }
    }

    @Test func `more transactions than a block may have are refused`() throws {
        let one = PeerMessage.transactions(hash: block.id.hash, [[7]]).encoded
        let full = one + [[UInt8]](repeating: Array(one.suffix(5)), count: CompactBlock.countMax - 1).flatMap { $0 }
        #expect(throws: Never.self) { try PeerMessage(decoding: full) }
        #expect(throws: ConsensusFault.malformed) { try PeerMessage(decoding: full + one.suffix(5)) }
    }

    @Test func `messages read back as they were written, and stay as they are`() throws {
        var sum = SHA256()
        for message in try messages() {
            #expect(try PeerMessage(decoding: message.encoded) == message)
            sum.update(message.encoded)
        }
        // Wire stability: whoever changes a format changes this on purpose.
        #expect(sum.finalize().hex == "4138f662e017377024d69c78fb960558a31317d1de39b2f6b98911f79008d638")
    }

    @Test func `votes are the most urgent, then blocks, then what others have long decided`() throws {
        let lanes = try messages().map(\.lane)
        let blocks = [2, 12, 14]
        let sync = [4, 5]
        for (index, lane) in lanes.enumerated() {
            #expect(lane == (blocks.contains(index) ? .blocks : sync.contains(index) ? .sync : .votes), "\(index)")
        }
    }

    // MARK: Who a node is

    @Test func `a node's id has 32 bytes`() {
        for count in [0, 31, 33] { #expect(NodeID([UInt8](repeating: 1, count: count)) == nil) }
        #expect(Desk.node(1) < Desk.node(2))
    }

    @Test func `a binding holds for its node, its ledger and a member of the set alone`() throws {
        let ledger = try Desk.tip(of: council).ledger
        let other = LedgerIdentity(chainID: ledger.chainID, genesisHash: .zero)
        let binding = Desk.binding(of: 1, in: council, on: ledger)
        #expect(!binding.holds(for: Desk.node(2), on: ledger, in: council.set))
        #expect(!binding.holds(for: Desk.node(1), on: other, in: council.set))
        #expect(
            !NodeBinding(validator: Address(council.set.members[2].address)!, signature: binding.signature).holds(
                for: Desk.node(1), on: ledger, in: council.set))
        let stranger = NodeBinding(
            validator: Address(ed25519: [UInt8](repeating: 9, count: 32)), signature: binding.signature)
        #expect(!stranger.holds(for: Desk.node(1), on: ledger, in: council.set))
        #expect(binding.holds(for: Desk.node(1), on: ledger, in: council.set))
    }

    // MARK: Records

    @Test func `a block is read in its one spelling, and is its id`() throws {
        let wrong: [[UInt8]] = [[], [1], block.encoded + [0], block.encoded.dropLast(), [0x0a, 0x00]]
        for bytes in wrong {
            #expect(throws: ConsensusFault.malformed) { try ProposedBlock(decoding: bytes) }
        }
        let read = try ProposedBlock(decoding: block.encoded)
        #expect(read == block && Set([read, block]).count == 1)
        #expect(read != CompactBlockTests.block([[1]]))
    }

    @Test func `a lock's record is read whole, or not at all`() throws {
        let lock = LockedBlock(
            height: 5, round: 0, blockID: block.id, time: Council.blockTime,
            polka: (0..<3).map { council.vote(.prevote, $0, 0, block.id) })
        let record = LockRecord(lock, block)
        let bytes = record.encoded
        for wrong in [[], bytes + [0], Array(bytes.dropLast()), [0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]] {
            #expect(throws: ConsensusFault.malformed) { try LockRecord(decoding: wrong) }
        }
        #expect(try LockRecord(decoding: bytes) == record)
    }

    @Test func `a schedule is read back, and only one whose rotation is of its current set`() throws {
        var schedule = ValidatorSchedule(genesis: council.set)
        let larger = Council(powers: [10, 10, 10, 10, 25])
        for _ in 0..<3 { schedule.advance(naming: larger.set) }
        #expect(schedule.current == larger.set && schedule.last == larger.set)
        let bytes = schedule.encoded
        #expect(try ValidatorSchedule(decoding: bytes) == schedule)
        for count in 0..<bytes.count {
            #expect(throws: ConsensusFault.malformed) { try ValidatorSchedule(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: ConsensusFault.malformed) { try ValidatorSchedule(decoding: bytes + [0]) }
        func record(_ sets: [ValidatorSet], _ rotation: ProposerRotation) -> [UInt8] {
            var writer = ByteWriter()
            for set in sets { writer.part(set.encoded(proposer: nil)) }
            writer.part(rotation.encoded)
            return writer.bytes
        }
        let (set, rotation) = (council.set, council.rotation)
        #expect(throws: Never.self) { try ValidatorSchedule(decoding: record([set, set, set], rotation)) }
        var empty = set
        empty.members = []
        let wrong = [
            record([set, larger.set, set], rotation), record([set, set, set], larger.rotation),
            record([empty, set, set], rotation), record([set, set], rotation),
            record([set, set, set], Council(powers: [10, 10, 10, 11]).rotation),
        ]
        for bytes in wrong {
            #expect(throws: ConsensusFault.malformed) { try ValidatorSchedule(decoding: bytes) }
        }
    }

    @Test func `a rotation of nobody, of too many, or of more power than there may be is refused`() throws {
        func rotation(_ count: UInt32, powers: [UInt64]) -> [UInt8] {
            var writer = ByteWriter()
            writer.uint32(count)
            for power in powers {
                writer.raw([UInt8](repeating: 1, count: 20))
                writer.uint64(power)
                writer.uint64(0)
            }
            writer.raw([UInt8](repeating: 1, count: 20))
            return writer.bytes
        }
        let powerMax = UInt64(ValidatorSet.powerMax)
        #expect(throws: Never.self) { try ProposerRotation(decoding: rotation(2, powers: [powerMax - 1, 1])) }
        for bytes in [
            rotation(0, powers: []), rotation(.max, powers: [1]),
            rotation(UInt32(ValidatorSet.memberCountMax) + 1, powers: [1]), rotation(1, powers: [powerMax + 1]),
            rotation(2, powers: [powerMax, 1]), rotation(1, powers: [.max]),
        ] { #expect(throws: ConsensusFault.malformed) { try ProposerRotation(decoding: bytes) } }
    }

    @Test func `a signer's record names a ledger whole, or none`() throws {
        let ledger = try Desk.tip(of: council).ledger
        func record(_ chain: [UInt8], _ genesis: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            for part in [chain, genesis, []] { writer.part(part) }
            return writer.bytes
        }
        let chain = Array(ledger.chainID.text.utf8)
        for (name, genesis) in [
            (chain, []), ([], ledger.genesisHash.bytes), ([0xff], ledger.genesisHash.bytes),
            (chain, [1]), (Array("a b".utf8), ledger.genesisHash.bytes),
        ] {
            #expect(throws: ConsensusFault.malformed) { try SignerRecord(decoding: record(name, genesis)) }
        }
        #expect(try SignerRecord(decoding: record(chain, ledger.genesisHash.bytes)).ledger == ledger)
        #expect(try SignerRecord(decoding: record([], [])).ledger == nil)
    }
}
