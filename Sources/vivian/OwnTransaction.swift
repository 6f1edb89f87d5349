import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel
import LedgerRuntime

/// A transaction of the data folder's own account: signed here, handed to a gateway, followed into its block.
struct OwnTransaction {
    let genesis: Genesis
    let account: AccountID
    private let key: SigningKey

    /// How long a block may take before the command gives up waiting.
    static let waitSeconds = 60
    /// How long the ledger may still take the transaction up: half of what it allows (D5).
    static let validityNanoseconds: UInt64 = 300_000_000_000

    init(_ folder: DataFolder) throws {
        genesis = try folder.genesis()
        key = try folder.key("account")
        account = AccountID(key.publicKey.thumbprint)
    }

    /// Signs what is asked for with the least fee, and waits for the block that carries it out.
    /// - Throws: ``TransactionRefusal`` where it had no effect, or no block has it yet.
    func send(_ message: Message, over gateway: GatewayConnection) async throws -> TransactionAnswer {
        let body = TransactionBody(
            signers: [account], feePayer: account,
            validUntil: UInt64(Date().timeIntervalSince1970 * 1e9) + Self.validityNanoseconds, sequence: nil,
            messages: [message], fee: genesis.feeMinimum)
        let signed = try SignedTransaction.sign(body, on: genesis.ledger, keys: [key])
        let id = try await gateway.submit(signed.encoded).id
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.waitSeconds)
        while clock.now < end {
            let answer = try await gateway.transaction(id)
            if answer.isIncluded {
                guard answer.code == 0 else {
                    throw TransactionRefusal(description: "it had no effect: \(answer.log ?? "code unknown")")
                }
                return answer
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw TransactionRefusal(
            description: "transaction \(id) is in no block after a minute; `vivian tx show \(id)` tells when it is")
    }
}

/// Why a transaction of ours had no effect.
struct TransactionRefusal: GatewayRefusal {
    let description: String
}

/// An account as the command line names it: its id in hex, or the file of an installation's card.
enum AccountName {
    static func id(_ text: String) throws -> AccountID {
        if text.utf8.count == 64, let id = Hex.decode(text).flatMap({ AccountID($0) }) { return id }
        guard FileManager.default.fileExists(atPath: text) else {
            throw CommandFailure(
                "\(text) is no account: give its id, 64 lower-case hex digits, or the file of an installation's card")
        }
        return try ValidatorCard(file: text).account.id
    }

    /// ACCOUNT=AMOUNT.
    static func balance(_ text: String) throws -> Genesis.Balance {
        guard let sign = text.lastIndex(of: "="), let amount = Amount(decimal: String(text[text.index(after: sign)...]))
        else { throw CommandFailure("\(text) is not ACCOUNT=AMOUNT, with an amount in decimal digits") }
        return Genesis.Balance(id: try id(String(text[..<sign])), amount: amount)
    }
}
