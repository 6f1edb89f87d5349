import Cryptography
import Testing

@testable import LedgerModel

/// How a commit is counted (D6), on a made-up ledger of four validators.
struct CommitVerificationTests {
    /// Keys in set order, all of one power, so that more than 2/3 are three of them.
    struct Council {
        var keys: [SigningKey]
        var set: ValidatorSet
        var signed: SignedHeader

        init() throws {
            let made = try (1...4).map { seed in
                try SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(seed), count: 32))
            }
            let members = made.map { Validator(publicKey: Self.bytes($0), votingPower: 10) }
            let set = try ValidatorSet(members: members)
            keys = set.members.map { member in made.first { Self.bytes($0) == member.publicKey.ed25519 }! }
            self.set = set
            var header = BlockHeader()
            header.blockVersion = 11
            header.chainID = "grove-1"
            header.height = 5
            header.time = Timestamp(seconds: 1_790_000_000, nanoseconds: 0)
            header.validatorsHash = set.hash.bytes
            header.nextValidatorsHash = set.hash.bytes
            header.proposer = set.members[0].address
            let id = BlockID(
                hash: header.hash.bytes, parts: PartSetHeader(total: 1, hash: [UInt8](repeating: 1, count: 32)))
            signed = SignedHeader(
                header: header, commit: Commit(height: 5, round: 0, blockID: id, signatures: []))
            signed.commit.signatures = set.members.indices.map { vote($0) }
        }

        static func bytes(_ key: SigningKey) -> [UInt8] {
            guard case .ed25519(let x) = key.publicKey else { return [] }
            return x
        }

        func vote(_ index: Int, flag: CommitSignature.Flag = .commit) -> CommitSignature {
            let time = Timestamp(seconds: 1_790_000_001, nanoseconds: Int32(index))
            let message = CanonicalVote.signBytes(
                type: .precommit, chainID: "grove-1", height: 5, round: 0,
                blockID: flag == .commit ? signed.commit.blockID : BlockID(), timestamp: time)
            return CommitSignature(
                flag: flag, validator: set.members[index].address, timestamp: time,
                signature: keys[index].sign(message))
        }

        func count() throws -> VoteCount { try CommitVerification.verify(signed, by: set) }
    }

    @Test func `counting stops at the quorum`() throws {
        #expect(try Council().count() == VoteCount(voters: 3, power: 30, total: 40))
    }

    @Test func `what comes after the quorum is not looked at`() throws {
        var council = try Council()
        council.signed.commit.signatures[3].signature[0] ^= 1
        council.signed.commit.signatures[3].validator[0] ^= 1
        #expect(try council.count().voters == 3)
    }

    @Test(arguments: 0..<3) func `an invalid signature before the quorum refuses`(_ index: Int) throws {
        var council = try Council()
        council.signed.commit.signatures[index].signature[63] ^= 1
        #expect(throws: VerificationFailure.signature(index: index)) { try council.count() }
    }

    @Test(arguments: 0..<3) func `another validator's address before the quorum refuses`(_ index: Int) throws {
        var council = try Council()
        council.signed.commit.signatures[index].validator = council.set.members[3].address
        #expect(throws: VerificationFailure.address(index: index)) { try council.count() }
    }

    @Test func `absent and nil entries count nothing`() throws {
        var council = try Council()
        council.signed.commit.signatures[0] = .absent
        #expect(try council.count() == VoteCount(voters: 3, power: 30, total: 40))
        council.signed.commit.signatures[1] = council.vote(1, flag: .nilVote)
        #expect(throws: VerificationFailure.notEnoughPower(tallied: 20, total: 40)) { try council.count() }
    }

    @Test func `there is an entry for each validator`() throws {
        var council = try Council()
        council.signed.commit.signatures.removeLast()
        #expect(throws: VerificationFailure.self) { try council.count() }
    }

    @Test func `a trusted set believes more than its share, and nobody twice`() throws {
        var council = try Council()
        #expect(try CommitVerification.verifyTrusting(council.signed, by: council.set).voters == 2)
        var stranger = council.set
        stranger.members = Array(council.set.members.prefix(1))
        #expect(try CommitVerification.verifyTrusting(council.signed, by: stranger).voters == 1)
        council.signed.commit.signatures[1] = council.signed.commit.signatures[0]
        #expect(throws: VerificationFailure.doubleVote) {
            try CommitVerification.verifyTrusting(council.signed, by: council.set)
        }
        for index in council.set.members.indices { council.signed.commit.signatures[index] = .absent }
        #expect(throws: VerificationFailure.notEnoughTrust(tallied: 0, total: 40)) {
            try CommitVerification.verifyTrusting(council.signed, by: council.set)
        }
    }

    @Test func `exactly the share is not enough`() {
        #expect(TrustLevel.twoThirds.threshold(of: 3) == 2)
        #expect(TrustLevel.twoThirds.threshold(of: 1) == 0)
        #expect(TrustLevel.oneThird.threshold(of: ValidatorSet.powerMax) == ValidatorSet.powerMax / 3)
        #expect(TrustLevel.twoThirds.threshold(of: ValidatorSet.powerMax) == ValidatorSet.powerMax / 3 * 2)
    }

    /// A bit changed: refused, or another value whose bytes are those that were read.
    @Test func `no signed header has two spellings`() throws {
        let bytes = try Council().signed.encoded
        #expect(try SignedHeader(decoding: bytes).encoded == bytes)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let read = try? SignedHeader(decoding: damaged) { #expect(read.encoded == damaged) }
        }
    }

    @Test func `a set lists the strongest first, then by address`() throws {
        let set = try Council().set
        #expect(set.members.map(\.address) == set.members.map(\.address).sorted { $0.lexicographicallyPrecedes($1) })
        var members = set.members
        members[3].votingPower = 11
        #expect(try ValidatorSet(members: members).members[0].address == set.members[3].address)
        #expect(throws: VerificationFailure.self) { _ = try ValidatorSet(members: members + [members[0]]) }
        members[0].votingPower = 0
        #expect(throws: VerificationFailure.self) { _ = try ValidatorSet(members: members) }
        #expect(throws: VerificationFailure.self) { _ = try ValidatorSet(members: []) }
    }
}
