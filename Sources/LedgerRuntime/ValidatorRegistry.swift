package import Cryptography
package import LedgerModel

/// From when on a set counts; it does until the next one's term begins.
package struct ValidatorTerm: Hashable, Sendable {
    package var first: Height
    package var hash: Digest

    package init(first: Height, hash: Digest) {
        self.first = first
        self.hash = hash
    }
}

/// The validators as the state names them: who counts at which height, under which receipt keys, and who has misbehaved.
///
/// Block h decides on the set of h + 2: its `next_validators_hash` stands in header h + 1. Changes are signed by the
/// authority that genesis names, or follow from evidence.
package enum ValidatorRegistry {
    /// Puts genesis' set in force.
    static func write(_ set: ValidatorSet, to state: inout some StateAccess) {
        state.set(.staking, ValidatorSetKeys.newest, set.encoded(proposer: nil))
    }

    /// The set that the state names for the next block but one.
    package static func current(in state: some StateAccess) throws(RuntimeFailure) -> ValidatorSet {
        guard let bytes = state.value(.staking, ValidatorSetKeys.newest), let set = try? ValidatorSet(decoding: bytes)
        else { throw .damagedState("staking/set") }
        return set
    }

    /// The set of a height: of any up to the next block but one; below the ledger's first block, that block's.
    ///
    /// - Complexity: one read for each change since that height.
    package static func set(at height: Height, in state: some StateAccess) throws(RuntimeFailure) -> ValidatorSet {
        let since = try Self.since(in: state)
        if height >= since.first || since.before == since.first { return try current(in: state) }
        var first = since.before
        while true {
            let past = try past(first, in: state)
            if height >= first || past.before == first { return past.set }
            first = past.before
        }
    }

    /// Every set's first height and hash, rising, up to the next block but one's; the first is genesis', from height 0 on,
    /// or from the first block of a revision that continues another.
    package static func terms(in state: some StateAccess) throws(RuntimeFailure) -> [ValidatorTerm] {
        let since = try Self.since(in: state)
        var terms = [ValidatorTerm(first: since.first, hash: try current(in: state).hash)]
        var first = since.before
        while let later = terms.last, later.first > first {
            let past = try past(first, in: state)
            terms.append(ValidatorTerm(first: first, hash: past.set.hash))
            first = past.before
        }
        return terms.reversed()
    }

    /// The set that counts from one of the heights in ``terms(in:)`` on.
    package static func set(from first: Height, in state: some StateAccess) throws(RuntimeFailure) -> ValidatorSet {
        try since(in: state).first == first ? current(in: state) : past(first, in: state).set
    }

    private static func past(_ first: Height, in state: some StateAccess) throws(RuntimeFailure) -> PastValidatorSet {
        guard let bytes = state.value(.staking, ValidatorSetKeys.past(first)),
            let past = try? PastValidatorSet(decoding: bytes), past.before <= first
        else { throw .damagedState("staking/set/\(first)") }
        return past
    }

    /// One validator's registry entry.
    package static func entry(_ address: Address, in state: some StateAccess) -> ValidatorEntry? {
        state.value(.staking, ValidatorEntry.key(address)).flatMap { try? ValidatorEntry(decoding: $0) }
    }

    /// The newest set's members as a genesis names them, each with the receipt key that it signs with.
    package static func seats(in state: some StateAccess) throws(RuntimeFailure) -> [ValidatorSeat] {
        var seats: [ValidatorSeat] = []
        for member in try current(in: state).members {
            guard let address = Address(member.address), let entry = entry(address, in: state),
                let listing = entry.receiptKeys.last(where: { $0.last == nil })
            else { throw .damagedState("staking/validator") }
            seats.append(
                ValidatorSeat(
                    consensusKey: entry.consensusKey, power: member.votingPower, operatorName: entry.operatorName,
                    receiptKey: listing.key))
        }
        return seats
    }

    /// Whether the ledger has recorded misbehaviour of a validator at a height: the same evidence need not come again.
    package static func isRecorded(_ validator: Address, at height: Height, in state: some StateAccess) -> Bool {
        state.value(.staking, MisbehaviourEntry.key(validator, at: height)) != nil
    }

    /// From when on the newest set counts.
    static func since(in state: some StateAccess) throws(RuntimeFailure) -> ValidatorSetSince {
        guard let bytes = state.value(.staking, ValidatorSetKeys.since) else { return .genesis }
        guard let since = try? ValidatorSetSince(decoding: bytes) else { throw .damagedState("staking/set/since") }
        return since
    }
}
