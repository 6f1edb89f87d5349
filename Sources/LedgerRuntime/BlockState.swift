package import LedgerModel
package import StateTree

/// The state that a block is executed on: a forest and the writes so far.
///
/// Reads see the writes.
///
/// A class, so that transactions on top of it do not copy what the block has written.
package final class BlockState: StateAccess {
    package let base: StoreForest
    private(set) var writes: [StateKey: [UInt8]?] = [:]
    /// What was read of the base: a block reads most of its keys several times, and each time the tree makes a copy.
    private var reads: [StateKey: [UInt8]?] = [:]
    private let remembersReads: Bool

    /// `remembersReads`: for a block's execution; whoever else reads asks for most keys once.
    package init(_ base: StoreForest, remembersReads: Bool = false) {
        self.base = base
        self.remembersReads = remembersReads
    }

    package convenience init(_ state: LedgerState) { self.init(state.forest) }

    package func value(_ store: StoreName, _ key: [UInt8]) -> [UInt8]? {
        if !remembersReads, writes.isEmpty { return base.value(store.rawValue, key) }
        return value(StateKey(store, key))
    }

    func value(_ key: StateKey) -> [UInt8]? {
        if let written = writes[key] { return written }
        return valueBefore(key)
    }

    /// What stood there before the block.
    func valueBefore(_ key: StateKey) -> [UInt8]? {
        if let read = reads[key] { return read }
        let value = base.value(key.store.rawValue, key.bytes)
        if remembersReads { reads.updateValue(value, forKey: key) }
        return value
    }

    package func set(_ store: StoreName, _ key: [UInt8], _ value: [UInt8]) {
        precondition(!value.isEmpty, "empty values cannot be proven")
        writes[StateKey(store, key)] = .some(value)
    }

    package func remove(_ store: StoreName, _ key: [UInt8]) { writes.updateValue(nil, forKey: StateKey(store, key)) }

    /// Takes over the writes of a transaction that succeeded.
    func take(_ changes: [StateKey: [UInt8]?]) { writes.merge(changes) { _, new in new } }

    /// The writes in the order of stores and keys, which is the same on every machine.
    package func sortedChanges() -> [StoreChanges] {
        let rows = Dictionary(grouping: writes, by: \.key.store)
        return StoreName.allCases.compactMap { store in
            guard let rows = rows[store] else { return nil }
            let changes = rows.map { (key: $0.key.bytes, value: $0.value) }.sorted {
                $0.key.lexicographicallyPrecedes($1.key)
            }
            return StoreChanges(store: store, changes: changes)
        }
    }

    /// The forest with the writes applied, as ``sortedChanges()`` lists them.
    package func committed(_ changes: [StoreChanges]) throws(RuntimeFailure) -> ForestUpdate {
        do {
            return try base.updated(
                by: changes.map { (store: $0.store.rawValue, changes: $0.changes) })
        } catch {
            throw .tree("\(error)")
        }
    }
}

/// The changes of one store, by rising key; a nil value removes the key.
package struct StoreChanges: Sendable {
    package let store: StoreName
    package let changes: [(key: [UInt8], value: [UInt8]?)]
}

/// The state as one transaction sees it: what it writes reaches the block only if all of it succeeds.
struct TransactionState: StateAccess {
    /// A transfer writes as many: both balances, fees, and up to three lists of the replay guard.
    private static let writesReserved = 6

    let block: BlockState
    private(set) var writes: [StateKey: [UInt8]?]

    init(over block: BlockState) {
        self.block = block
        writes = Dictionary(minimumCapacity: Self.writesReserved)
    }

    func value(_ store: StoreName, _ key: [UInt8]) -> [UInt8]? {
        let key = StateKey(store, key)
        if let written = writes[key] { return written }
        return block.value(key)
    }

    mutating func set(_ store: StoreName, _ key: [UInt8], _ value: [UInt8]) {
        writes[StateKey(store, key)] = .some(value)
    }

    mutating func remove(_ store: StoreName, _ key: [UInt8]) { writes.updateValue(nil, forKey: StateKey(store, key)) }

    /// Hands the writes to the block.
    consuming func commit() { block.take(writes) }
}
