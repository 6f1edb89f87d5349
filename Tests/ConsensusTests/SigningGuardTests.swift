import Consensus
import Cryptography
import LedgerModel
import Testing

/// What a key in a process of its own signs, and what it never signs.
struct SigningGuardTests {
    private struct Full: Error {}

    /// A token that was pulled.
    private struct PulledToken: SignerKey {
        let ed25519: [UInt8]
        func signature(over bytes: [UInt8]) throws -> [UInt8] { throw Full() }
    }

    private let council = Council(4)
    private let own = 1
    private var key: SigningKey { council.keys[own] }

    private func ledger(_ chain: String = Council.chainID, _ genesis: UInt8 = 9) throws -> LedgerIdentity {
        LedgerIdentity(
            chainID: try ChainID(chain), genesisHash: try #require(Digest([UInt8](repeating: genesis, count: 32))))
    }

    private func vote(
        _ type: VoteType, _ round: Int32, _ block: BlockID?, height: Int64 = Council.height
    ) -> SignedMessage { .vote(council.vote(type, own, round, block, height: height)) }

    private func unsigned(_ message: SignedMessage) -> SignedMessage { message.signed([]) }

    /// A guard whose connection is open, and its record as the disk has it.
    private struct Desk {
        var guardian: SigningGuard
        var disk: SignerRecord
        let key: any SignerKey

        mutating func ask(_ request: SignerRequest) throws -> SignerAnswer {
            var kept = disk
            let answer = try guardian.answer(request, key: key) { kept = $0 }
            disk = kept
            return answer
        }

        mutating func refusal(_ request: SignerRequest) throws -> SignerRefusal? {
            guard case .refused(let refusal, _) = try ask(request) else { return nil }
            return refusal
        }
    }

    private func desk(_ record: SignerRecord = SignerRecord(), open: Bool = true) throws -> Desk {
        var desk = Desk(
            guardian: SigningGuard(record, publicKey: key.ed25519), disk: record, key: key)
        if open { #expect(try desk.ask(.open(ledger(), node: nil)) == .opened(binding: nil)) }
        return desk
    }

    @Test func `A vote is signed over the bytes that the signer makes, and kept before the answer`() throws {
        var desk = try desk()
        let prevote = vote(.prevote, 0, .a)
        #expect(try desk.ask(.sign(unsigned(prevote))) == .signed(prevote))
        #expect(desk.disk.last == SignState(prevote))
        #expect(try desk.ask(.identify) == .identity(key.ed25519, last: SignState(prevote)))
    }

    @Test func `The same again gives the same signature, also after a restart`() throws {
        var first = try desk()
        let prevote = vote(.prevote, 0, .a)
        let answer = try first.ask(.sign(unsigned(prevote)))
        #expect(try first.ask(.sign(unsigned(prevote))) == answer)
        var second = try desk(SignerRecord(decoding: first.disk.encoded))
        #expect(try second.ask(.sign(unsigned(prevote))) == answer)
    }

    @Test func `Another block, nil, or another time in the same height, round and step is refused`() throws {
        var desk = try desk()
        _ = try desk.ask(.sign(unsigned(vote(.prevote, 0, .a))))
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 0, .b)))) == .signedOther)
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 0, nil)))) == .signedOther)
        guard case .vote(var late) = unsigned(vote(.prevote, 0, .a)) else { return }
        late.timestamp.seconds += 1
        #expect(try desk.refusal(.sign(.vote(late))) == .signedOther)
        #expect(desk.disk.last?.message == vote(.prevote, 0, .a))
    }

    @Test func `What lies below the last signature is refused: height, round, step`() throws {
        var desk = try desk()
        _ = try desk.ask(.sign(unsigned(vote(.precommit, 2, .a))))
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 2, .a)))) == .below)
        #expect(try desk.refusal(.sign(unsigned(vote(.precommit, 1, .a)))) == .below)
        #expect(try desk.refusal(.sign(unsigned(vote(.precommit, 7, .a, height: 4)))) == .below)
        let proposal = BlockProposal(
            height: Council.height, round: 2, polRound: -1, blockID: .a, timestamp: Council.blockTime)
        #expect(try desk.refusal(.sign(.proposal(proposal))) == .below)
        #expect(try desk.ask(.sign(unsigned(vote(.prevote, 3, .b)))) == .signed(vote(.prevote, 3, .b)))
    }

    @Test func `Nothing is signed before the ledger is named, nor after the connection ended`() throws {
        var desk = try desk(open: false)
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 0, .a)))) == .notOpened)
        #expect(try desk.refusal(.know(vote(.prevote, 0, .a))) == .notOpened)
        _ = try desk.ask(.open(ledger(), node: nil))
        desk.guardian.disconnected()
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 0, .a)))) == .notOpened)
        #expect(desk.disk.last == nil)
    }

    @Test func `The first ledger is kept; another chain, or another genesis of that name, is refused`() throws {
        var desk = try desk()
        #expect(try desk.disk.ledger == ledger())
        #expect(try desk.refusal(.open(ledger("other-1"), node: nil)) == .otherLedger)
        #expect(try desk.refusal(.open(ledger(Council.chainID, 8), node: nil)) == .otherLedger)
    }

    @Test func `A vote of another validator, and fields out of their range, are refused`() throws {
        var desk = try desk()
        let other = SignedMessage.vote(council.vote(.prevote, 2, 0, .a)).signed([])
        #expect(try desk.refusal(.sign(other)) == .otherValidator)
        #expect(try desk.refusal(.sign(vote(.prevote, 0, .a))) == .malformed, "it brings a signature")
        guard case .vote(let good) = unsigned(vote(.prevote, 0, .a)) else { return }
        var bad = [good, good, good, good]
        bad[0].height = 0
        bad[1].round = -1
        bad[2].blockID.hash = [1]
        bad[3].timestamp.nanoseconds = -1
        for vote in bad { #expect(try desk.refusal(.sign(.vote(vote))) == .malformed) }
        let proposal = BlockProposal(
            height: Council.height, round: 1, polRound: 1, blockID: .a, timestamp: Council.blockTime)
        #expect(try desk.refusal(.sign(.proposal(proposal))) == .malformed)
        #expect(desk.disk.last == nil)
    }

    @Test func `What its node knows to be signed lifts a restored record`() throws {
        var desk = try desk()
        _ = try desk.ask(.sign(unsigned(vote(.prevote, 0, .a))))
        #expect(try desk.ask(.know(vote(.precommit, 1, .b))) == .noted)
        #expect(desk.disk.last == SignState(vote(.precommit, 1, .b)))
        #expect(try desk.refusal(.sign(unsigned(vote(.prevote, 1, .a)))) == .below)
        #expect(try desk.ask(.sign(unsigned(vote(.precommit, 1, .b)))) == .signed(vote(.precommit, 1, .b)))
        // What is lower lowers nothing.
        #expect(try desk.ask(.know(vote(.prevote, 0, .a))) == .noted)
        #expect(desk.disk.last == SignState(vote(.precommit, 1, .b)))
    }

    @Test func `A claim without this key's signature lifts nothing`() throws {
        var desk = try desk()
        #expect(try desk.refusal(.know(unsigned(vote(.precommit, 1, .b)))) == .signature)
        #expect(try desk.refusal(.know(.vote(council.vote(.precommit, 2, 9, .b)))) == .signature)
        #expect(desk.disk.last == nil)
    }

    @Test func `What cannot be kept is not answered`() throws {
        var guardian = SigningGuard(SignerRecord(ledger: try ledger()), publicKey: key.ed25519)
        _ = try guardian.answer(.open(ledger(), node: nil), key: key) { _ in }
        #expect(throws: Full.self) {
            try guardian.answer(.sign(unsigned(vote(.prevote, 0, .a))), key: key) { _ in throw Full() }
        }
        #expect(guardian.record.last == nil)
    }

    @Test func `A key that cannot sign now leaves the record as it was`() throws {
        let token = PulledToken(ed25519: key.ed25519)
        var guardian = SigningGuard(SignerRecord(), publicKey: key.ed25519)
        let node = try #require(NodeID([UInt8](repeating: 4, count: NodeID.byteCount)))
        guard case .refused(.key, _) = try guardian.answer(.open(ledger(), node: node), key: token, keep: { _ in })
        else {
            Issue.record("a binding without the key")
            return
        }
        _ = try guardian.answer(.open(ledger(), node: nil), key: token) { _ in }
        let answer = try guardian.answer(.sign(unsigned(vote(.prevote, 0, .a))), key: token) { _ in
            Issue.record("kept")
        }
        guard case .refused(.key, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(guardian.record.last == nil)
    }

    @Test func `The word for a node is that of the node and ledger that were named`() throws {
        var desk = try desk(open: false)
        let node = try #require(NodeID([UInt8](repeating: 3, count: 32)))
        guard case .opened(let signature?) = try desk.ask(.open(ledger(), node: node)) else {
            Issue.record("no word")
            return
        }
        let binding = NodeBinding(validator: Address(ed25519: key.ed25519), signature: signature)
        #expect(try binding.holds(for: node, on: ledger(), in: council.set))
        #expect(try !binding.holds(for: node, on: ledger("other-1"), in: council.set))
    }
}
