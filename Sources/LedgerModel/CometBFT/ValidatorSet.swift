package import Codec
package import Cryptography
import Proofs

/// A consensus key as CometBFT writes it (`PublicKey`: ed25519 1, secp256k1 2).
///
/// Only Ed25519 keys can be in a set here.
package struct ConsensusKey: Hashable, Sendable, CanonicalMessage {
    package var ed25519: [UInt8]?
    package var secp256k1: [UInt8]?

    package init(ed25519: [UInt8]) { self.ed25519 = ed25519 }
    package init() {}

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        guard ed25519 == nil, secp256k1 == nil else { throw .repeatedField(field.number) }
        switch field.number {
        case 1: ed25519 = try field.bytes()
        case 2: secp256k1 = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        if let ed25519 { writer.message(1, ed25519) }
        if let secp256k1 { writer.message(2, secp256k1) }
    }
}

/// A member of a set (`Validator`: address 1, pub_key 2, voting_power 3, proposer_priority 4).
package struct Validator: Hashable, Sendable, CanonicalMessage {
    package var address: [UInt8]
    package var publicKey: ConsensusKey
    package var votingPower: Int64
    package var proposerPriority: Int64

    /// A validator with an Ed25519 key of 32 bytes.
    package init(publicKey: [UInt8], votingPower: Int64) {
        address = Address(ed25519: publicKey).bytes
        self.publicKey = ConsensusKey(ed25519: publicKey)
        self.votingPower = votingPower
        proposerPriority = 0
    }

    package init() {
        address = []
        publicKey = ConsensusKey()
        votingPower = 0
        proposerPriority = 0
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: address = try field.bytes()
        case 2: publicKey = try ConsensusKey(reading: field.bytes())
        case 3: votingPower = try field.int64()
        case 4: proposerPriority = try field.int64()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.bytes(1, address)
        writer.message(2, publicKey.protobuf)
        writer.int64(3, votingPower)
        writer.int64(4, proposerPriority)
    }

    /// `SimpleValidator`: the leaf of the set's hash (pub_key 1, voting_power 2).
    var simple: [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1, publicKey.protobuf)
        writer.int64(2, votingPower)
        return writer.bytes
    }
}

/// Who may sign a block (`ValidatorSet`: validators 1, proposer 2, total_voting_power 3).
package struct ValidatorSet: Hashable, Sendable, CanonicalMessage {
    package static let memberCountMax = 10_000
    /// Total power of a set (D1).
    package static let powerMax: Int64 = 1 << 60 - 1

    package var members: [Validator]
    package var proposer: Validator?
    package var totalVotingPower: Int64

    /// A set in CometBFT's order: power descending, then address ascending.
    package init(members: [Validator]) throws(VerificationFailure) {
        self.members = members.sorted {
            $0.votingPower != $1.votingPower
                ? $0.votingPower > $1.votingPower : $0.address.lexicographicallyPrecedes($1.address)
        }
        proposer = nil
        totalVotingPower = 0
        try validate()
    }

    package init() {
        members = []
        proposer = nil
        totalVotingPower = 0
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }

    package var encoded: [UInt8] { protobuf }

    /// The form of bundles and state: with that member as proposer, priorities and total left out.
    package func encoded(proposer address: [UInt8]?) -> [UInt8] { withProposer(address).protobuf }

    /// The same members with another proposer, priorities and total 0.
    package func withProposer(_ address: [UInt8]?) -> ValidatorSet {
        var set = self
        for index in set.members.indices { set.members[index].proposerPriority = 0 }
        set.totalVotingPower = 0
        set.proposer = address.flatMap { address in set.members.first { $0.address == address } }
        return set
    }

    /// A header's `validators_hash`.
    package var hash: Digest { SimpleMerkle.root(of: members.map(\.simple)) }

    /// Sum of the members' powers.
    ///
    /// Only of a set that ``validate()`` passed.
    package var power: Int64 { members.reduce(0) { $0 + $1.votingPower } }

    package func index(of address: [UInt8]) -> Int? { members.firstIndex { $0.address == address } }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: members.append(try Validator(reading: field.bytes()))
        case 2: proposer = try Validator(reading: field.bytes())
        case 3: totalVotingPower = try field.int64()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        for member in members { writer.message(1, member.protobuf) }
        if let proposer { writer.message(2, proposer.protobuf) }
        writer.int64(3, totalVotingPower)
    }

    /// Keys, addresses and powers are in range, and nobody is in the set twice.
    package func validate() throws(VerificationFailure) {
        guard !members.isEmpty else { throw .validators("the set is empty") }
        guard members.count <= Self.memberCountMax else { throw .validators("more than 10,000 members") }
        var total: Int64 = 0
        var seen = Set<[UInt8]>()
        for member in members {
            guard let key = member.publicKey.ed25519, key.count == 32 else { throw .validators("a key is not Ed25519") }
            guard member.address == Address(ed25519: key).bytes else {
                throw .validators("an address is not that of its key")
            }
            guard 1...Self.powerMax ~= member.votingPower else { throw .validators("a voting power is out of range") }
            let (sum, overflow) = total.addingReportingOverflow(member.votingPower)
            guard !overflow, sum <= Self.powerMax else { throw .validators("the total power is too large") }
            total = sum
            guard seen.insert(member.address).inserted else { throw .validators("somebody is in the set twice") }
        }
    }
}
