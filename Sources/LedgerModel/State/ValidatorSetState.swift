import Codec

/// Where the state keeps the sets of validators: store `staking`.
///
/// | key | value |
/// |---|---|
/// | `set` | protobuf ValidatorSet without proposer: the set that counts from the height in `set/since` on |
/// | `set/since` | CBOR [uint first height of `set`, uint first height of the set before it]; left out while it is genesis' |
/// | `set/` u64 first height | CBOR [uint first height of the set before it, bstr protobuf ValidatorSet]: a set of the past |
///
/// Genesis' set counts from height 0 on; the first of a revision that continues another (D23) from its first block on, and
/// names itself as the one before, while the sets of the earlier revision stay under their keys. After block h, `set` is the set of h + 2 (as `next_validators_hash` of header
/// h + 1 says); no set is deleted, so each height's can be told.
package enum ValidatorSetKeys {
    package static let newest = Array("set".utf8)
    package static let since = Array("set/since".utf8)
    package static func past(_ first: Height) -> [UInt8] { Array("set/".utf8) + first.value.bigEndianBytes }
}

/// From when on the newest set counts.
package struct ValidatorSetSince: Hashable, Sendable {
    package var first: Height
    /// Of the set before; equal to `first` where there is none.
    package var before: Height

    package static let genesis = ValidatorSetSince(first: Height(0), before: Height(0))

    package init(first: Height, before: Height) {
        self.first = first
        self.before = before
    }

    package func encoded() -> [UInt8] { CBOR.array([.unsigned(first.value), .unsigned(before.value)]).encoded() }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 2, let first = items[0].unsigned,
            let before = items[1].unsigned, before <= first
        else { throw .invalid("staking/set/since") }
        self.init(first: Height(first), before: Height(before))
    }
}

/// A set that counted once.
package struct PastValidatorSet: Hashable, Sendable {
    /// First height of the set before it; its own where there is none.
    package var before: Height
    package var set: ValidatorSet

    package init(before: Height, set: ValidatorSet) {
        self.before = before
        self.set = set
    }

    package func encoded() -> [UInt8] {
        CBOR.array([.unsigned(before.value), .bytes(set.encoded(proposer: nil))]).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 2, let before = items[0].unsigned,
            let set = items[1].bytes
        else { throw .invalid("staking/set/") }
        self.init(before: Height(before), set: try ValidatorSet(decoding: set))
        guard encoded() == bytes else { throw .invalid("staking/set/") }
    }
}

/// Proven misbehaviour: store `staking`, key `misbehaviour/` consensus address in hex `/` height in decimal = CBOR [uint
/// kind (1 duplicate vote, 2 light client attack, 3 wrong receipt), uint validator's power, uint total power, uint time of that height's
/// block in ns since 1970, uint height of the block that recorded it].
package struct MisbehaviourEntry: Hashable, Sendable {
    package static func key(_ validator: Address, at height: Height) -> [UInt8] {
        Array("misbehaviour/\(Hex.encode(validator.bytes))/\(height)".utf8)
    }

    package var kind: ValidatorMisbehaviour.Kind
    package var power: Int64
    package var totalPower: Int64
    package var time: Timestamp
    package var recorded: Height

    package init(_ misbehaviour: ValidatorMisbehaviour, recorded: Height) {
        kind = misbehaviour.kind
        power = misbehaviour.power
        totalPower = misbehaviour.totalPower
        time = misbehaviour.time
        self.recorded = recorded
    }

    package func encoded() -> [UInt8] {
        CBOR.array([
            .unsigned(kind.rawValue), .integer(power), .integer(totalPower),
            .unsigned(time.unsignedNanosecondsSince1970), .unsigned(recorded.value),
        ]).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        guard let items = try StateValue.decode(bytes).array, items.count == 5,
            let kind = items[0].unsigned.flatMap({ ValidatorMisbehaviour.Kind(rawValue: $0) }),
            let power = items[1].integer,
            let totalPower = items[2].integer, power >= 0, totalPower >= 0, let time = items[3].unsigned,
            let recorded = items[4].unsigned
        else { throw .invalid("staking/misbehaviour") }
        self.kind = kind
        self.power = power
        self.totalPower = totalPower
        self.time = Timestamp(nanosecondsSince1970: time)
        self.recorded = Height(recorded)
    }
}
