package import LedgerModel

/// The validators in force, as the state names them.
///
/// In this version of the rules the set is the genesis' own.
package enum ValidatorRegistry {
    static let setKey = Array("set".utf8)

    /// Puts a set in force.
    static func write(_ set: ValidatorSet, to state: inout some StateAccess) {
        state.set(.staking, setKey, set.encoded(proposer: nil))
    }

    /// The set that the state names for the next block but one.
    package static func current(in state: some StateAccess) throws(RuntimeFailure) -> ValidatorSet {
        guard let bytes = state.value(.staking, setKey), let set = try? ValidatorSet(decoding: bytes) else {
            throw .damagedState("staking/set")
        }
        return set
    }

    /// One validator's registry entry.
    package static func entry(_ address: Address, in state: some StateAccess) -> ValidatorEntry? {
        state.value(.staking, ValidatorEntry.key(address)).flatMap { try? ValidatorEntry(decoding: $0) }
    }
}
