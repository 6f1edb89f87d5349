/// Which old states can still be proven (D4): the recent ones as far back as a budget reaches, one pinned state per 10
/// minutes, and the heights that foreign clients were updated to.
///
/// At the limit the oldest recent states go first, then the oldest pinned ones; the newest always stays.
package struct RetainedStates: Sendable {
    /// Memory for nodes that only old states hold: the default of D4.
    package static let budgetBytesDefault = 256 << 20
    /// States kept at all, so that idle heartbeats (which cost no nodes) stay bounded.
    package static let countMax = 100_000
    /// Block time between pinned states, in nanoseconds.
    package static let pinInterval: UInt64 = 600_000_000_000

    private struct Row: Sendable {
        var height: UInt64
        var forest: StoreForest
        /// What its block made, in bytes: about what dropping an older state sets free.
        var byteCount: Int
        var isPinned: Bool
    }

    private var rows: [Row] = []
    private var byteCount = 0
    private var lastPin: UInt64?
    private let budgetBytes: Int

    package init(budgetBytes: Int = budgetBytesDefault) { self.budgetBytes = budgetBytes }

    /// Adds the state after a block; heights rise.
    /// - Parameters:
    ///   - time: block time, nanoseconds since 1970.
    ///   - byteCount: what the block made, `TreeWork.byteCount`.
    package mutating func insert(height: UInt64, time: UInt64, forest: StoreForest, byteCount: Int) {
        precondition(rows.last.map { $0.height < height } ?? true, "heights rise")
        let isPinned = lastPin.map { time >= $0 && time - $0 >= Self.pinInterval } ?? true
        if isPinned { lastPin = time }
        rows.append(Row(height: height, forest: forest, byteCount: byteCount, isPinned: isPinned))
        self.byteCount += byteCount
        trim()
    }

    /// Keeps a height that a foreign client was updated to.
    package mutating func pin(_ height: UInt64) {
        if let index = index(of: height) { rows[index].isPinned = true }
    }

    /// The state after a block, if it is still held.
    package func state(at height: UInt64) -> StoreForest? { index(of: height).map { rows[$0].forest } }

    /// The held height nearest to one that is not.
    package func nearest(to height: UInt64) -> UInt64? {
        rows.map(\.height).min { distance($0, height) < distance($1, height) }
    }

    package var heights: ClosedRange<UInt64>? {
        guard let first = rows.first, let last = rows.last else { return nil }
        return first.height...last.height
    }
    package var count: Int { rows.count }

    private func distance(_ one: UInt64, _ other: UInt64) -> UInt64 { one > other ? one - other : other - one }

    private func index(of height: UInt64) -> Int? {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].height < height { low = middle + 1 } else { high = middle }
        }
        return low < rows.count && rows[low].height == height ? low : nil
    }

    private mutating func trim() {
        while rows.count > 1, byteCount > budgetBytes || rows.count > Self.countMax {
            let index = rows.dropLast().firstIndex { !$0.isPinned } ?? 0
            // The nodes of the next state replaced some of this one's.
            byteCount -= rows[index].byteCount
            rows.remove(at: index)
        }
    }
}
