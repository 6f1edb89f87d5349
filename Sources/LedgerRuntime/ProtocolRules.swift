import Codec
package import LedgerModel

/// The rules in force at a height (D21): limits and predicates that every node must share.
///
/// Which version holds where is state (`params/rules`), so replay of old blocks uses the rules of their time.
package struct ProtocolRules: Equatable, Sendable {
    /// The version's number, from 1.
    package let version: UInt64
    /// Largest transaction, in bytes.
    ///
    /// A batch of 10,000 records needs 0.7 MB.
    package let transactionBytesMax: Int
    /// Largest sum of a block's transactions, in bytes.
    package let blockTransactionBytesMax: Int
    /// Records in one anchor message.
    package let anchorRecordsMax: Int
    /// Messages in one transaction.
    package let messagesMax: Int
    /// How far ahead of the block's time an unordered transaction may expire, in nanoseconds (D5: 10 minutes).
    package let expiryAheadMax: UInt64
    /// Width of a replay window, in nanoseconds: entries are deleted window by window.
    package let replayWindow: UInt64
    /// Unordered transactions of one account in one window whose ids share their first byte.
    package let replayEntriesMax: Int
    /// Keys that one account may list over its life.
    package let accountKeysMax: Int
    /// Collections of vectors; nil where there are none.
    package let vectors: VectorRules?

    package static let version1 = ProtocolRules(
        version: 1, transactionBytesMax: 1 << 20, blockTransactionBytesMax: 4 << 20, anchorRecordsMax: 10_000,
        messagesMax: 16, expiryAheadMax: 600_000_000_000, replayWindow: 60_000_000_000, replayEntriesMax: 256,
        accountKeysMax: 64, vectors: nil)

    /// Adds to version 1 fees and transfers of the native denom, validator sets that change, and misbehaviour; and a
    /// transaction whose key is not listed any more is refused by the state, not a reason to reject the block.
    package static let version2 = ProtocolRules(
        version: 2, transactionBytesMax: 1 << 20, blockTransactionBytesMax: 4 << 20, anchorRecordsMax: 10_000,
        messagesMax: 16, expiryAheadMax: 600_000_000_000, replayWindow: 60_000_000_000, replayEntriesMax: 256,
        accountKeysMax: 64, vectors: nil)

    /// Adds to version 2 collections of vectors.
    package static let version3 = ProtocolRules(
        version: 3, transactionBytesMax: 1 << 20, blockTransactionBytesMax: 4 << 20, anchorRecordsMax: 10_000,
        messagesMax: 16, expiryAheadMax: 600_000_000_000, replayWindow: 60_000_000_000, replayEntriesMax: 256,
        accountKeysMax: 64, vectors: .version3)

    /// Every version that this binary can execute.
    package static let known: [ProtocolRules] = [.version1, .version2, .version3]
    /// What new ledgers begin with.
    package static let newest = ProtocolRules.version3

    /// Whether fees, validator updates and misbehaviour count.
    var isNetwork: Bool { version >= 2 }

    /// Whether all that a transaction says has a meaning under these rules.
    func knows(_ body: TransactionBody) -> Bool { body.rulesVersionMin <= version }

    static let store = StoreName.params
    static let key = Array("rules".utf8)

    /// The rules for a height.
    /// - Throws: `unknownRules` where the ledger asks for a version that this binary lacks: it must be upgraded.
    package static func at(_ height: Height, in state: some StateAccess) throws(RuntimeFailure) -> ProtocolRules {
        guard let bytes = state.value(store, key), let rows = (try? CBOR.decode(bytes))?.array else {
            throw .damagedState("params/rules")
        }
        var version: UInt64?
        for row in rows {
            guard let fields = row.array, fields.count == 2, let first = fields[0].unsigned,
                let number = fields[1].unsigned
            else { throw .damagedState("params/rules") }
            if first <= height.value { version = number }
        }
        guard let version, let rules = known.first(where: { $0.version == version }) else {
            throw .unknownRules(version: version ?? 0)
        }
        return rules
    }

    /// The state value that puts one version in force from the first block on.
    static func genesisValue(version: UInt64) -> [UInt8] {
        CBOR.array([.array([.unsigned(0), .unsigned(version)])]).encoded()
    }
}

/// What stops the state transition itself: our state or our binary is wrong, not the block.
package enum RuntimeFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value that only the ledger writes does not read back.
    case damagedState(String)
    /// The ledger is at rules that this binary does not have.
    case unknownRules(version: UInt64)
    /// The block is not one that any honest proposer makes, and why: nobody may vote for it.
    case invalidBlock(String)
    /// The tree refused a change, which our own checks should have prevented.
    case tree(String)
    /// After a block something did not hold that always must, and what.
    case brokenInvariant(String)

    package var description: String {
        switch self {
        case .damagedState(let what): "a value in its state is damaged: \(what)"
        case .unknownRules(let version):
            "it is at rules \(version), which this version of vivian does not have; install a newer one"
        case .invalidBlock(let what): "a block is not one that an honest proposer makes: \(what)"
        case .tree(let what): "its state tree refused a change: \(what)"
        case .brokenInvariant(let what): "an invariant of its state is broken: \(what)"
        }
    }
}
