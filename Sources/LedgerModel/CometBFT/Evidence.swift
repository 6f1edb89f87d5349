import Codec
package import Cryptography

/// An item of a block's evidence (`tendermint.types.Evidence`: duplicate_vote_evidence 1, light_client_attack_evidence 2;
/// beside CometBFT's, wrong_receipt_evidence 100).
package enum Evidence: Hashable, Sendable {
    case duplicateVote(DuplicateVoteEvidence)
    case lightClientAttack(LightClientAttackEvidence)
    case wrongReceipt(WrongReceiptEvidence)

    /// Sum of the items of one block, in bytes (CometBFT's `evidence.max_bytes`).
    package static let blockBytesMax = 1 << 20

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        do throws(ProtobufFailure) {
            var reader = ProtobufReader(bytes)
            guard let field = try reader.next() else { throw ProtobufFailure.notCanonical }
            switch field.number {
            case 1: self = .duplicateVote(try DuplicateVoteEvidence(reading: field.bytes()))
            case 2: self = .lightClientAttack(try LightClientAttackEvidence(reading: field.bytes()))
            case 100: self = .wrongReceipt(try WrongReceiptEvidence(reading: field.bytes()))
            default: throw ProtobufFailure.unknownField(field.number)
            }
            guard encoded == bytes else { throw ProtobufFailure.notCanonical }
        } catch {
            throw .protobuf(error)
        }
    }

    package var encoded: [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .duplicateVote(let evidence): writer.message(1, evidence.protobuf)
        case .lightClientAttack(let evidence): writer.message(2, evidence.protobuf)
        case .wrongReceipt(let evidence): writer.message(100, evidence.protobuf)
        }
        return writer.bytes
    }

    /// The height whose validators it accuses.
    package var height: Int64 {
        switch self {
        case .duplicateVote(let evidence): evidence.first.height
        case .lightClientAttack(let evidence): evidence.commonHeight
        case .wrongReceipt(let evidence): evidence.header.header.height
        }
    }

    /// What tells it from other evidence: no block and no ledger has the same twice.
    package var hash: Digest {
        switch self {
        case .duplicateVote(let evidence): SHA256.hash(evidence.protobuf)
        case .lightClientAttack(let evidence): evidence.hash
        case .wrongReceipt(let evidence): SHA256.hash(evidence.protobuf)
        }
    }

    /// The message inside an item; an item that is none stays as it is, and is refused where it is decoded.
    static func content(of item: [UInt8]) -> [UInt8] {
        var reader = ProtobufReader(item)
        guard let field = try? reader.next(), let bytes = try? field.bytes() else { return item }
        return bytes
    }
}

/// What evidence proves of one validator, as ABCI's `Misbehavior` carries it to the state machine (D18).
package struct ValidatorMisbehaviour: Hashable, Sendable {
    package enum Kind: UInt64, Hashable, Sendable {
        case duplicateVote = 1
        case lightClientAttack = 2
        case wrongReceipt = 3
    }

    package var kind: Kind
    package var validator: Address
    /// The validator's power at that height.
    package var power: Int64
    package var height: Height
    /// The time of that height's block; where a ledger judges by its state alone, that of the block before the evidence.
    package var time: Timestamp
    /// The power of all validators at that height.
    package var totalPower: Int64

    package init(
        kind: Kind, validator: Address, power: Int64, height: Height, time: Timestamp, totalPower: Int64
    ) {
        self.kind = kind
        self.validator = validator
        self.power = power
        self.height = height
        self.time = time
        self.totalPower = totalPower
    }
}
