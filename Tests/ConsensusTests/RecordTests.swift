import Consensus
import Cryptography
import LedgerModel
import Testing

/// Records and messages as bytes.
struct RecordTests {
    let council = Council(4)

    private func states() throws -> [SignState] {
        [
            SignState(.vote(council.vote(.prevote, 1, 0, .a))), SignState(.vote(council.vote(.precommit, 1, 7, nil))),
            SignState(.proposal(try council.proposal(3, .b).proposal)), .barring(through: 9),
        ]
    }

    private var lock: LockedBlock {
        LockedBlock(
            height: Council.height, round: 2, blockID: .a, time: Council.blockTime,
            polka: [0, 2, 3].map { council.vote(.prevote, $0, 2, .a) })
    }

    private var certificates: [RoundCertificate] {
        [
            RoundCertificate(
                height: Council.height, round: 3, votes: [0, 1, 3].map { council.vote(.precommit, $0, 2, nil) }),
            RoundCertificate(
                height: Council.height, round: 2,
                votes: [council.vote(.prevote, 1, 2, .a), council.vote(.precommit, 3, 9, .b)]),
        ]
    }

    private func messages() throws -> [ConsensusMessage] {
        let polka = [0, 1, 2].map { council.vote(.prevote, $0, 0, .a) }
        return [
            .vote(council.vote(.precommit, 2, 1, .a)),
            .proposal(try council.proposal(0, .b).proposal, polka: []),
            .proposal(try council.proposal(1, .a, polRound: 0, polka: polka).proposal, polka: polka),
        ]
    }

    @Test func `Records and messages survive`() throws {
        for state in try states() { #expect(try SignState(decoding: state.encoded) == state) }
        #expect(try LockedBlock(decoding: lock.encoded) == lock)
        for certificate in certificates {
            #expect(try RoundCertificate(decoding: certificate.encoded) == certificate)
        }
        for message in try messages() { #expect(try ConsensusMessage(decoding: message.encoded) == message) }
        let rotation = ProposerRotation(Council(powers: [1, 5, 9]).set).advanced(by: 4)
        #expect(try ProposerRotation(decoding: rotation.encoded) == rotation)
        let proposal = try council.proposal(0, .a).proposal
        #expect(try BlockProposal(decoding: proposal.encoded) == proposal)
        let evidence = DuplicateVoteEvidence(
            council.vote(.prevote, 1, 0, .b), council.vote(.prevote, 1, 0, .a), totalPower: 40, validatorPower: 10,
            timestamp: Council.previousTime)
        #expect(evidence.first.blockID == .a)
        #expect(try DuplicateVoteEvidence(decoding: evidence.encoded) == evidence)
    }

    @Test func `No shortened or lengthened record is read`() throws {
        func refuses(_ bytes: [UInt8], _ read: ([UInt8]) throws -> Void) {
            for count in 0..<bytes.count { #expect(throws: (any Error).self) { try read(Array(bytes.prefix(count))) } }
            #expect(throws: (any Error).self) { try read(bytes + [0]) }
        }
        for state in try states() { refuses(state.encoded) { _ = try SignState(decoding: $0) } }
        refuses(lock.encoded) { _ = try LockedBlock(decoding: $0) }
        for certificate in certificates { refuses(certificate.encoded) { _ = try RoundCertificate(decoding: $0) } }
        refuses(ProposerRotation(council.set).encoded) { _ = try ProposerRotation(decoding: $0) }
    }

    @Test func `A message that is read is spelled the one way`() throws {
        // Whatever a flipped bit leaves readable must encode to the bytes that were read.
        for message in try messages() {
            let bytes = message.encoded
            for place in bytes.indices {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(place % 8)
                if let read = try? ConsensusMessage(decoding: damaged) { #expect(read.encoded == damaged) }
            }
        }
    }

    @Test(arguments: [[], [0], [0x0a, 0x00], [0x12, 0x00], [0x1a, 0x00, 0x1a, 0x00], [0x22, 0x00]] as [[UInt8]])
    func `What is no message is refused`(bytes: [UInt8]) {
        #expect(throws: ConsensusFault.malformed) { try ConsensusMessage(decoding: bytes) }
    }

    @Test func `A vote with another behind it, or a polka without its proposal, is no message`() throws {
        let messages = try messages()
        let (vote, proposal) = (messages[0].encoded, messages[2].encoded)
        let alone = messages[1].encoded
        for bytes in [vote + vote, vote + alone, alone + vote, alone + alone, Array(proposal.dropFirst(alone.count))] {
            #expect(throws: ConsensusFault.malformed) { try ConsensusMessage(decoding: bytes) }
        }
    }

    @Test func `Votes that lead to no round are no certificate`() {
        let precommit = council.vote(.precommit, 1, 2, nil)
        let wrong: [(round: Int32, votes: [Vote])] = [
            (3, []), (0, [council.vote(.prevote, 1, 0, .a)]), (4, [precommit]),
            (3, [council.vote(.prevote, 1, 2, .a)]), (3, [precommit, precommit]),
            (3, [council.vote(.precommit, 2, 2, nil), precommit]),
            (3, [council.vote(.precommit, 1, 2, nil, height: Council.height + 1)]),
        ]
        for (round, votes) in wrong {
            let bytes = RoundCertificate(height: Council.height, round: round, votes: votes).encoded
            #expect(throws: ConsensusFault.malformed) { try RoundCertificate(decoding: bytes) }
        }
    }

    @Test func `A sign state must name its message's place`() throws {
        var bytes = try states()[0].encoded
        bytes[7] += 1
        #expect(throws: ConsensusFault.malformed) { try SignState(decoding: bytes) }
        bytes[7] -= 1
        bytes[12] = 3
        #expect(throws: ConsensusFault.malformed) { try SignState(decoding: bytes) }
        bytes[12] = 4
        #expect(throws: ConsensusFault.malformed) { try SignState(decoding: bytes) }
    }

    @Test func `A lock's polka is of its round and of one block`() {
        var strange = lock
        strange.polka[1] = council.vote(.prevote, 2, 1, .a)
        #expect(throws: ConsensusFault.malformed) { try LockedBlock(decoding: strange.encoded) }
        strange.polka[1] = council.vote(.prevote, 2, 2, .b)
        #expect(throws: ConsensusFault.malformed) { try LockedBlock(decoding: strange.encoded) }
        strange.polka = []
        #expect(throws: ConsensusFault.malformed) { try LockedBlock(decoding: strange.encoded) }
    }

    /// Wire stability: whoever changes a format changes this on purpose.
    @Test func `Formats stay as they are`() throws {
        var sum = SHA256()
        for state in try states() { sum.update(state.encoded) }
        sum.update(lock.encoded)
        for message in try messages() { sum.update(message.encoded) }
        sum.update(ProposerRotation(council.set).encoded)
        #expect(sum.finalize().hex == "54e919477a2f204011182b769b5f2ab27c6d24021212b82af5cb44672a889770")
    }
}
