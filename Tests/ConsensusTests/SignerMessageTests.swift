import Codec
import Consensus
import Cryptography
import LedgerModel
import Testing

/// The wire between node and signer, and what a log and a signer say together.
struct SignerMessageTests {
    private let council = Council(4)

    private func requests() throws -> [SignerRequest] {
        let ledger = LedgerIdentity(chainID: try ChainID("council-1"), genesisHash: .zero)
        let vote = SignedMessage.vote(council.vote(.precommit, 0, 3, .a))
        return [
            .identify, .open(ledger, node: nil), .open(ledger, node: NodeID([UInt8](repeating: 1, count: 32))),
            .sign(vote.signed([])), .sign(.proposal(try council.proposal(1, .a).proposal)), .know(vote),
        ]
    }

    private var answers: [SignerAnswer] {
        let vote = SignedMessage.vote(council.vote(.precommit, 0, 3, .a))
        return [
            .refused(.below, "the last signature is of height 5"),
            .identity([UInt8](repeating: 2, count: 32), last: nil),
            .identity([UInt8](repeating: 2, count: 32), last: SignState(vote)), .opened(binding: nil),
            .opened(binding: [UInt8](repeating: 1, count: 64)), .signed(vote), .noted,
        ]
    }

    @Test func `Requests, answers and records survive, and fit into a frame`() throws {
        for request in try requests() {
            #expect(try SignerRequest(decoding: request.encoded) == request)
            #expect(request.encoded.count <= SignerFrames.byteCountMax)
        }
        for answer in answers { #expect(try SignerAnswer(decoding: answer.encoded) == answer) }
        let vote = SignedMessage.vote(council.vote(.precommit, 0, 3, .a))
        let ledger = LedgerIdentity(chainID: try ChainID("council-1"), genesisHash: .zero)
        for record in [
            SignerRecord(), SignerRecord(ledger: ledger), SignerRecord(last: .barring(through: 7)),
            SignerRecord(ledger: ledger, last: SignState(vote)),
        ] { #expect(try SignerRecord(decoding: record.encoded) == record) }
    }

    @Test func `A long refusal is cut, not sent too long`() throws {
        let sent = SignerAnswer.refused(.key, String(repeating: "ü", count: 999))
        guard case .refused(.key, let text) = try SignerAnswer(decoding: sent.encoded) else {
            Issue.record("not read")
            return
        }
        #expect(text.utf8.count <= 256)
    }

    @Test func `Other bytes are refused`() throws {
        for cbor: CBOR in [
            [], 1, [0], [1, 1], [2, "x", .bytes([]), .null], [2, "a-1", .bytes([1]), .null], [3], [3, "text"],
            [3, .bytes([9])], [5], ["1"],
            [2, "a-1", .bytes([UInt8](repeating: 0, count: 32)), .bytes([1])],
        ] { #expect(throws: ConsensusFault.malformed) { try SignerRequest(decoding: cbor.encoded()) } }
        for cbor: CBOR in [
            [], [0, 0, ""], [0, 200, ""], [0, 1, .text(String(repeating: "x", count: 257))],
            [1, .bytes([1]), .null], [1, .bytes([UInt8](repeating: 0, count: 32)), .bytes([])],
            [1, .bytes([UInt8](repeating: 0, count: 32)), 7], [2, .bytes([1])], [2, 7],
            [3, .null], [4, 4],
        ] { #expect(throws: ConsensusFault.malformed) { try SignerAnswer(decoding: cbor.encoded()) } }
        for request in try requests() {
            #expect(throws: ConsensusFault.malformed) { try SignerRequest(decoding: request.encoded + [0]) }
            #expect(throws: ConsensusFault.malformed) { try SignerRequest(decoding: request.encoded.dropLast()) }
        }
        #expect(throws: ConsensusFault.malformed) {
            try SignerRequest(decoding: [UInt8](repeating: 0x81, count: SignerFrames.byteCountMax + 1))
        }
        #expect(throws: ConsensusFault.malformed) { try SignerRecord(decoding: []) }
        #expect(throws: ConsensusFault.malformed) {
            try SignerRecord(decoding: SignerRecord(last: .barring(through: 7)).encoded + [0])
        }
    }

    @Test func `Frames come whole out of any pieces`() throws {
        let contents = try requests().map(\.encoded)
        let stream = contents.flatMap(SignerFrames.frame)
        for size in [1, 3, 7, 1_000] {
            var frames = SignerFrames()
            var found: [[UInt8]] = []
            for start in Swift.stride(from: 0, to: stream.count, by: size) {
                frames.append(stream[start..<min(start + size, stream.count)])
                while let next = try frames.next() { found.append(next) }
            }
            #expect(found == contents && !frames.isPartial)
        }
    }

    @Test(arguments: [[0, 0, 0, 0], [0, 0, 4, 1], [255, 255, 255, 255]] as [[UInt8]])
    func `A frame of no bytes, or of too many, is refused at its header`(_ header: [UInt8]) {
        var frames = SignerFrames()
        frames.append(header)
        #expect(throws: ConsensusFault.malformed) { try frames.next() }
    }

    // MARK: Log and signer

    private func state(_ type: VoteType, _ round: Int32, _ block: BlockID?, height: Int64 = 5) -> SignState {
        SignState(.vote(council.vote(type, 1, round, block, height: height)))
    }

    private func note(_ state: SignState) throws -> SignState { SignState(try #require(state.message).signed([])) }

    @Test func `A signature takes the place of its note, in the log and from the signer`() throws {
        var recovery = Recovery()
        recovery.add(try note(state(.prevote, 0, .a)))
        recovery.add(try note(state(.precommit, 0, .a)))
        recovery.add(state(.prevote, 0, .a))
        recovery.add(try note(state(.prevote, 0, .a)))
        #expect(recovery.signatures == [state(.prevote, 0, .a), try note(state(.precommit, 0, .a))])
        #expect(recovery.join(state(.precommit, 0, .a), decided: 4) == nil)
        #expect(recovery.signatures == [state(.prevote, 0, .a), state(.precommit, 0, .a)])
    }

    @Test func `A note that the signer never saw stays a note`() throws {
        var recovery = Recovery(signatures: [try note(state(.precommit, 0, .a))])
        #expect(recovery.join(state(.prevote, 0, .a), decided: 4) == nil)
        #expect(recovery.join(nil, decided: 4) == nil)
        #expect(recovery.signatures == [try note(state(.precommit, 0, .a))])
    }

    @Test func `What the signer signed and the log never asked for bars the height`() throws {
        for (log, signed) in [
            ([], state(.prevote, 0, .a)), ([state(.prevote, 0, .a)], state(.precommit, 0, .a)),
            ([state(.prevote, 0, .a)], state(.prevote, 0, .b)),
            ([state(.prevote, 0, .a)], state(.prevote, 0, nil, height: 90)),
        ] {
            var recovery = Recovery(signatures: log)
            #expect(recovery.join(signed, decided: 4) == signed.height)
            #expect(recovery == Recovery(signatures: [.barring(through: signed.height)]))
        }
    }

    @Test func `What the signer signed of a decided height bars nothing`() throws {
        var recovery = Recovery()
        #expect(recovery.join(state(.precommit, 3, .a), decided: 5) == nil)
        #expect(recovery == Recovery())
    }

    @Test func `A vote that was noted and never answered is asked for again, a proposal is not`() throws {
        let own = council.proposer(3)
        let noted = SignState(SignedMessage.vote(council.vote(.prevote, own, 0, .a)).signed([]))
        var machine = council.machine(of: own, recovery: Recovery(signatures: [noted]))
        let vote = SignedMessage.vote(council.vote(.prevote, own, 0, .a))
        #expect(try machine.receive(.started).contains(.sign(vote.signed([]))))
        #expect(try machine.receive(.signed(vote)).contains(.persist(.signature(SignState(vote)))))
        let proposal = SignState(
            .proposal(
                BlockProposal(
                    height: Council.height, round: 0, polRound: -1, blockID: .a, timestamp: Council.blockTime)))
        let proposer = council.proposer(0)
        var restarted = council.machine(of: proposer, recovery: Recovery(signatures: [proposal]))
        let effects = try restarted.receive(.started)
        #expect(!effects.contains { if case .sign = $0 { true } else { false } })
        #expect(effects.contains { if case .schedule = $0 { true } else { false } }, "it waits like the others")
    }

    @Test func `Alone with its key elsewhere, a validator has signature and lock on disk`() throws {
        let council = Council(1)
        var machine = RoundStateMachine(
            height: Council.height, set: council.set, own: council.set.members[0].address, rotation: council.rotation,
            previousTime: Council.previousTime, isSignedElsewhere: true)
        var records = 0
        var inputs: [RoundStateMachine.Input] = [.started]
        while !inputs.isEmpty {
            for effect in try machine.receive(inputs.removeFirst()) {
                switch effect {
                case .requestProposal(_, let round):
                    inputs.append(.proposalBuilt(round: round, .a, time: Council.blockTime))
                case .sign(let message): inputs.append(.signed(council.sign(message, by: 0)))
                case .persist: records += 1
                case .decide(let decision): #expect(decision.blockID == .a)
                case .broadcast: Issue.record("nobody listens")
                default: break
                }
            }
        }
        #expect(records == 3 || records == 4, "proposal, prevote, lock, and the precommit unless it decided first")
    }
}
