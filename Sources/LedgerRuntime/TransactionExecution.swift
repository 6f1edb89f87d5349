package import LedgerModel

/// One transaction: a flat list of checks, then the writes of each message; all of them or none.
package enum TransactionExecution {
    /// Checks that need the state but no execution: for admission to the queue, and the first half of execution.
    ///
    /// Signatures are ``signaturesHold(_:height:in:)``'s matter.
    ///
    /// `sequencesAhead`: how many sequences of the account already wait in the queue; 0 in a block.
    package static func refusal(
        of transaction: SignedTransaction, height: Height, time: UInt64, rules: ProtocolRules,
        in state: some StateAccess, sequencesAhead: UInt64 = 0
    ) -> TransactionResult.Code? {
        let body = transaction.body
        guard rules.knows(body) else { return .notInTheseRules }
        guard body.messages.count <= rules.messagesMax else { return .tooManyMessages }
        for (signer, signature) in zip(body.signers, transaction.signatures) {
            guard let account = AccountLedger.entry(signer, in: state),
                AccountLedger.key(signature.thumbprint, of: account, at: height) != nil
            else { return .accountUnknown }
        }
        for message in body.messages where !body.signers.contains(message.account) { return .notTheSigner }
        if let sequence = body.sequence {
            guard let account = AccountLedger.entry(body.feePayer, in: state) else { return .accountUnknown }
            if body.validUntil <= time { return .expired }
            guard sequence >= account.sequence, sequence - account.sequence <= sequencesAhead else {
                return .sequenceMismatch
            }
        } else if let code = ReplayGuard(rules: rules).refusal(
            of: transaction.id, account: body.feePayer, validUntil: body.validUntil, at: time, in: state)
        {
            return code
        }
        return BankLedger.refusal(of: body, rules: rules, in: state)
    }

    /// Whether every signer's signature is by a key that his account lists for the height.
    package static func signaturesHold(_ transaction: SignedTransaction, height: Height, in state: some StateAccess)
        -> Bool
    {
        for (index, signer) in transaction.body.signers.enumerated() {
            guard let account = AccountLedger.entry(signer, in: state),
                let key = AccountLedger.key(transaction.signatures[index].thumbprint, of: account, at: height),
                transaction.isSigned(at: index, by: key)
            else { return false }
        }
        return true
    }

    /// Whether no signature is wrong: of a key that its account does not list, nothing is said.
    ///
    /// For blocks from version 2 of the rules on. What depends on the state is the refusal's alone, so that nodes that
    /// have checked a transaction before and nodes that have not say the same of a block.
    static func noSignatureIsWrong(
        _ transaction: SignedTransaction, height: Height, in state: some StateAccess
    ) -> Bool {
        for (index, signer) in transaction.body.signers.enumerated() {
            guard let account = AccountLedger.entry(signer, in: state),
                let key = AccountLedger.key(transaction.signatures[index].thumbprint, of: account, at: height)
            else { continue }
            guard transaction.isSigned(at: index, by: key) else { return false }
        }
        return true
    }

    /// Carries a transaction out on top of the block's state.
    static func execute(
        _ transaction: SignedTransaction, context: BlockContext, rules: ProtocolRules, work: inout BlockWork,
        block: BlockState
    ) -> TransactionResult {
        if let code = refusal(
            of: transaction, height: context.height, time: context.nanoseconds, rules: rules, in: block)
        {
            return TransactionResult(id: transaction.id, code: code)
        }
        work.vectors.beginTransaction()
        let before = work
        var state = TransactionState(over: block)
        useUp(transaction, rules: rules, in: &state)
        for message in transaction.body.messages {
            let code = apply(message, context: context, rules: rules, work: &work, state: &state)
            guard code == .ok else {
                work.takeBack(to: before)
                // The next block may have room for it, so it has not used its right to run.
                if code == .vectorGasBlock { return TransactionResult(id: transaction.id, code: code) }
                // What failed is remembered and paid for all the same: the same bytes cannot be tried again for free.
                var kept = TransactionState(over: block)
                useUp(transaction, rules: rules, in: &kept)
                kept.commit()
                return TransactionResult(id: transaction.id, code: code)
            }
        }
        state.commit()
        return TransactionResult(id: transaction.id, code: .ok)
    }

    /// Uses up the transaction's right to run, its sequence or its id until it expires, and its fee.
    private static func useUp(
        _ transaction: SignedTransaction, rules: ProtocolRules, in state: inout TransactionState
    ) {
        let body = transaction.body
        BankLedger.charge(body.fee, to: body.feePayer, in: &state)
        if body.sequence == nil {
            ReplayGuard(rules: rules).remember(
                transaction.id, account: body.feePayer, validUntil: body.validUntil, in: &state)
        } else if var account = AccountLedger.entry(body.feePayer, in: state) {
            account.sequence += 1
            state.set(.account, AccountEntry.key(body.feePayer), account.encoded())
        }
    }

    private static func apply(
        _ message: Message, context: BlockContext, rules: ProtocolRules, work: inout BlockWork,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        switch message {
        case .anchor(let anchor):
            AnchorLedger.apply(anchor, context: context, rules: rules, log: &work.log, state: &state)
        case .tombstone(let tombstone):
            AnchorLedger.apply(tombstone, context: context, state: &state)
        case .addKey(let addKey):
            AccountLedger.apply(addKey, context: context, rules: rules, state: &state)
        case .endKey(let endKey):
            AccountLedger.apply(endKey, context: context, state: &state)
        case .registerSchema(let schema):
            SchemaLedger.apply(schema, context: context, state: &state)
        case .transfer(let transfer):
            BankLedger.apply(transfer, state: &state)
        case .updateValidators(let update):
            ValidatorRegistry.apply(update, context: context, rules: rules, state: &state)
        case .createCollection, .putVectors, .deleteVectors, .publish, .withdraw:
            rules.vectors.map {
                apply(vectors: message, context: context, rules: $0, work: &work, state: &state)
            } ?? .notInTheseRules
        }
    }

    private static func apply(
        vectors message: Message, context: BlockContext, rules: VectorRules, work: inout BlockWork,
        state: inout TransactionState
    ) -> TransactionResult.Code {
        switch message {
        case .createCollection(let create):
            VectorLedger.apply(create, context: context, rules: rules, vectors: &work.vectors, state: &state)
        case .putVectors(let put):
            VectorLedger.apply(put, rules: rules, vectors: &work.vectors, state: state)
        case .deleteVectors(let delete):
            VectorLedger.apply(delete, rules: rules, vectors: &work.vectors, state: state)
        case .publish(let publish):
            RegistryLedger.apply(
                publish, context: context, rules: rules, vectors: &work.vectors, state: &state)
        case .withdraw(let withdraw):
            RegistryLedger.apply(
                withdraw, context: context, rules: rules, vectors: &work.vectors, state: &state)
        default: preconditionFailure("not about vectors")
        }
    }
}
