import Cryptography

/// What an account has: store `bank`, key `balance/` || account id (32 bytes) || `/` || denom, value `Amount` (32 bytes).
///
/// A balance of zero has no entry.
package enum BankKeys {
    static let balancePrefix = Array("balance/".utf8)

    package static func balance(_ account: AccountID, denom: String = NativeDenom.name) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(balancePrefix.count + Digest.byteCount + 1 + denom.utf8.count)
        key += balancePrefix
        key += account.bytes
        key.append(UInt8(ascii: "/"))
        key += denom.utf8
        return key
    }

    /// Fees that were paid and that nobody was given yet, `Amount`; left out while there are none.
    package static func fees(denom: String = NativeDenom.name) -> [UInt8] { Array("fees/\(denom)".utf8) }

    /// Balances and fees together, `Amount`: written by genesis, constant.
    package static func supply(denom: String = NativeDenom.name) -> [UInt8] { Array("supply/\(denom)".utf8) }

    /// The amount that a value says; zero where there is none.
    package static func amount(_ value: [UInt8]?) -> Amount { value.flatMap { Amount($0) } ?? .zero }
}

/// Parameters of the ledger that genesis writes: store `params`.
package enum ParameterKeys {
    /// The least fee of a transaction, `Amount`; left out where transactions are free.
    package static let feeMinimum = Array("fee".utf8)
    /// The account whose transactions change the validators, 32 bytes; left out where nobody may.
    package static let authority = Array("authority".utf8)
}
