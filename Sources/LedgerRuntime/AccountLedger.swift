package import Cryptography
package import LedgerModel

/// Accounts: which keys may sign for them, and for which heights.
///
/// Keys are listed for ever (D7): old statements are judged by the keys of their time.
package enum AccountLedger {
    /// An account, if it exists.
    package static func entry(_ id: AccountID, in state: some StateAccess) -> AccountEntry? {
        state.value(.account, AccountEntry.key(id)).flatMap { try? AccountEntry(decoding: $0) }
    }

    /// The key of that thumbprint, if the account lists it for the height.
    package static func key(_ thumbprint: Digest, of account: AccountEntry, at height: Height) -> COSEKey? {
        account.keys.first {
            $0.key.thumbprint == thumbprint && $0.first <= height && height <= $0.last ?? height
        }?.key
    }

    /// Lists one more key from this block on.
    static func apply(
        _ message: AddKeyMessage, context: BlockContext, rules: ProtocolRules, state: inout TransactionState
    ) -> TransactionResult.Code {
        guard var account = entry(message.account, in: state) else { return .accountUnknown }
        guard account.keys.count < rules.accountKeysMax else { return .tooManyKeys }
        guard !account.keys.contains(where: { $0.key == message.key }) else { return .keyExists }
        account.keys.append(KeyListing(key: message.key, first: context.height, last: nil))
        state.set(.account, AccountEntry.key(message.account), account.encoded())
        return .ok
    }

    /// Ends a key with this block.
    ///
    /// An account keeps at least one open key.
    static func apply(_ message: EndKeyMessage, context: BlockContext, state: inout TransactionState)
        -> TransactionResult.Code
    {
        guard var account = entry(message.account, in: state) else { return .accountUnknown }
        guard let index = account.keys.firstIndex(where: { $0.key.thumbprint == message.thumbprint }),
            account.keys[index].last == nil
        else { return .keyUnknown }
        guard account.keys.filter({ $0.last == nil }).count > 1 else { return .lastKey }
        guard message.last >= context.height else { return .keyEndInThePast }
        account.keys[index].last = message.last
        state.set(.account, AccountEntry.key(message.account), account.encoded())
        return .ok
    }
}
