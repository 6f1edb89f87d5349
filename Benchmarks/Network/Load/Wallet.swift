import Codec
import Cryptography
import Dispatch
import LedgerModel
import LedgerRuntime
import Synchronization

/// Accounts whose keys follow from their numbers, and what they sign.
///
/// For a network of tests alone: anybody can make these keys.
struct Wallet: Sendable {
    /// What each account has at the beginning.
    static let balance = Amount(1_000_000_000)
    static let fee = Amount(1)
    /// Within the ten minutes that the rules allow.
    static let validNanoseconds: UInt64 = 540_000_000_000

    let keys: [SigningKey]
    let accounts: [AccountID]

    init(count: Int) throws {
        keys = try (0..<count).map { index in
            try SigningKey(.edDSA, secret: SHA256.hash(Array("vivian network load \(index)".utf8)).bytes)
        }
        accounts = keys.map { AccountID($0.publicKey.thumbprint) }
    }

    /// Gives the accounts to a genesis, each with a balance, and asks for a fee.
    func fund(_ genesis: Genesis) -> Genesis {
        var funded = genesis
        funded.accounts += zip(accounts, keys).map { Genesis.Account(id: $0, keys: [$1.publicKey]) }
        funded.balances += accounts.map { Genesis.Balance(id: $0, amount: Self.balance) }
        funded.feeMinimum = Self.fee
        return funded
    }

    /// Signed transfers of one unit each, from every account in turn to another one; `first` tells those of several calls
    /// apart.
    func transfers(_ count: Int, from first: Int, on ledger: LedgerIdentity, now: UInt64) -> [[UInt8]] {
        let made = Mutex<[[UInt8]]>(Array(repeating: [], count: count))
        let portions = 64
        DispatchQueue.concurrentPerform(iterations: portions) { portion in
            for index in stride(from: portion, to: count, by: portions) {
                let bytes = transfer(first + index, on: ledger, now: now)
                made.withLock { $0[index] = bytes }
            }
        }
        return made.withLock { $0 }
    }

    private func transfer(_ number: Int, on ledger: LedgerIdentity, now: UInt64) -> [UInt8] {
        let (sender, turn) = (number % accounts.count, number / accounts.count)
        let receiver = (sender + 1 + turn % (accounts.count - 1)) % accounts.count
        let body = TransactionBody(
            // Each transfer of an account is another transaction.
            signers: [accounts[sender]], feePayer: accounts[sender],
            validUntil: now + Self.validNanoseconds + UInt64(turn),
            sequence: nil,
            messages: [
                .transfer(TransferMessage(from: accounts[sender], to: accounts[receiver], amount: Amount(1)))
            ], fee: Self.fee)
        guard let signed = try? SignedTransaction.sign(body, on: ledger, keys: [keys[sender]]) else {
            preconditionFailure("what we sign can be read")
        }
        return signed.encoded
    }

    /// Signatures that this machine checks in a second on all cores together, and the CPU that one takes: what each
    /// validator must do for each transaction, whatever else it saves.
    func measureChecks(of transfers: [[UInt8]], on ledger: LedgerIdentity, cores: Int) -> (
        perSecond: Double, cpu: Double
    ) {
        let sample = transfers.prefix(2_000).compactMap { try? SignedTransaction(decoding: $0, on: ledger) }
        let (began, cpu) = (Clock.steady, Clock.process)
        let rounds = 4
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
            for _ in 0..<rounds {
                for (index, transaction) in sample.enumerated() {
                    precondition(transaction.isSigned(at: 0, by: keys[index % keys.count].publicKey))
                }
            }
        }
        let count = Double(cores * rounds * sample.count)
        return (count / (Clock.steady - began), (Clock.process - cpu) / count)
    }
}
