import Codec
package import LedgerModel

/// What nodes say to each other of receipts (D7), in the lane `receipts`: deterministic CBOR.
///
/// | message | members |
/// |---|---|
/// | ask | [0, height] |
/// | answer | [1, height, validator's consensus address (20 bytes), signature (64 bytes)] |
///
/// Whoever asks knows the log's root and the receipt keys, so the signature is all that is new to him.
package enum ReceiptMessage: Hashable, Sendable {
    case ask(Height)
    case answer(Height, validator: Address, signature: [UInt8])

    package var encoded: [UInt8] {
        switch self {
        case .ask(let height): CBOR.array([0, .unsigned(height.value)]).encoded()
        case .answer(let height, let validator, let signature):
            CBOR.array([1, .unsigned(height.value), .bytes(validator.bytes), .bytes(signature)]).encoded()
        }
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        guard let items = try? CBOR.decode(bytes).array, items.count >= 2, let kind = items[0].unsigned,
            let height = items[1].unsigned.map({ Height($0) })
        else { throw .malformed }
        switch (kind, items.count) {
        case (0, 2): self = .ask(height)
        case (1, 4):
            guard let validator = items[2].bytes.flatMap({ Address($0) }), let signature = items[3].bytes,
                signature.count == 64
            else { throw .malformed }
            self = .answer(height, validator: validator, signature: signature)
        default: throw .malformed
        }
    }
}
