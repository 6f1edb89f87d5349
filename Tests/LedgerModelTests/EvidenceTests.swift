import Codec
import Cryptography
import LedgerModel
import Testing

/// Evidence is judged as CometBFT judges it.
struct EvidenceTests {
    static let chain = "mychain"
    static let blockTime = Timestamp(seconds: 1_800_000_000, nanoseconds: 5)
    static let check = EvidenceCheck(
        chainID: chain, lastHeight: 12, lastTime: Timestamp(seconds: 1_800_000_010, nanoseconds: 0))

    static func key(_ index: Int) throws -> SigningKey {
        try SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(index + 1), count: 32))
    }

    static func publicKey(_ index: Int) throws -> [UInt8] {
        guard case .ed25519(let x) = try key(index).publicKey else { fatalError("an Ed25519 key") }
        return x
    }

    static func set() throws -> ValidatorSet {
        try ValidatorSet(
            members: try (0..<4).map { Validator(publicKey: try publicKey($0), votingPower: Int64(10 + $0)) })
    }

    static func blockID(_ name: String) -> BlockID {
        BlockID(
            hash: SHA256.hash(Array(name.utf8)).bytes,
            parts: PartSetHeader(total: 3, hash: SHA256.hash(Array("parts".utf8)).bytes))
    }

    static func vote(
        _ name: String?, by index: Int = 1, type: VoteType = .precommit, height: Int64 = 10, round: Int32 = 2,
        change: (inout Vote) -> Void = { _ in }
    ) throws -> Vote {
        var vote = Vote(
            type: type, height: height, round: round, blockID: name.map(blockID) ?? BlockID(), timestamp: blockTime,
            validator: Address(ed25519: try publicKey(index)).bytes, validatorIndex: 2, signature: [])
        change(&vote)
        vote.signature = try key(index).sign(vote.signBytes(chainID: chain))
        return vote
    }

    static func evidence(_ first: Vote, _ second: Vote) -> DuplicateVoteEvidence {
        DuplicateVoteEvidence(first, second, totalPower: 46, validatorPower: 11, timestamp: blockTime)
    }

    static func failure(
        _ evidence: DuplicateVoteEvidence, check: EvidenceCheck = EvidenceTests.check,
        time: Timestamp = EvidenceTests.blockTime
    ) throws -> EvidenceFailure? {
        let validators = try set()
        do throws(EvidenceFailure) {
            _ = try check.verify(evidence, validators: validators, blockTime: time)
            return nil
        } catch { return error }
    }

    @Test(arguments: [VoteType.prevote, .precommit]) func `two votes for one step prove it`(_ type: VoteType) throws {
        let evidence = try Self.evidence(Self.vote("a", type: type), Self.vote("b", type: type))
        let proven = try Self.check.verify(evidence, validators: try Self.set(), blockTime: Self.blockTime)
        #expect(
            proven
                == ValidatorMisbehaviour(
                    kind: .duplicateVote, validator: Address(ed25519: try Self.publicKey(1)), power: 11,
                    height: Height(10), time: Self.blockTime, totalPower: 46))
    }

    @Test func `a vote for nil beside one for a block proves it too`() throws {
        #expect(try Self.failure(Self.evidence(Self.vote(nil), Self.vote("b"))) == nil)
    }

    @Test func `votes of different steps prove nothing`() throws {
        let vote = try Self.vote("a")
        for other in [
            try Self.vote("b", type: .prevote), try Self.vote("b", height: 11), try Self.vote("b", round: 3),
        ] { #expect(try Self.failure(Self.evidence(vote, other)) == .notOneStep) }
    }

    @Test func `votes for the same block, of two validators or of nobody prove nothing`() throws {
        let vote = try Self.vote("a")
        let later = try Self.vote("a") { $0.timestamp = .zero }
        #expect(try Self.failure(Self.evidence(vote, later)) == .sameBlock)
        #expect(try Self.failure(Self.evidence(vote, Self.vote("b", by: 2))) == .notOneValidator)
        #expect(try Self.failure(Self.evidence(Self.vote("a", by: 8), Self.vote("b", by: 8))) == .notAValidator)
    }

    @Test func `votes in the wrong order are refused`() throws {
        var evidence = try Self.evidence(Self.vote("a"), Self.vote("b"))
        swap(&evidence.first, &evidence.second)
        #expect(try Self.failure(evidence) == .malformed("order of votes"))
    }

    @Test func `powers and times that are not the ledger's are refused`() throws {
        let good = try Self.evidence(Self.vote("a"), Self.vote("b"))
        var bad = good
        bad.totalPower = 45
        #expect(try Self.failure(bad) == .power)
        bad = good
        bad.validatorPower = 10
        #expect(try Self.failure(bad) == .power)
        bad = good
        bad.timestamp.nanoseconds += 1
        #expect(try Self.failure(bad) == .timestamp)
    }

    @Test func `signatures that do not hold are refused, and so are those for another ledger`() throws {
        for number in 1...2 {
            var evidence = try Self.evidence(Self.vote("a"), Self.vote("b"))
            if number == 1 { evidence.first.signature[3] ^= 1 } else { evidence.second.signature[40] ^= 1 }
            #expect(try Self.failure(evidence) == .signature(vote: number))
        }
        let evidence = try Self.evidence(Self.vote("a"), Self.vote("b"))
        var foreign = Self.check
        foreign.chainID = "otherchain"
        #expect(try Self.failure(evidence, check: foreign) == .signature(vote: 1))
    }

    @Test func `a vote that only the network's predicate accepts is evidence`() throws {
        // The identity as R and s = 0 under a key of small order: valid under ZIP-215 for all messages, never strictly.
        let key = [UInt8](repeating: 0, count: 31) + [0x80]
        let weak: [UInt8] = [1] + [UInt8](repeating: 0, count: 63)
        let small: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
        for publicKey in [small, key] where Ed25519.isValidZIP215(signature: weak, message: [1], publicKey: publicKey) {
            let set = try ValidatorSet(members: [Validator(publicKey: publicKey, votingPower: 5)])
            var votes = [try Self.vote("a"), try Self.vote("b")]
            for index in 0...1 {
                votes[index].validator = Address(ed25519: publicKey).bytes
                votes[index].signature = weak
                #expect(
                    !Ed25519.isValidStrict(
                        signature: weak, message: votes[index].signBytes(chainID: Self.chain), publicKey: publicKey))
            }
            let evidence = DuplicateVoteEvidence(
                votes[0], votes[1], totalPower: 5, validatorPower: 5, timestamp: Self.blockTime)
            _ = try Self.check.verify(evidence, validators: set, blockTime: Self.blockTime)
        }
        #expect(Ed25519.isValidZIP215(signature: weak, message: [1], publicKey: small))
    }

    @Test func `votes that are none are refused`() throws {
        let changes: [(inout Vote) -> Void] = [
            { $0.height = 0 }, { $0.height = -1 }, { $0.round = -1 }, { $0.validator = [1] },
            { $0.validatorIndex = -1 },
            { $0.signature = [] }, { $0.signature = [UInt8](repeating: 0, count: 65) },
            { $0.blockID.hash = [] }, { $0.blockID.hash = [1] }, { $0.blockID.parts.total = 0 },
            { $0.blockID.parts.hash = [] },
        ]
        for change in changes {
            for number in 1...2 {
                var evidence = try Self.evidence(Self.vote("a"), Self.vote("b"))
                if number == 1 { change(&evidence.first) } else { change(&evidence.second) }
                guard case .malformed = try Self.failure(evidence) else {
                    Issue.record("not refused as malformed")
                    continue
                }
            }
        }
    }

    @Test func `age is a matter of blocks and time together`() throws {
        let evidence = try Self.evidence(Self.vote("a"), Self.vote("b"))
        func age(blocks: Int64, seconds: Int64, nanoseconds: Int32 = 5) throws -> EvidenceFailure? {
            try Self.failure(
                evidence,
                check: EvidenceCheck(
                    chainID: Self.chain, lastHeight: 10 + blocks,
                    lastTime: Timestamp(seconds: 1_800_000_000 + seconds, nanoseconds: nanoseconds)))
        }
        #expect(try age(blocks: 100_001, seconds: 172_800, nanoseconds: 6) == .tooOld)
        #expect(try age(blocks: 100_001, seconds: 172_800) == nil)
        #expect(try age(blocks: 100_000, seconds: 999_999) == nil)
        #expect(try age(blocks: 0, seconds: 0) == nil)
        #expect(try age(blocks: -1, seconds: 0) == .notDecided)
    }

    @Test func `items read back in their one spelling and no other`() throws {
        let evidence = Evidence.duplicateVote(try Self.evidence(Self.vote("a"), Self.vote("b")))
        let item = evidence.encoded
        #expect(try Evidence(decoding: item) == evidence)
        var unknown = ProtobufWriter()
        unknown.message(3, [])
        var empty = ProtobufWriter()
        empty.message(1, [])
        for bytes in [[], item + [0], item + item, Array(item.dropLast()), unknown.bytes, empty.bytes] {
            #expect(throws: LedgerModelFailure.self) { _ = try Evidence(decoding: bytes) }
        }
    }

    /// CometBFT's own test (types/evidence_test.go, TestEvidenceVectors) has this root for these votes.
    @Test func `a header's evidence hash is CometBFT's`() throws {
        let key = try SigningKey(.edDSA, secret: SHA256.hash(Array("it's a secret".utf8)).bytes)
        guard case .ed25519(let x) = key.publicKey else { return }
        func vote(_ name: String, round: Int32) -> Vote {
            var vote = Vote(
                type: .prevote, height: .max, round: round,
                blockID: BlockID(
                    hash: SHA256.hash(Array(name.utf8)).bytes,
                    parts: PartSetHeader(
                        total: UInt32(Int32.max), hash: SHA256.hash(Array("partshash".utf8)).bytes)),
                timestamp: Timestamp(seconds: 1_546_300_800, nanoseconds: 0), validator: Address(ed25519: x).bytes,
                validatorIndex: .max, signature: [])
            vote.signature = key.sign(vote.signBytes(chainID: "mychain"))
            return vote
        }
        var evidence = DuplicateVoteEvidence()
        evidence.first = vote("blockhash2", round: 2)
        evidence.second = vote("blockhash", round: 1)
        evidence.timestamp = .zero
        let published = "a9ce28d13bb31001fc3e5b7927051baf98f86abdbd64377643a304164c826923"
        #expect(Block.evidenceHash([Evidence.duplicateVote(evidence).encoded]).hex == published)
        #expect(Block.evidenceHash([]).hex == SHA256.hash([]).hex)
    }
}
