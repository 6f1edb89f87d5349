import Cryptography
import LedgerModel
import LedgerRuntime
import Proofs
import StateTree
import Testing

/// A made-up ledger of several accounts and validators under version 2 of the rules, advanced block by block.
struct NetworkFixture {
    var genesis: Genesis
    let keys: [SigningKey]
    var ledgerState: LedgerState
    var state: StoreForest { ledgerState.forest }
    private(set) var height: UInt64 = 0
    private(set) var time: UInt64 = 1_800_000_000_000_000_000
    private var counter: UInt64 = 0

    /// Account 0 is the authority.
    init(
        accounts: Int = 4, balance: UInt64 = 1_000, fee: UInt64 = 0, powers: [Int64] = [10, 10, 10, 10],
        rules: UInt64 = 2
    ) throws {
        keys = try (0..<accounts).map { try SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(50 + $0), count: 32)) }
        let ids = keys.map { AccountID($0.publicKey.thumbprint) }
        genesis = Genesis(
            chainID: try ChainID("grove-1"), time: time, rulesVersion: rules,
            validators: powers.enumerated().map { index, power in
                Genesis.Validator(
                    consensusKey: Self.consensusKey(index), power: power, operatorName: "operator \(index)",
                    receiptKey: Self.receiptKey(index))
            },
            accounts: zip(ids, keys).map { Genesis.Account(id: $0, keys: [$1.publicKey]) })
        if rules >= 2 {
            genesis.authority = ids[0]
            genesis.balances = balance == 0 ? [] : ids.map { Genesis.Balance(id: $0, amount: Amount(balance)) }
            genesis.feeMinimum = Amount(fee)
        }
        ledgerState = try genesis.state()
    }

    static func consensusKey(_ index: Int) -> [UInt8] { SHA256.hash([1, UInt8(index)]).bytes }
    static func receiptKey(_ index: Int) -> COSEKey { .ed25519(x: SHA256.hash([2, UInt8(index)]).bytes) }
    static func address(_ index: Int) -> Address { Address(ed25519: consensusKey(index)) }

    static func join(_ index: Int, power: Int64, receiptKey number: Int? = nil) -> ValidatorUpdate {
        .join(
            .init(
                consensusKey: consensusKey(index), power: power, operatorName: "operator \(index)",
                receiptKey: receiptKey(number ?? index)))
    }

    func id(_ index: Int) -> AccountID { AccountID(keys[index].publicKey.thumbprint) }
    func balance(_ index: Int) -> Amount { BankLedger.balance(of: id(index), in: BlockState(state)) }

    mutating func transaction(
        by index: Int, _ messages: [Message], fee: Amount = .zero, sequence: UInt64? = nil, validUntil: UInt64? = nil
    ) throws -> SignedTransaction {
        counter += 1
        return try SignedTransaction.sign(
            TransactionBody(
                signers: [id(index)], feePayer: id(index), validUntil: validUntil ?? time + 60_000_000_000 + counter,
                sequence: sequence, messages: messages, fee: fee), on: genesis.ledger, keys: [keys[index]])
    }

    mutating func transfer(_ from: Int, _ to: Int, _ amount: Amount, fee: Amount = .zero) throws -> SignedTransaction {
        try transaction(by: from, [.transfer(TransferMessage(from: id(from), to: id(to), amount: amount))], fee: fee)
    }

    mutating func update(_ updates: [ValidatorUpdate], by index: Int = 0, fee: Amount = .zero) throws
        -> SignedTransaction
    {
        try transaction(
            by: index, [.updateValidators(UpdateValidatorsMessage(authority: id(index), updates: updates))], fee: fee)
    }

    func misbehaviour(_ index: Int, height: UInt64, kind: ValidatorMisbehaviour.Kind = .duplicateVote)
        -> ValidatorMisbehaviour
    {
        ValidatorMisbehaviour(
            kind: kind, validator: Self.address(index), power: 10, height: Height(height),
            time: Timestamp(nanosecondsSince1970: time), totalPower: 40)
    }

    /// Executes one block and takes its state over.
    @discardableResult
    mutating func run(_ transactions: [SignedTransaction], misbehaviour: [ValidatorMisbehaviour] = []) throws
        -> BlockOutcome
    {
        let outcome = try execute(transactions.map(\.encoded), misbehaviour: misbehaviour)
        height += 1
        time += 1_000_000_000
        ledgerState = outcome.state
        return outcome
    }

    /// Executes the next block without taking its state over.
    func execute(
        _ transactions: [[UInt8]], misbehaviour: [ValidatorMisbehaviour] = [],
        checked: ([UInt8]) -> SignedTransaction? = { _ in nil }
    ) throws -> BlockOutcome {
        try BlockExecution.execute(
            transactions,
            context: BlockContext(
                height: Height(height + 1), time: Timestamp(nanosecondsSince1970: time + 1_000_000_000),
                proposer: Self.address(0), misbehaviour: misbehaviour),
            on: ledgerState, ledger: genesis.ledger, checked: checked)
    }

    /// Runs a block of these transactions, which must have these codes.
    mutating func expectCodes(
        of transactions: [SignedTransaction], _ wanted: [TransactionResult.Code],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let codes = try run(transactions).results.map(\.code)
        #expect(codes == wanted, sourceLocation: sourceLocation)
    }

    /// Balances of all accounts and fees.
    var total: Amount {
        keys.indices.map { balance($0) }.reduce(BankLedger.fees(in: BlockState(state))) { $0.adding($1)! }
    }
}
