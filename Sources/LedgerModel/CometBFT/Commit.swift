package import Codec
package import Cryptography
import Proofs

/// One validator's part of a commit (`CommitSig`: block_id_flag 1, validator_address 2, timestamp 3, signature 4).
package struct CommitSignature: Hashable, Sendable, CanonicalMessage {
    /// What the validator did.
    package enum Flag: UInt64, Hashable, Sendable {
        case absent = 1
        case commit = 2
        case nilVote = 3
    }

    /// Kept as read: an unknown flag is refused by ``Commit/validate()``.
    package var rawFlag: UInt64
    package var validator: [UInt8]
    package var timestamp: Timestamp
    package var signature: [UInt8]

    package init(flag: Flag, validator: [UInt8], timestamp: Timestamp, signature: [UInt8]) {
        rawFlag = flag.rawValue
        self.validator = validator
        self.timestamp = timestamp
        self.signature = signature
    }

    /// Nobody's vote.
    package static let absent = CommitSignature(flag: .absent, validator: [], timestamp: .zero, signature: [])

    package init() {
        rawFlag = 0
        validator = []
        timestamp = Timestamp()
        signature = []
    }

    package var flag: Flag? { Flag(rawValue: rawFlag) }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: rawFlag = try field.unsigned()
        case 2: validator = try field.bytes()
        case 3: timestamp = try Timestamp(reading: field.bytes())
        case 4: signature = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.unsigned(1, rawFlag)
        writer.bytes(2, validator)
        writer.message(3, timestamp.protobuf)
        writer.bytes(4, signature)
    }

    func validate() throws(VerificationFailure) {
        switch flag {
        case nil: throw .commit("unknown block id flag \(rawFlag)")
        case .absent:
            guard validator.isEmpty, signature.isEmpty, timestamp == .zero else {
                throw .commit("absent, but not empty")
            }
        case .commit, .nilVote:
            guard validator.count == Address.byteCount else { throw .commit("an address is not 20 bytes") }
            guard 1...64 ~= signature.count else { throw .commit("a signature is empty or longer than 64 bytes") }
            guard timestamp.isValid else { throw .commit("a time is out of range") }
        }
    }
}

/// The votes that decided a block (`Commit`: height 1, round 2, block_id 3, signatures 4), one entry a validator in set
/// order.
package struct Commit: Hashable, Sendable, CanonicalMessage {
    package var height: Int64
    package var round: Int32
    package var blockID: BlockID
    package var signatures: [CommitSignature]

    package init(height: Int64, round: Int32, blockID: BlockID, signatures: [CommitSignature]) {
        self.height = height
        self.round = round
        self.blockID = blockID
        self.signatures = signatures
    }

    package init() { self.init(height: 0, round: 0, blockID: BlockID(), signatures: []) }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) { try self.init(canonical: bytes) }
    package var encoded: [UInt8] { protobuf }

    /// The next header's `last_commit_hash`.
    package var hash: Digest { SimpleMerkle.root(of: signatures.map(\.protobuf)) }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: height = try field.int64()
        case 2: round = try field.int32()
        case 3: blockID = try BlockID(reading: field.bytes())
        case 4: signatures.append(try CommitSignature(reading: field.bytes()))
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.int64(1, height)
        writer.int64(2, Int64(round))
        writer.message(3, blockID.protobuf)
        for signature in signatures { writer.message(4, signature.protobuf) }
    }

    /// CometBFT's Commit.ValidateBasic.
    package func validate() throws(VerificationFailure) {
        guard height > 0 else { throw .commit("height is not positive") }
        guard round >= 0 else { throw .commit("round is negative") }
        guard !blockID.isZero, blockID.isWellFormed else { throw .commit("block id") }
        guard !signatures.isEmpty else { throw .commit("no signatures") }
        for signature in signatures { try signature.validate() }
    }
}

/// A header and the commit for it (`SignedHeader`: header 1, commit 2).
///
/// Decoding proves nothing.
package struct SignedHeader: Hashable, Sendable, CanonicalMessage {
    package var header: BlockHeader
    package var commit: Commit
    private var hasHeader = true
    private var hasCommit = true

    package init(header: BlockHeader, commit: Commit) {
        self.header = header
        self.commit = commit
    }

    package init() {
        self.init(header: BlockHeader(), commit: Commit())
        hasHeader = false
        hasCommit = false
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        try self.init(canonical: bytes)
        guard isComplete else { throw .invalid("signed header: header or commit is missing") }
    }

    package var encoded: [UInt8] { protobuf }

    /// Whether header and commit were both there.
    package var isComplete: Bool { hasHeader && hasCommit }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: (header, hasHeader) = (try BlockHeader(reading: field.bytes()), true)
        case 2: (commit, hasCommit) = (try Commit(reading: field.bytes()), true)
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        if hasHeader { writer.message(1, header.protobuf) }
        if hasCommit { writer.message(2, commit.protobuf) }
    }
}
