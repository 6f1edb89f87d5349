import Codec
package import Cryptography

/// Changes the set of validators; the authority named in genesis signs it.
///
/// All updates take effect together, so that a key is rotated by one message: the old one leaves, the new one joins.
package struct UpdateValidatorsMessage: Hashable, Sendable {
    package var authority: AccountID
    /// At least one, no consensus key twice.
    package var updates: [ValidatorUpdate]

    package init(authority: AccountID, updates: [ValidatorUpdate]) {
        self.authority = authority
        self.updates = updates
    }
}

/// A validator as genesis or an update names it.
package struct ValidatorSeat: Hashable, Sendable {
    package var consensusKey: [UInt8]
    package var power: Int64
    /// Who runs it, as the verifier shows it: in an update 1 to 128 bytes without control characters.
    package var operatorName: String
    package var receiptKey: COSEKey

    package init(consensusKey: [UInt8], power: Int64, operatorName: String, receiptKey: COSEKey) {
        self.consensusKey = consensusKey
        self.power = power
        self.operatorName = operatorName
        self.receiptKey = receiptKey
    }
}

/// What becomes of one consensus key.
///
/// On the wire an array: [consensus key (32 bytes), 0] leaves; [consensus key, power (1 to 2^60 - 1), operator (text),
/// receipt key (COSE_Key, Ed25519)] joins or changes.
package enum ValidatorUpdate: Hashable, Sendable {
    case leave(consensusKey: [UInt8])
    case join(ValidatorSeat)

    package static let operatorBytesMax = 128

    package var consensusKey: [UInt8] {
        switch self {
        case .leave(let key): key
        case .join(let seat): seat.consensusKey
        }
    }

    package var address: Address { Address(ed25519: consensusKey) }

    var cbor: CBOR {
        switch self {
        case .leave(let key): .array([.bytes(key), 0])
        case .join(let seat):
            .array([
                .bytes(seat.consensusKey), .integer(seat.power), .text(seat.operatorName), seat.receiptKey.cbor,
            ])
        }
    }

    init(cbor: CBOR) throws(LedgerModelFailure) {
        guard let items = cbor.array, items.count >= 2, let key = items[0].bytes, key.count == 32,
            let power = items[1].integer, 0...ValidatorSet.powerMax ~= power
        else { throw .invalid("updateValidators: consensus key or power") }
        switch (power, items.count) {
        case (0, 2): self = .leave(consensusKey: key)
        case (1..., 4):
            guard let name = items[2].text, Self.isOperatorName(name) else {
                throw .invalid("updateValidators: operator")
            }
            let receiptKey: COSEKey
            do { receiptKey = try COSEKey(cbor: items[3]) } catch { throw .cose(error) }
            guard case .ed25519 = receiptKey else { throw .invalid("updateValidators: the receipt key is not Ed25519") }
            self = .join(ValidatorSeat(consensusKey: key, power: power, operatorName: name, receiptKey: receiptKey))
        default: throw .invalid("updateValidators: an update is neither of its two forms")
        }
    }

    static func list(_ cbor: CBOR) throws(LedgerModelFailure) -> [ValidatorUpdate] {
        guard let rows = cbor.array, !rows.isEmpty else { throw .invalid("updateValidators: no updates") }
        var updates: [ValidatorUpdate] = []
        for row in rows { updates.append(try ValidatorUpdate(cbor: row)) }
        guard Set(updates.map(\.consensusKey)).count == updates.count else {
            throw .invalid("updateValidators: a consensus key stands there twice")
        }
        return updates
    }

    /// It is shown on terminals, so it must not steer them.
    static func isOperatorName(_ text: String) -> Bool {
        1...operatorBytesMax ~= text.utf8.count
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
    }
}
