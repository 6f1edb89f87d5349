package import LedgerModel
import StateTree

/// Balances of the native denom, fees and transfers.
///
/// What there is was given by genesis: each block leaves the sum of balances and fees as it was, which is checked.
package enum BankLedger {
    /// What an account has.
    package static func balance(of account: AccountID, in state: some StateAccess) -> Amount {
        BankKeys.amount(state.value(.bank, BankKeys.balance(account)))
    }

    /// The least fee of a transaction; 0 where anchoring is free.
    package static func feeMinimum(in state: some StateAccess) -> Amount {
        BankKeys.amount(state.value(.params, ParameterKeys.feeMinimum))
    }

    /// Fees that were paid and that nobody was given yet.
    package static func fees(in state: some StateAccess) -> Amount {
        BankKeys.amount(state.value(.bank, BankKeys.fees()))
    }

    /// Writes genesis' balances.
    static func begin(with balances: [Genesis.Balance], feeMinimum: Amount, in state: inout some StateAccess)
        throws(GenesisFailure)
    {
        if feeMinimum != .zero { state.set(.params, ParameterKeys.feeMinimum, feeMinimum.bytes) }
        let supply = try Self.supply(of: balances)
        guard supply != .zero else { return }
        state.set(.bank, BankKeys.supply(), supply.bytes)
        for balance in balances { write(balance.amount, to: BankKeys.balance(balance.id), in: &state) }
    }

    static func supply(of balances: [Genesis.Balance]) throws(GenesisFailure) -> Amount {
        var sum = Amount.zero
        for balance in balances {
            guard let next = sum.adding(balance.amount) else { throw .bank("the balances exceed 2^256 - 1") }
            sum = next
        }
        return sum
    }

    /// Why a transaction's fee is not enough or cannot be paid, or nil.
    static func refusal(of body: TransactionBody, rules: ProtocolRules, in state: some StateAccess)
        -> TransactionResult.Code?
    {
        guard rules.isNetwork else { return nil }
        guard body.fee >= feeMinimum(in: state) else { return .feeTooSmall }
        guard body.fee == .zero || body.fee <= balance(of: body.feePayer, in: state) else { return .balanceTooSmall }
        return nil
    }

    /// Takes a fee that ``refusal(of:rules:in:)`` let pass.
    static func charge(_ fee: Amount, to payer: AccountID, in state: inout some StateAccess) {
        guard fee != .zero else { return }
        guard let rest = balance(of: payer, in: state).subtracting(fee), let sum = fees(in: state).adding(fee) else {
            preconditionFailure("the fee was held against the balance, and fees are part of the supply")
        }
        write(rest, to: BankKeys.balance(payer), in: &state)
        write(sum, to: BankKeys.fees(), in: &state)
    }

    /// Moves an amount to an account that exists: what no key can move on would be lost.
    static func apply(_ message: TransferMessage, state: inout TransactionState) -> TransactionResult.Code {
        guard let rest = balance(of: message.from, in: state).subtracting(message.amount) else {
            return .balanceTooSmall
        }
        guard state.value(.account, AccountEntry.key(message.to)) != nil else { return .recipientUnknown }
        write(rest, to: BankKeys.balance(message.from), in: &state)
        // Read after the write, so that who sends to himself has what he had.
        guard let sum = balance(of: message.to, in: state).adding(message.amount) else {
            preconditionFailure("balances are part of the supply, which fits 256 bits")
        }
        write(sum, to: BankKeys.balance(message.to), in: &state)
        return .ok
    }

    private static func write(_ amount: Amount, to key: [UInt8], in state: inout some StateAccess) {
        if amount == .zero { state.remove(.bank, key) } else { state.set(.bank, key, amount.bytes) }
    }

    /// What a block wrote to the store has the sum that it had before.
    ///
    /// - Complexity: linear in the balances that changed, which the block has read.
    static func checkSupply(after block: BlockState) throws(RuntimeFailure) {
        let supply = BankKeys.supply()
        var (before, after) = (Amount.zero, Amount.zero)
        for (key, value) in block.writes where key.store == .bank {
            guard key.bytes != supply,
                let old = before.adding(BankKeys.amount(block.valueBefore(key))),
                let new = after.adding(BankKeys.amount(value))
            else { throw .brokenInvariant("bank/supply") }
            (before, after) = (old, new)
        }
        guard before == after else { throw .brokenInvariant("bank/supply") }
    }
}
