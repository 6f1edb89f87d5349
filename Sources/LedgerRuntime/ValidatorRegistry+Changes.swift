import Cryptography
import LedgerModel

/// What changes the set: the authority's transactions and evidence.
extension ValidatorRegistry {
    /// Carries the authority's updates out, all of them or none.
    static func apply(
        _ message: UpdateValidatorsMessage, context: BlockContext, rules: ProtocolRules, state: inout TransactionState
    ) -> TransactionResult.Code {
        guard state.value(.params, ParameterKeys.authority) == message.authority.bytes else { return .notTheAuthority }
        guard let before = try? current(in: state), let since = try? Self.since(in: state) else {
            preconditionFailure("the state was read at the begin of the block")
        }
        var members = before.members
        for update in message.updates {
            let index = members.firstIndex { $0.address == update.address.bytes }
            switch update {
            case .leave:
                guard let index else { return .validatorUnknown }
                members.remove(at: index)
            case .join(let seat):
                guard entry(update.address, in: state)?.convicted == nil else { return .validatorConvicted }
                let member = Validator(publicKey: seat.consensusKey, votingPower: seat.power)
                if let index { members[index] = member } else { members.append(member) }
            }
        }
        guard !members.isEmpty else { return .noValidatorLeft }
        let wanted = withoutConvicted(members, in: state)
        guard let after = try? ValidatorSet(members: wanted) else { return .validatorSetInvalid }
        for update in message.updates {
            guard case .join(let seat) = update else { continue }
            guard register(seat, after: context.height, keysMax: rules.accountKeysMax, state: &state) else {
                return .tooManyKeys
            }
        }
        guard receiptKeysDiffer(in: after, at: context.height.next, state: state) else { return .receiptKeyTaken }
        replace(before, since: since, by: after, context: context, state: &state)
        return .ok
    }

    /// Records what the block's evidence proves, once a validator and height, and takes who has misbehaved out of the set.
    ///
    /// - Throws: `invalidBlock` where somebody never was a validator: no evidence can prove that.
    static func convict(_ context: BlockContext, state: inout TransactionState) throws(RuntimeFailure) {
        for misbehaviour in context.misbehaviour {
            guard !isRecorded(misbehaviour.validator, at: misbehaviour.height, in: state) else { continue }
            guard var entry = Self.entry(misbehaviour.validator, in: state) else {
                throw .invalidBlock("evidence against somebody who never was a validator")
            }
            state.set(
                .staking, MisbehaviourEntry.key(misbehaviour.validator, at: misbehaviour.height),
                MisbehaviourEntry(misbehaviour, recorded: context.height).encoded())
            guard entry.convicted == nil else { continue }
            entry.convicted = context.height
            state.set(.staking, ValidatorEntry.key(misbehaviour.validator), entry.encoded())
        }
        let before = try current(in: state)
        let rest = withoutConvicted(before.members, in: state)
        guard rest.count < before.members.count else { return }
        guard let after = try? ValidatorSet(members: rest) else { throw .damagedState("staking/set") }
        replace(before, since: try since(in: state), by: after, context: context, state: &state)
    }

    /// Who has not misbehaved; all of them where nobody else is left, since a ledger without validators is none.
    private static func withoutConvicted(_ members: [Validator], in state: some StateAccess) -> [Validator] {
        let rest = members.filter { member in
            Address(member.address).flatMap { entry($0, in: state) }?.convicted == nil
        }
        return rest.isEmpty ? members : rest
    }

    /// Puts a next revision's set in force from its first block on, which is the one after `height`.
    ///
    /// The sets of the revision before stay under their keys and count no more.
    /// - Throws: `continuation` where one of them may not be a validator.
    static func `continue`(
        with seats: [ValidatorSeat], making set: ValidatorSet, after height: Height, state: inout TransactionState
    ) throws(GenesisFailure) {
        let before: ValidatorSet
        let rules: ProtocolRules
        do throws(RuntimeFailure) {
            before = try current(in: state)
            rules = try ProtocolRules.at(height.next, in: state)
        } catch { throw .continuation("\(error)") }
        for seat in seats {
            guard entry(Address(ed25519: seat.consensusKey), in: state)?.convicted == nil else {
                throw .continuation("the validator of \(seat.operatorName) has misbehaved; its key may not count again")
            }
            guard register(seat, after: height, keysMax: rules.accountKeysMax, state: &state) else {
                throw .continuation("the validator of \(seat.operatorName) has listed as many receipt keys as it may")
            }
        }
        endReceiptKeys(of: before, notIn: set, with: height, state: &state)
        guard receiptKeysDiffer(in: set, at: height.next, state: state) else {
            throw .continuation("two validators have the same receipt key")
        }
        write(set, to: &state)
        state.set(
            .staking, ValidatorSetKeys.since, ValidatorSetSince(first: height.next, before: height.next).encoded())
    }

    /// Writes a validator's entry: receipts of the next height on are signed by its receipt key.
    ///
    /// - Returns: false where it has listed as many keys as it may.
    private static func register(
        _ seat: ValidatorSeat, after height: Height, keysMax: Int, state: inout TransactionState
    ) -> Bool {
        let address = Address(ed25519: seat.consensusKey)
        var entry =
            Self.entry(address, in: state)
            ?? ValidatorEntry(receiptKeys: [], consensusKey: seat.consensusKey, operatorName: seat.operatorName)
        entry.operatorName = seat.operatorName
        if !entry.receiptKeys.contains(where: { $0.last == nil && $0.key == seat.receiptKey }) {
            entry.endReceiptKeys(with: height)
            guard entry.receiptKeys.count < keysMax else { return false }
            entry.receiptKeys.append(KeyListing(key: seat.receiptKey, first: height.next, last: nil))
        }
        state.set(.staking, ValidatorEntry.key(address), entry.encoded())
        return true
    }

    /// Whether no two members sign receipts of a height by the same key.
    private static func receiptKeysDiffer(in set: ValidatorSet, at height: Height, state: some StateAccess) -> Bool {
        var seen = Set<[UInt8]>()
        for member in set.members {
            guard let address = Address(member.address), let entry = Self.entry(address, in: state) else {
                return false
            }
            for listing in entry.receiptKeys where listing.covers(height) {
                guard seen.insert(listing.key.encoded).inserted else { return false }
            }
        }
        return true
    }

    /// Puts a set in force from the next block but one on, and ends the receipt keys of who is not in it.
    private static func replace(
        _ before: ValidatorSet, since: ValidatorSetSince, by after: ValidatorSet, context: BlockContext,
        state: inout TransactionState
    ) {
        guard after.encoded(proposer: nil) != before.encoded(proposer: nil) else { return }
        let first = Height(context.height.value + 2)
        // What an earlier transaction of this block decided never counts.
        if since.first < first {
            state.set(
                .staking, ValidatorSetKeys.past(since.first),
                PastValidatorSet(before: since.before, set: before).encoded())
            state.set(
                .staking, ValidatorSetKeys.since, ValidatorSetSince(first: first, before: since.first).encoded())
        }
        write(after, to: &state)
        endReceiptKeys(of: before, notIn: after, with: context.height, state: &state)
    }

    private static func endReceiptKeys(
        of before: ValidatorSet, notIn after: ValidatorSet, with last: Height, state: inout TransactionState
    ) {
        for member in before.members where after.index(of: member.address) == nil {
            guard let address = Address(member.address), var entry = Self.entry(address, in: state) else { continue }
            entry.endReceiptKeys(with: last)
            state.set(.staking, ValidatorEntry.key(address), entry.encoded())
        }
    }
}

extension ValidatorEntry {
    /// Ends what is open: receipts up to that height are signed by it.
    fileprivate mutating func endReceiptKeys(with last: Height) {
        for index in receiptKeys.indices where receiptKeys[index].last == nil { receiptKeys[index].last = last }
    }
}
