import Codec
import LedgerModel

/// Remembers the unordered transactions of each account until they expire (D5), in windows of
/// `ProtocolRules.replayWindow`: an expired window is ignored on read and deleted by the next block that has work (D2).
///
/// Keys and values: see the table at the head of this module.
struct ReplayGuard {
    static let store = StoreName.account
    static let windowsKey = Array("windows".utf8)
    let rules: ProtocolRules

    private static let entriesPrefix = Array("replay/".utf8)

    static func windowKey(_ window: UInt64) -> [UInt8] { Array("window/".utf8) + window.bigEndianBytes }
    /// Entries are spread over 256 keys by the first byte of the id, so that each stays short.
    static func entriesKey(_ account: some Sequence<UInt8>, _ window: UInt64, shard: UInt8) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(entriesPrefix.count + 32 + 8 + 1)
        key += entriesPrefix
        key += account
        key += window.bigEndianBytes
        key.append(shard)
        return key
    }

    /// Why an unordered transaction may not run, or nil.
    func refusal(
        of id: TransactionID, account: AccountID, validUntil: UInt64, at time: UInt64, in state: some StateAccess
    ) -> TransactionResult.Code? {
        if validUntil <= time { return .expired }
        if validUntil - time > rules.expiryAheadMax { return .expiryTooFar }
        let window = validUntil / rules.replayWindow
        let entries = state.value(Self.store, Self.entriesKey(account.bytes, window, shard: id.bytes[0])) ?? []
        if entries.count >= rules.replayEntriesMax * 32 { return .tooManyPending }
        return Self.position(of: id.bytes, in: entries).found ? .duplicate : nil
    }

    /// Remembers a transaction that passed ``refusal(of:account:validUntil:at:in:)``.
    func remember(_ id: TransactionID, account: AccountID, validUntil: UInt64, in state: inout some StateAccess) {
        let window = validUntil / rules.replayWindow
        Self.insert(id.bytes, under: Self.entriesKey(account.bytes, window, shard: id.bytes[0]), in: &state)
        Self.insert(account.bytes, under: Self.windowKey(window), in: &state)
        Self.insert(window.bigEndianBytes, under: Self.windowsKey, in: &state)
    }

    /// Deletes the windows that have wholly expired.
    func deleteExpired(at time: UInt64, in state: inout some StateAccess) {
        guard let windows = state.value(Self.store, Self.windowsKey) else { return }
        var rest = windows[...]
        while rest.count >= 8 {
            let window = UInt64(bigEndianBytes: rest.prefix(8))
            guard (window + 1) * rules.replayWindow <= time else { break }
            let accounts = state.value(Self.store, Self.windowKey(window)) ?? []
            for start in stride(from: 0, to: accounts.count, by: 32) {
                for shard in UInt8.min...UInt8.max {
                    let key = Self.entriesKey(accounts[start..<start + 32], window, shard: shard)
                    if state.value(Self.store, key) != nil { state.remove(Self.store, key) }
                }
            }
            state.remove(Self.store, Self.windowKey(window))
            rest = rest.dropFirst(8)
        }
        guard rest.count != windows.count else { return }
        if rest.isEmpty {
            state.remove(Self.store, Self.windowsKey)
        } else {
            state.set(Self.store, Self.windowsKey, Array(rest))
        }
    }

    /// Puts an item into a list of equally long items in rising order, once.
    private static func insert(_ item: [UInt8], under key: [UInt8], in state: inout some StateAccess) {
        var list = state.value(store, key) ?? []
        let (offset, found) = position(of: item, in: list)
        guard !found else { return }
        list.insert(contentsOf: item, at: offset)
        state.set(store, key, list)
    }

    /// Where an item stands, or would stand, in a list of equally long items in rising order.
    private static func position(of item: [UInt8], in list: [UInt8]) -> (offset: Int, found: Bool) {
        var low = 0
        var high = list.count / item.count
        while low < high {
            let middle = (low + high) / 2
            let other = list[middle * item.count..<(middle + 1) * item.count]
            if other.elementsEqual(item) { return (middle * item.count, true) }
            if other.lexicographicallyPrecedes(item) { low = middle + 1 } else { high = middle }
        }
        return (low * item.count, false)
    }

}
