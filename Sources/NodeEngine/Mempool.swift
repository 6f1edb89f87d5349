import LedgerModel

/// Transactions that wait for a block, by what they pay for a byte, then in the order in which they came.
///
/// A value without clocks: the host asks for refusals before it inserts and tells it what was included.
///
/// - An account's numbered transactions (a sequence, or the numbers of its anchors) keep their order, whatever they pay.
/// - A full pool lets in only what pays more for a byte than the cheapest, which leaves: the last of a numbered row, never
///   one that others of its row stand behind. What is free pushes nobody out.
/// - No account holds more than a share, nor more fees than it can pay.
struct Mempool: Sendable {
    /// What the pool holds at most.
    struct Limits: Sendable {
        /// Waiting transactions: what a burst of some seconds brings.
        var countMax = 20_000
        /// Waiting bytes.
        var bytesMax = 64 << 20
        /// Transactions of one fee payer: a quarter, so that one alone cannot fill the pool.
        var accountCountMax = 5_000
        /// Bytes of one fee payer.
        var accountBytesMax = 16 << 20
        /// Transactions passed over while a block is filled, because they are larger than what is left of it.
        var skipsMax = 64
    }

    private struct Entry {
        var item: Item
        var rate: UInt128
        var arrival: UInt64

        /// The best first.
        var rank: Rank { Rank(major: .max - rate, minor: arrival, arrival: arrival) }
        /// The cheapest first, of equal ones the youngest.
        var cheapness: Rank { Rank(major: rate, minor: .max - arrival, arrival: arrival) }
        var expiry: Rank { Rank(major: UInt128(item.validUntil), minor: arrival, arrival: arrival) }

        func position(_ number: UInt64) -> Rank { Rank(major: UInt128(number), minor: arrival, arrival: arrival) }
    }

    /// Where an entry stands in an order.
    fileprivate struct Rank: Comparable, Hashable, Sendable {
        var major: UInt128
        var minor: UInt64
        /// Of the entry; the order does not look at it.
        var arrival: UInt64

        static func < (left: Rank, right: Rank) -> Bool {
            left.major != right.major ? left.major < right.major : left.minor < right.minor
        }
    }

    /// What of one payer waits.
    fileprivate struct Share {
        var count = 0
        var byteCount = 0
        var fees = Amount.zero
    }

    let limits: Limits
    private var entries: [UInt64: Entry] = [:]
    private var arrivals: [TransactionID: UInt64] = [:]
    private var shares: [AccountID: Share] = [:]
    /// Each row by number; no number twice.
    private var rows: [Item.Row: OrderedRuns<Rank>] = [:]
    /// What a block may take next: all but those that stand behind another of their row.
    private var ready = OrderedRuns<Rank>()
    /// What may leave: all but those that another of their row stands behind.
    private var evictable = OrderedRuns<Rank>()
    private var expiries = OrderedRuns<Rank>()
    private var byteCount = 0
    private var arrivalNext: UInt64 = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    func contains(_ id: TransactionID) -> Bool { arrivals[id] != nil }

    /// How many sequences of an account wait: so far ahead of the state its next one may be.
    func sequenceCount(of account: AccountID) -> UInt64 { UInt64(rows[.sequences(account)]?.count ?? 0) }

    /// Takes a transaction that admission let pass.
    ///
    /// `balance`: what the fee payer has; nil where nobody asks.
    mutating func insert(_ item: Item, balance: Amount? = nil) -> Insertion {
        guard arrivals[item.id] == nil else { return .known }
        let entry = Entry(item: item, rate: Self.rate(of: item), arrival: arrivalNext)
        let replaced = sameNumber(as: item)
        if let replaced, replaced.rate >= entry.rate { return .refused(.outbid) }
        if replaced == nil, !continuesRow(item) { return .refused(.sequenceGap) }
        if let refusal = refusalOfShare(item, replaced: replaced, balance: balance) { return .refused(refusal) }
        guard let victims = leaving(for: entry, replaced: replaced) else { return .refused(.full) }
        for victim in victims { unlink(victim) }
        arrivalNext += 1
        link(entry)
        return .inserted(evicted: victims.map(\.item.id))
    }

    /// The transactions for the next block, the best paying first, up to a number of bytes.
    ///
    /// - Complexity: O(k log n) for the k that are taken.
    func next(bytesMax: Int) -> [Item] {
        var room = bytesMax
        var skips = 0
        var items: [Item] = []
        walk(ready, by: \.rank, thenTo: { self.neighbour($0, { $0.next(after: $1) }) }) { entry in
            guard entry.item.bytes.count <= room else {
                skips += 1
                return skips <= limits.skipsMax ? .skip : .stop
            }
            room -= entry.item.bytes.count
            items.append(entry.item)
            return .take
        }
        return items
    }

    /// Forgets what a block included or what can never be included any more.
    mutating func remove(_ ids: some Sequence<TransactionID>) {
        for id in ids { if let entry = entry(id) { unlink(entry) } }
    }

    /// Ids of transactions that have expired, and of those that stand behind them in their rows.
    func expired(at time: UInt64) -> [TransactionID] {
        var ids: [TransactionID] = []
        var seen = Set<UInt64>()
        for expiry in expiries {
            guard expiry.major <= UInt128(time) else { break }
            var next = entries[expiry.arrival]
            while let entry = next, seen.insert(entry.arrival).inserted {
                ids.append(entry.item.id)
                next = neighbour(entry) { $0.next(after: $1) }
            }
        }
        return ids
    }

    /// Ids of sequenced transactions of an account that another one of the same sequence came before.
    func outrun(_ account: AccountID, next sequence: UInt64) -> [TransactionID] {
        (rows[.sequences(account)] ?? OrderedRuns()).prefix(while: { $0.major < UInt128(sequence) })
            .compactMap { entries[$0.arrival]?.item.id }
    }

    // MARK: Checks

    /// What a byte pays, in 2^-24 units; amounts above 2^96 count as that.
    private static func rate(of item: Item) -> UInt128 {
        let fee = min(item.fee.clamped, 1 << 96)
        return (fee << 24) / UInt128(max(item.bytes.count, 1))
    }

    private func entry(_ id: TransactionID) -> Entry? { arrivals[id].flatMap { entries[$0] } }

    private func sameNumber(as item: Item) -> Entry? {
        guard let place = item.place,
            let found = rows[place.row]?.first(atOrAbove: Rank(major: UInt128(place.number), minor: 0, arrival: 0)),
            found.major == UInt128(place.number)
        else { return nil }
        return entries[found.arrival]
    }

    private func continuesRow(_ item: Item) -> Bool {
        guard let place = item.place, case .sequences = place.row, let last = rows[place.row]?.last else { return true }
        return UInt128(place.number) == last.major + 1
    }

    private func refusalOfShare(_ item: Item, replaced: Entry?, balance: Amount?) -> Refusal? {
        var share = shares[item.payer] ?? Share()
        if let replaced, replaced.item.payer == item.payer { share.take(away: replaced.item) }
        guard share.count < limits.accountCountMax, share.byteCount + item.bytes.count <= limits.accountBytesMax
        else { return .accountFull }
        guard let fees = share.fees.adding(item.fee), item.fee == .zero || fees <= balance ?? .max else {
            return .feesExceedBalance
        }
        return nil
    }

    /// Who must leave so that an entry fits, or nil where that would push out what pays as much.
    private func leaving(for entry: Entry, replaced: Entry?) -> [Entry]? {
        var victims = replaced.map { [$0] } ?? []
        var count = entries.count + 1 - victims.count
        var bytes = byteCount + entry.item.bytes.count - (replaced?.item.bytes.count ?? 0)
        func fits() -> Bool { count <= limits.countMax && bytes <= limits.bytesMax }
        if fits() { return victims }
        walk(evictable, by: \.cheapness, thenTo: { self.neighbour($0, { $0.previous(before: $1) }) }) { other in
            guard !fits(), other.rate < entry.rate else { return .stop }
            // It would leave a gap before itself.
            if let row = entry.item.place?.row, other.item.place?.row == row { return .skip }
            victims.append(other)
            count -= 1
            bytes -= other.item.bytes.count
            return .take
        }
        return fits() ? victims : nil
    }

    // MARK: Orders

    private enum Step { case take, skip, stop }

    /// Visits entries in an order; who is taken lets the one beside it in its row come up.
    private func walk(
        _ start: OrderedRuns<Rank>, by rank: (Entry) -> Rank, thenTo beside: (Entry) -> Entry?,
        visit: (Entry) -> Step
    ) {
        var known = start.makeIterator()
        var ahead = known.next()
        var uncovered = OrderedRuns<Rank>()
        var entriesUncovered: [Rank: Entry] = [:]
        while true {
            let entry: Entry
            if let first = uncovered.first, ahead.map({ first < $0 }) ?? true, let found = entriesUncovered[first] {
                uncovered.remove(first)
                entry = found
            } else if let rank = ahead {
                ahead = known.next()
                guard let found = entries[rank.arrival] else { continue }
                entry = found
            } else {
                return
            }
            switch visit(entry) {
            case .stop: return
            case .skip: continue
            case .take:
                guard let next = beside(entry) else { continue }
                uncovered.insert(rank(next))
                entriesUncovered[rank(next)] = next
            }
        }
    }

    private func neighbour(_ entry: Entry, _ step: (OrderedRuns<Rank>, Rank) -> Rank?) -> Entry? {
        guard let place = entry.item.place, let row = rows[place.row] else { return nil }
        return step(row, entry.position(place.number)).flatMap { entries[$0.arrival] }
    }

    private mutating func link(_ entry: Entry) {
        entries[entry.arrival] = entry
        arrivals[entry.item.id] = entry.arrival
        expiries.insert(entry.expiry)
        byteCount += entry.item.bytes.count
        shares[entry.item.payer, default: Share()].add(entry.item)
        guard let place = entry.item.place else {
            ready.insert(entry.rank)
            return evictable.insert(entry.cheapness)
        }
        changeRow(place.row) { $0.insert(entry.position(place.number)) }
    }

    private mutating func unlink(_ entry: Entry) {
        if let place = entry.item.place {
            changeRow(place.row) { $0.remove(entry.position(place.number)) }
        } else {
            ready.remove(entry.rank)
            evictable.remove(entry.cheapness)
        }
        entries[entry.arrival] = nil
        arrivals[entry.item.id] = nil
        expiries.remove(entry.expiry)
        byteCount -= entry.item.bytes.count
        shares[entry.item.payer]?.take(away: entry.item)
        if shares[entry.item.payer]?.count == 0 { shares[entry.item.payer] = nil }
    }

    /// Changes a row; its first one alone is ready, its last one alone may leave.
    private mutating func changeRow(_ row: Item.Row, _ change: (inout OrderedRuns<Rank>) -> Void) {
        var ranks = rows.removeValue(forKey: row) ?? OrderedRuns()
        let (first, last) = (ranks.first, ranks.last)
        change(&ranks)
        if ranks.first != first {
            if let old = first.flatMap({ entries[$0.arrival] }) { ready.remove(old.rank) }
            if let new = ranks.first.flatMap({ entries[$0.arrival] }) { ready.insert(new.rank) }
        }
        if ranks.last != last {
            if let old = last.flatMap({ entries[$0.arrival] }) { evictable.remove(old.cheapness) }
            if let new = ranks.last.flatMap({ entries[$0.arrival] }) { evictable.insert(new.cheapness) }
        }
        if !ranks.isEmpty { rows[row] = ranks }
    }
}

extension Mempool.Share {
    mutating func add(_ item: Mempool.Item) {
        count += 1
        byteCount += item.bytes.count
        fees = fees.adding(item.fee) ?? .max
    }

    mutating func take(away item: Mempool.Item) {
        count -= 1
        byteCount -= item.bytes.count
        fees = fees.subtracting(item.fee) ?? .zero
    }
}
