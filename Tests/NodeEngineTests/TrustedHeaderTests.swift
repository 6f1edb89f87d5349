import Consensus
import Cryptography
import LedgerModel
import Testing

@testable import NodeEngine

/// A header that the operator knows: what a snapshot's headers must say to it.
struct TrustedHeaderTests {
    /// Headers of one council, which changes completely at height 20: what its keys sign holds, whoever holds them.
    struct Chain {
        static let councils = (0..<2).map { council in
            (1...4).compactMap { seed in
                try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(10 * council + seed), count: 32))
            }
        }
        static let sets = councils.map { keys in
            (try? ValidatorSet(members: keys.map { Validator(publicKey: $0.ed25519, votingPower: 10) }))!
        }
        /// Tells two histories apart.
        var history: UInt8 = 0

        static func council(_ height: Int64) -> Int { height < 20 ? 0 : 1 }

        func header(_ height: Int64) -> UnverifiedHeader {
            let council = Self.council(height)
            let set = Self.sets[council]
            var header = BlockHeader()
            header.blockVersion = 11
            header.chainID = "grove-1"
            header.height = height
            header.time = Timestamp(seconds: 1_790_000_000 + height, nanoseconds: 0)
            header.validatorsHash = set.hash.bytes
            header.nextValidatorsHash = Self.sets[Self.council(height + 1)].hash.bytes
            header.appHash = [UInt8](repeating: history, count: 32)
            header.proposer = set.members[0].address
            let id = BlockID(
                hash: header.hash.bytes, parts: PartSetHeader(total: 1, hash: [UInt8](repeating: 1, count: 32)))
            let signatures = set.members.map { member in
                let message = CanonicalVote.signBytes(
                    type: .precommit, chainID: "grove-1", height: height, round: 0, blockID: id,
                    timestamp: header.time)
                let key = Self.councils[council].first { $0.ed25519 == member.publicKey.ed25519 }
                return CommitSignature(
                    flag: .commit, validator: member.address, timestamp: header.time,
                    signature: key?.sign(message) ?? [])
            }
            return UnverifiedHeader(
                signed: SignedHeader(
                    header: header, commit: Commit(height: height, round: 0, blockID: id, signatures: signatures)),
                validators: set.withProposer(header.proposer))
        }

        /// What a snapshot of height 29 carries.
        func proof(_ heights: [Int64] = [1, 19, 20, 30]) throws -> [VerifiedHeader] {
            var headers: [VerifiedHeader] = []
            for height in heights {
                headers.append(
                    try headers.last.map { try HeaderStep.follow(header(height), from: $0) }
                        ?? HeaderStep.begin(
                            header(height), chainID: "grove-1", trustedValidatorsHash: Self.sets[0].hash))
            }
            return headers
        }

        func trusted(_ height: Int64) -> TrustedHeader {
            TrustedHeader(height: UInt64(height), hash: header(height).signed.header.hash)
        }
    }

    static let chain = Chain()
    /// The same keys, another past.
    static let forged = Chain(history: 9)

    @Test(arguments: [1, 19, 20, 30] as [Int64]) func `a header that the snapshot contains needs nothing more`(
        height: Int64
    ) throws {
        #expect(
            try NodeSnapshot.refusal(of: Self.chain.proof(), by: Self.chain.trusted(height), anchor: nil) == nil)
    }

    @Test(arguments: [7, 25, 31, 44] as [Int64]) func `a header between them, or after them, is led over or to`(
        height: Int64
    ) throws {
        let anchor = Self.chain.header(height)
        #expect(
            try NodeSnapshot.refusal(of: Self.chain.proof(), by: Self.chain.trusted(height), anchor: anchor) == nil)
    }

    @Test(arguments: [1, 19, 20, 30] as [Int64]) func `another past than the operator's is refused`(height: Int64)
        throws
    {
        #expect(
            try NodeSnapshot.refusal(of: Self.forged.proof(), by: Self.chain.trusted(height), anchor: nil) != nil)
    }

    @Test func `a header that nobody has sent leads nowhere`() throws {
        #expect(try NodeSnapshot.refusal(of: Self.chain.proof(), by: Self.chain.trusted(25), anchor: nil) != nil)
    }

    @Test func `another header than the trusted one is no anchor`() throws {
        for anchor in [Self.forged.header(25), Self.chain.header(24), Self.chain.header(20)] {
            #expect(try NodeSnapshot.refusal(of: Self.chain.proof(), by: Self.chain.trusted(25), anchor: anchor) != nil)
        }
    }

    @Test func `an anchor whose signatures do not hold, or of another set, is refused`() throws {
        var unsigned = Self.chain.header(25)
        for index in unsigned.signed.commit.signatures.indices { unsigned.signed.commit.signatures[index] = .absent }
        var foreign = Self.chain.header(25)
        foreign.validators = Chain.sets[0]
        for anchor in [unsigned, foreign] {
            #expect(try NodeSnapshot.refusal(of: Self.chain.proof(), by: Self.chain.trusted(25), anchor: anchor) != nil)
        }
    }

    @Test func `headers that leap over a whole change of the set by way of the anchor are refused`() throws {
        // From height 1 nobody signs for height 25: only the bounds between lead there.
        let short = try Self.chain.proof([1])
        let anchor = Self.chain.header(25)
        #expect(NodeSnapshot.refusal(of: short, by: Self.chain.trusted(25), anchor: anchor) != nil)
    }
}
