import Codec
package import Cryptography
package import LedgerModel
import Proofs
import StateTree

/// Where a ledger begins: everything that all its nodes must agree on before the first block.
///
/// Its one spelling is RFC 8785 JSON; the genesis hash is SHA-256 over those bytes, and is entry 0 of the record log.
///
/// | member | content |
/// |---|---|
/// | `format` | `"vivian-genesis/1"` |
/// | `chainId` | `name-N` (D1) |
/// | `time` | decimal nanoseconds since 1970: the time of the first header is later |
/// | `rules` | decimal version of `ProtocolRules` |
/// | `validators` | [{`consensusKey` base64 of 32 bytes, `power` decimal, `operator` text, `receiptKey` base64 of a COSE_Key}] |
/// | `accounts` | [{`id` hex of 32 bytes, `keys` [base64 of a COSE_Key]}] |
/// | `authority` | optional: hex of the id of the account that changes the validators |
/// | `balances` | optional, not empty: [{`amount` decimal above 0, `id` hex of 32 bytes}], no id twice |
/// | `feeMinimum` | optional: decimal above 0, the least fee of a transaction |
/// | `continues` | optional: where the revision before ended, whose state goes on (``LedgerHead``) |
///
/// Authority, balances and fee need rules of version 2 and name accounts that stand in `accounts`. A genesis without
/// balances makes a ledger without fees: there, anchoring is free. One that continues another revision has no balances,
/// repeats its rules, fee and authority, and lists accounts that the ledger may not have yet.
package struct Genesis: Equatable, Sendable {
    /// A validator from the first block on.
    package typealias Validator = ValidatorSeat

    /// An account from the first block on.
    package struct Account: Equatable, Sendable {
        package var id: AccountID
        package var keys: [COSEKey]

        package init(id: AccountID, keys: [COSEKey]) {
            self.id = id
            self.keys = keys
        }
    }

    /// What an account has before the first block.
    package struct Balance: Equatable, Sendable {
        package var id: AccountID
        package var amount: Amount

        package init(id: AccountID, amount: Amount) {
            self.id = id
            self.amount = amount
        }
    }

    package var chainID: ChainID
    /// Nanoseconds since 1970.
    package var time: UInt64
    package var rulesVersion: UInt64
    package var validators: [Validator]
    package var accounts: [Account]
    /// Who may change the validators; nil: nobody.
    package var authority: AccountID?
    package var balances: [Balance]
    /// The least fee of a transaction.
    package var feeMinimum: Amount
    /// Where the revision that this one continues ended.
    package var continues: LedgerHead?

    package init(
        chainID: ChainID, time: UInt64, rulesVersion: UInt64, validators: [Validator], accounts: [Account],
        authority: AccountID? = nil, balances: [Balance] = [], feeMinimum: Amount = .zero,
        continues: LedgerHead? = nil
    ) {
        self.chainID = chainID
        self.time = time
        self.rulesVersion = rulesVersion
        self.validators = validators
        self.accounts = accounts
        self.authority = authority
        self.balances = balances
        self.feeMinimum = feeMinimum
        self.continues = continues
    }

    static let format = "vivian-genesis/1"

    /// SHA-256 over ``encoded()``.
    package var hash: Digest { SHA256.hash(encoded()) }

    /// Chain id and genesis hash: what every statement and transaction is bound to.
    package var ledger: LedgerIdentity { LedgerIdentity(chainID: chainID, genesisHash: hash) }

    /// The validators in force in the first block.
    package func validatorSet() throws(GenesisFailure) -> ValidatorSet {
        do {
            return try ValidatorSet(
                members: validators.map { LedgerModel.Validator(publicKey: $0.consensusKey, votingPower: $0.power) })
        } catch {
            throw .validators("\(error)")
        }
    }

    /// The state before the first block: every store with its sentinels, accounts, registry, rules, and a log whose
    /// entry 0 is the genesis hash.
    ///
    /// - Throws: `continuation` where the ledger continues another one, whose state it needs: ``state(continuing:)``.
    package func state() throws(GenesisFailure) -> LedgerState {
        guard continues == nil else { throw .continuation("the state of the revision before is needed") }
        let block = BlockState(StoreForest(stores: StoreName.allCases.map(\.rawValue)))
        var state = TransactionState(over: block)
        state.set(ProtocolRules.store, ProtocolRules.key, ProtocolRules.genesisValue(version: rulesVersion))
        for account in accounts {
            let entry = AccountEntry(keys: account.keys.map { KeyListing(key: $0, first: Height(0), last: nil) })
            state.set(.account, AccountEntry.key(account.id), entry.encoded())
        }
        for validator in validators {
            let entry = ValidatorEntry(
                receiptKeys: [KeyListing(key: validator.receiptKey, first: Height(0), last: nil)],
                consensusKey: validator.consensusKey, operatorName: validator.operatorName)
            state.set(.staking, ValidatorEntry.key(Address(ed25519: validator.consensusKey)), entry.encoded())
        }
        ValidatorRegistry.write(try validatorSet(), to: &state)
        if let authority { state.set(.params, ParameterKeys.authority, authority.bytes) }
        try BankLedger.begin(with: balances, feeMinimum: feeMinimum, in: &state)
        AnchorLedger.begin(with: hash, in: &state)
        state.commit()
        do {
            return LedgerState(forest: try block.committed(block.sortedChanges()).forest, collections: [:])
        } catch {
            throw .state("\(error)")
        }
    }
}

/// Why a genesis document is refused.
package enum GenesisFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not JSON, not in its one spelling, or a member is missing or of another type.
    case malformed(String)
    /// The validators do not make a set.
    case validators(String)
    /// Authority, balances and least fee do not fit together, and why.
    case bank(String)
    /// It does not continue the revision before, and why.
    case continuation(String)
    /// The state could not be built.
    case state(String)

    package var description: String {
        switch self {
        case .malformed(let what): "malformed: \(what)"
        case .validators(let what): "validators: \(what)"
        case .bank(let what): "authority or balances: \(what)"
        case .continuation(let what): "continues: \(what)"
        case .state(let what): "its state cannot be built: \(what)"
        }
    }
}

extension Genesis {
    /// The document's one spelling.
    package func encoded() -> [UInt8] {
        var members: [JSON.Member] = [.init(name: "accounts", value: .array(accounts.map(\.json)))]
        if let authority { members.append(.init(name: "authority", value: .string(Hex.encode(authority.bytes)))) }
        if !balances.isEmpty { members.append(.init(name: "balances", value: .array(balances.map(\.json)))) }
        members.append(.init(name: "chainId", value: .string(chainID.text)))
        if let continues { members.append(.init(name: "continues", value: continues.json)) }
        if feeMinimum != .zero { members.append(.init(name: "feeMinimum", value: .string("\(feeMinimum)"))) }
        members += [
            .init(name: "format", value: .string(Self.format)),
            .init(name: "rules", value: .string(String(rulesVersion))),
            .init(name: "time", value: .string(String(time))),
            .init(name: "validators", value: .array(validators.map(\.json))),
        ]
        return JSON.object(members).serialized()
    }

    /// Reads a document.
    package init(decoding bytes: [UInt8]) throws(GenesisFailure) {
        let root: JSONNode
        do { root = try JSONDocument(parsing: bytes).root } catch { throw .malformed("\(error)") }
        guard root["format"]?.string == Self.format else { throw .malformed("format is not \(Self.format)") }
        guard let chainText = root["chainId"]?.string, let chainID = try? ChainID(chainText) else {
            throw .malformed("chainId")
        }
        guard let time = root["time"]?.string.flatMap(UInt64.init) else { throw .malformed("time") }
        guard let rules = root["rules"]?.string.flatMap(UInt64.init) else { throw .malformed("rules") }
        var validators: [Validator] = []
        for node in root["validators"].map({ Array($0.elements) }) ?? [] {
            guard let key = node["consensusKey"]?.string.flatMap(Base64.decode), key.count == 32,
                let power = node["power"]?.string.flatMap(Int64.init), let name = node["operator"]?.string,
                let receiptKey = Self.key(node["receiptKey"])
            else { throw .malformed("validators") }
            validators.append(
                Validator(consensusKey: key, power: power, operatorName: name, receiptKey: receiptKey))
        }
        var accounts: [Account] = []
        for node in root["accounts"].map({ Array($0.elements) }) ?? [] {
            guard let id = node["id"]?.string.flatMap(Hex.decode).flatMap({ AccountID($0) }), let keys = node["keys"]
            else { throw .malformed("accounts") }
            var list: [COSEKey] = []
            for item in keys.elements {
                guard let key = Self.key(item) else { throw .malformed("accounts") }
                list.append(key)
            }
            accounts.append(Account(id: id, keys: list))
        }
        self.init(
            chainID: chainID, time: time, rulesVersion: rules, validators: validators, accounts: accounts,
            authority: try Self.authority(root["authority"]), balances: try Self.balances(root["balances"]),
            feeMinimum: try Self.amount(root["feeMinimum"]), continues: try Self.head(root["continues"]))
        try checkBank()
        try checkContinuation()
        guard encoded() == bytes else { throw .malformed("not in its one spelling (RFC 8785)") }
    }

    private static func key(_ node: JSONNode?) -> COSEKey? {
        guard let bytes = node?.string.flatMap(Base64.decode), let cbor = try? CBOR.decode(bytes) else { return nil }
        return try? COSEKey(cbor: cbor)
    }
}

extension Genesis {
    private static func authority(_ node: JSONNode?) throws(GenesisFailure) -> AccountID? {
        guard let node else { return nil }
        guard let id = node.string.flatMap(Hex.decode).flatMap({ AccountID($0) }) else { throw .malformed("authority") }
        return id
    }

    private static func balances(_ node: JSONNode?) throws(GenesisFailure) -> [Balance] {
        var balances: [Balance] = []
        for item in node.map({ Array($0.elements) }) ?? [] {
            guard let id = item["id"]?.string.flatMap(Hex.decode).flatMap({ AccountID($0) }),
                let amount = item["amount"]?.string.flatMap({ Amount(decimal: $0) })
            else { throw .malformed("balances") }
            balances.append(Balance(id: id, amount: amount))
        }
        return balances
    }

    private static func amount(_ node: JSONNode?) throws(GenesisFailure) -> Amount {
        guard let node else { return .zero }
        guard let amount = node.string.flatMap({ Amount(decimal: $0) }) else { throw .malformed("feeMinimum") }
        return amount
    }

    private static func head(_ node: JSONNode?) throws(GenesisFailure) -> LedgerHead? {
        guard let node else { return nil }
        guard let head = LedgerHead(node) else { throw .malformed("continues") }
        return head
    }

    /// Authority, balances and least fee are of accounts that exist, and somebody can pay.
    private func checkBank() throws(GenesisFailure) {
        guard rulesVersion >= 2 || (authority == nil && balances.isEmpty && feeMinimum == .zero) else {
            throw .bank("they need version 2 of the rules")
        }
        // What goes on was checked by the first revision's genesis.
        guard continues == nil else { return }
        let known = Set(accounts.map(\.id))
        if let authority, !known.contains(authority) { throw .bank("the authority is no account") }
        guard Set(balances.map(\.id)).count == balances.count else { throw .bank("an account has two balances") }
        for balance in balances {
            guard balance.amount > .zero else { throw .bank("a balance is 0: leave it out") }
            guard known.contains(balance.id) else { throw .bank("a balance is of no account") }
        }
        guard feeMinimum == .zero || balances.contains(where: { $0.amount >= feeMinimum }) else {
            throw .bank("nobody can pay the fee")
        }
        _ = try BankLedger.supply(of: balances)
    }
}

extension Genesis.Balance {
    var json: JSON {
        .object([
            .init(name: "amount", value: .string("\(amount)")),
            .init(name: "id", value: .string(Hex.encode(id.bytes))),
        ])
    }
}

extension Genesis.Account {
    var json: JSON {
        .object([
            .init(name: "id", value: .string(Hex.encode(id.bytes))),
            .init(name: "keys", value: .array(keys.map { .string(Base64.encode($0.encoded)) })),
        ])
    }
}

extension Genesis.Validator {
    var json: JSON {
        .object([
            .init(name: "consensusKey", value: .string(Base64.encode(consensusKey))),
            .init(name: "operator", value: .string(operatorName)),
            .init(name: "power", value: .string(String(power))),
            .init(name: "receiptKey", value: .string(Base64.encode(receiptKey.encoded))),
        ])
    }
}
