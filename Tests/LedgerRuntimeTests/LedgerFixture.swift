import Cryptography
import LedgerModel
import LedgerRuntime
import Proofs
import StateTree

/// A made-up ledger with one account, advanced block by block.
struct LedgerFixture {
    let genesis: Genesis
    let key: SigningKey
    let account: AccountID
    private(set) var ledgerState: LedgerState
    var state: StoreForest { ledgerState.forest }
    private(set) var height: UInt64 = 0
    private(set) var time: UInt64 = 1_800_000_000_000_000_000

    init(keyed seed: UInt8 = 7) throws {
        key = try SigningKey(.edDSA, secret: [UInt8](repeating: seed, count: 32))
        let consensus = try SigningKey(.edDSA, secret: [UInt8](repeating: 1, count: 32))
        guard case .ed25519(let consensusKey) = consensus.publicKey else { fatalError("an Ed25519 key") }
        account = AccountID(key.publicKey.thumbprint)
        genesis = Genesis(
            chainID: try ChainID("grove-1"), time: time, rulesVersion: 1,
            validators: [
                Genesis.Validator(
                    consensusKey: consensusKey, power: 10, operatorName: "grove", receiptKey: key.publicKey)
            ], accounts: [Genesis.Account(id: account, keys: [key.publicKey])])
        ledgerState = try genesis.state()
    }

    var ledger: LedgerIdentity { genesis.ledger }
    /// A moment within the validity that the rules allow.
    var soon: UInt64 { time + 60_000_000_000 }

    func transaction(
        _ messages: [Message], validUntil: UInt64? = nil, sequence: UInt64? = nil, signer: AccountID? = nil,
        key: SigningKey? = nil
    ) throws -> SignedTransaction {
        try SignedTransaction.sign(
            TransactionBody(
                signers: [signer ?? account], feePayer: signer ?? account, validUntil: validUntil ?? soon,
                sequence: sequence, messages: messages), on: ledger, keys: [key ?? self.key])
    }

    func anchor(first: UInt64, count: Int, salt: UInt8 = 0) -> Message {
        .anchor(
            AnchorMessage(
                issuer: account, first: first,
                records: (0..<count).map { index in
                    let rid = SHA256.hash([salt, UInt8(index >> 8), UInt8(index & 255)] + first.bytes)
                    return .init(rid: rid.bytes, statementHash: SHA256.hash(rid.bytes))
                }))
    }

    /// Executes one block and takes its state over.
    @discardableResult
    mutating func run(_ transactions: [SignedTransaction], after nanoseconds: UInt64 = 1_000_000_000) throws
        -> BlockOutcome
    {
        height += 1
        time += nanoseconds
        let outcome = try execute(transactions.map(\.encoded))
        ledgerState = outcome.state
        return outcome
    }

    /// Executes a block of these bytes without taking its state over.
    func execute(_ transactions: [[UInt8]]) throws -> BlockOutcome {
        let consensus = try SigningKey(.edDSA, secret: [UInt8](repeating: 1, count: 32))
        guard case .ed25519(let x) = consensus.publicKey else { fatalError("an Ed25519 key") }
        return try BlockExecution.execute(
            transactions,
            context: BlockContext(
                height: Height(height), time: Timestamp(nanosecondsSince1970: time), proposer: Address(ed25519: x)),
            on: ledgerState, ledger: ledger)
    }
}

extension UInt64 {
    var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }
}
