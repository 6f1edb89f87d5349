import Cryptography
package import LedgerModel
import Proofs
import StateTree

/// A revision that continues another one (D23): for a ledger that its validators can decide no block of any more.
///
/// Nothing that the ledger holds changes but who its validators are: records, their log, balances and accounts stay, block
/// numbers go on, and under another chain id nothing that was signed for the old revision counts. The state says which
/// ledger it continues (store `upgrade`), so that statements made for that one still prove.
extension Genesis {
    /// The last block before this ledger's first: 0 unless it continues another one.
    package var base: Height { continues?.height ?? Height(0) }

    /// The genesis of the next revision of a ledger that ended at `head`, with its rules, fees and authority.
    ///
    /// `time` is in nanoseconds since 1970, after the last block's; `accounts` are of who may have none on the ledger yet.
    /// - Throws: `continuation`, where this is not a next revision of that state.
    package static func continuing(
        _ head: LedgerHead, _ state: LedgerState, time: UInt64, validators: [Validator], accounts: [Account]
    ) throws(GenesisFailure) -> Genesis {
        let block = BlockState(state)
        let chainID: ChainID
        do { chainID = try head.ledger.chainID.next } catch { throw .continuation("\(error)") }
        let authority = block.value(.params, ParameterKeys.authority).flatMap { AccountID($0) }
        let genesis = Genesis(
            chainID: chainID, time: time, rulesVersion: try rules(of: head, in: block).version,
            validators: validators, accounts: accounts, authority: authority, balances: [],
            feeMinimum: BankLedger.feeMinimum(in: block), continues: head)
        _ = try genesis.state(continuing: state)
        return genesis
    }

    /// The state before the first block of a revision: the one after the last block of the revision that it continues, with
    /// the new validators.
    ///
    /// - Throws: `continuation` where `old` is not that state, or the genesis does not fit it.
    package func state(continuing old: LedgerState) throws(GenesisFailure) -> LedgerState {
        guard let head = continues else { throw .continuation("this ledger continues no other one") }
        let block = BlockState(old)
        try check(head, block)
        var state = TransactionState(over: block)
        for account in accounts where state.value(.account, AccountEntry.key(account.id)) == nil {
            let entry = AccountEntry(keys: account.keys.map { KeyListing(key: $0, first: head.height, last: nil) })
            state.set(.account, AccountEntry.key(account.id), entry.encoded())
        }
        if let authority {
            guard state.value(.account, AccountEntry.key(authority)) != nil else {
                throw .continuation("the authority is no account of the ledger")
            }
            state.set(.params, ParameterKeys.authority, authority.bytes)
        } else {
            state.remove(.params, ParameterKeys.authority)
        }
        state.set(
            .upgrade, RevisionEntry.key(head.ledger.chainID.text),
            RevisionEntry(genesisHash: head.ledger.genesisHash, last: head.height).encoded())
        try ValidatorRegistry.continue(
            with: validators, making: try validatorSet(), after: head.height, state: &state)
        state.commit()
        do {
            return try LedgerState(try block.committed(block.sortedChanges()).forest)
        } catch {
            throw .state("\(error)")
        }
    }

    private func check(_ head: LedgerHead, _ old: BlockState) throws(GenesisFailure) {
        guard old.base.appHash == head.appHash else {
            throw .continuation(
                "the state has root \(old.base.appHash.hex), the new revision continues one of \(head.appHash.hex)")
        }
        guard let log = try? AnchorLedger.frontier(in: old), log.size == head.logSize, log.root == head.logRoot else {
            throw .continuation("the record log is not the one that the new revision continues")
        }
        guard rulesVersion == (try Self.rules(of: head, in: old)).version else {
            throw .continuation("rules is not the version in force")
        }
        guard feeMinimum == BankLedger.feeMinimum(in: old) else {
            throw .continuation("feeMinimum is not the one in force")
        }
    }

    private static func rules(of head: LedgerHead, in old: BlockState) throws(GenesisFailure) -> ProtocolRules {
        do { return try ProtocolRules.at(head.height.next, in: old) } catch { throw .continuation("\(error)") }
    }

    /// What a document of a revision that continues another must be by itself.
    func checkContinuation() throws(GenesisFailure) {
        guard let head = continues else { return }
        guard let next = try? head.ledger.chainID.next, next == chainID else {
            throw .continuation("\(chainID) is not the revision after \(head.ledger.chainID)")
        }
        guard balances.isEmpty else { throw .continuation("balances go on as they are") }
    }
}
