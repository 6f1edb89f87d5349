import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree

/// The ledger that a simulation runs: a real genesis, real execution, transactions of a few accounts.
struct SimulatedLedger {
    let genesis: Genesis
    let identity: LedgerIdentity
    let state: LedgerState
    let plan: SetPlan

    private static let accountKeys = Identity.all.suffix(3).map(\.key)

    init(plan: SetPlan) throws {
        self.plan = plan
        genesis = Genesis(
            chainID: try ChainID("grove-1"), time: SimulatedClock.epoch - second, rulesVersion: 1,
            validators: plan.genesis.members.map {
                Genesis.Validator(
                    consensusKey: $0.publicKey.ed25519!, power: $0.votingPower, operatorName: "grove",
                    receiptKey: Self.accountKeys[0].publicKey)
            },
            accounts: Self.accountKeys.map {
                Genesis.Account(id: AccountID($0.publicKey.thumbprint), keys: [$0.publicKey])
            })
        identity = genesis.ledger
        state = try genesis.state()
    }

    /// Before the first block.
    var beginning: ChainTip {
        ChainTip(
            ledger: identity, height: 0, time: Timestamp(nanosecondsSince1970: genesis.time), blockID: BlockID(),
            commit: Commit(), appHash: state.forest.appHash, resultsHash: TransactionResult.root(of: []),
            validators: ValidatorSchedule(genesis: plan.genesis))
    }

    /// Executes a block; nil where nobody may vote for it.
    func execute(_ block: Block, on state: LedgerState, isVerified: Bool) -> BlockOutcome? {
        guard let proposer = Address(block.header.proposer) else { return nil }
        return try? BlockExecution.execute(
            block.transactions,
            context: BlockContext(
                height: Height(UInt64(block.header.height)), time: block.header.time, proposer: proposer),
            on: state, ledger: identity,
            checked: { isVerified ? try? SignedTransaction(decoding: $0, on: identity) : nil })
    }

    /// What the next header needs of an outcome.
    func result(_ outcome: BlockOutcome) -> ExecutionResult {
        ExecutionResult(
            appHash: outcome.appHash, resultsHash: outcome.resultsHash,
            nextValidators: plan.named(by: Int64(outcome.context.height.value)), changesState: outcome.changesState)
    }

    /// The transaction of a number: an anchor of one record, or one that the state refuses.
    func transaction(_ number: Int, validUntil: UInt64) -> [UInt8] {
        let key = Self.accountKeys[number % Self.accountKeys.count]
        let account = AccountID(key.publicKey.thumbprint)
        let rid = SHA256.hash([UInt8(number & 255), UInt8(number >> 8 & 255)])
        let anchor = AnchorMessage(
            issuer: account, first: UInt64(number / Self.accountKeys.count),
            records: [.init(rid: rid.bytes, statementHash: SHA256.hash(rid.bytes))])
        let body = TransactionBody(
            signers: [account], feePayer: account, validUntil: validUntil, sequence: nil, messages: [.anchor(anchor)])
        guard let signed = try? SignedTransaction.sign(body, on: identity, keys: [key]) else {
            preconditionFailure("a transaction of the simulation can be signed")
        }
        return signed.encoded
    }
}
