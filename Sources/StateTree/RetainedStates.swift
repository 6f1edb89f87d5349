/// Which old states can still be proven (D4).
///
/// Held are the recent ones as far back as a budget reaches, and one per 10 minutes of block time. The budget counts
/// memory that only old states hold, which is measured by walking what differs between neighbours. Over it, the oldest
/// states go that nothing pins; once only the most recent ``recentCountMin`` are left beside pinned ones, the oldest
/// pinned go too. The two newest always stay: the newest, and the one before it, which is the newest that a header
/// proves.
package struct RetainedStates: Sendable {
    /// Memory that only old states hold: the default of D4.
    package static let budgetBytesDefault = 256 << 20
    /// States held at all, so that looking them up and listing them stays bounded.
    package static let countMax = 100_000
    /// States that stay whatever the budget.
    package static let countMin = 2
    /// Block time between pinned states, in nanoseconds.
    package static let pinInterval: UInt64 = 600_000_000_000
    /// Recent states that pinned ones do not crowd out: what a light client a little behind asks for.
    package static let recentCountMin = 64
    /// What a state takes beside its nodes: the list of its roots.
    static let stateBytes = 512

    private struct Row: Sendable {
        var height: UInt64
        var forest: StoreForest
        var isPinned: Bool
    }

    /// Pinned states older than all recent ones, by rising height.
    private var pinned: [Row] = []
    /// Recent states by rising height, pinned or not; those before `head` are gone.
    private var recent: [Row] = []
    private var head = 0
    /// Memory that the states hold and the newest does not.
    private(set) var byteCount = 0
    private var lastPin: UInt64?
    private let budgetBytes: Int

    /// No states yet.
    package init(budgetBytes: Int = budgetBytesDefault) { self.budgetBytes = budgetBytes }

    /// Adds the state after a block; heights rise.
    ///
    /// - Parameters:
    ///   - height: the block's.
    ///   - time: block time, nanoseconds since 1970.
    ///   - forest: the state.
    /// - Returns: the states that are held no longer. Whoever lets go of them last frees their nodes, which may be many:
    ///   best where nobody waits.
    /// - Complexity: linear in the nodes that the block replaced.
    @discardableResult
    package mutating func insert(height: UInt64, time: UInt64, forest: StoreForest) -> [StoreForest] {
        if let last = recent.last {
            precondition(last.height < height, "heights rise")
            byteCount += last.forest.bytesHeld(notBy: forest, nor: nil) + Self.stateBytes
        }
        let isPinned = lastPin.map { time >= $0 && time - $0 >= Self.pinInterval } ?? true
        if isPinned { lastPin = time }
        recent.append(Row(height: height, forest: forest, isPinned: isPinned))
        var dropped: [StoreForest] = []
        while count > Self.countMin, byteCount > budgetBytes || count > Self.countMax {
            if let forest = dropOne() { dropped.append(forest) }
        }
        return dropped
    }

    /// The state after a block, if it is still held.
    package func state(at height: UInt64) -> StoreForest? {
        let index = position(of: height)
        return index < count && row(index).height == height ? row(index).forest : nil
    }

    /// The lowest held height that is not below one, and its state.
    package func atOrAbove(_ height: UInt64) -> (height: UInt64, forest: StoreForest)? {
        let index = position(of: height)
        return index < count ? (row(index).height, row(index).forest) : nil
    }

    /// The highest held height below one.
    package func below(_ height: UInt64) -> UInt64? {
        let index = position(of: height)
        return index > 0 ? row(index - 1).height : nil
    }

    /// The lowest and the highest height that are held.
    package var heights: ClosedRange<UInt64>? { count > 0 ? row(0).height...row(count - 1).height : nil }
    /// How many states are held.
    package var count: Int { pinned.count + recent.count - head }

    // MARK: Rows by rising height

    private func row(_ index: Int) -> Row {
        index < pinned.count ? pinned[index] : recent[head + index - pinned.count]
    }

    /// The first row that is not below a height.
    private func position(of height: UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if row(middle).height < height { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Drops the state that goes next; nil where it was only set aside, as a pinned one.
    private mutating func dropOne() -> StoreForest? {
        let isCrowded = recent.count - head <= Self.recentCountMin
        if isCrowded, !pinned.isEmpty {
            let oldest = pinned.removeFirst().forest
            free(oldest, newer: row(0).forest, older: nil)
            return oldest
        }
        let oldest = recent[head]
        var dropped: StoreForest?
        head += 1
        if oldest.isPinned, !isCrowded {
            pinned.append(oldest)
        } else {
            free(oldest.forest, newer: recent[head].forest, older: pinned.last?.forest)
            dropped = oldest.forest
        }
        // What the row alone held must go with it; the place itself goes with many others.
        recent[head - 1].forest = recent[head].forest
        if head > 1024, head > recent.count / 2 {
            recent.removeFirst(head)
            head = 0
        }
        return dropped
    }

    private mutating func free(_ forest: StoreForest, newer: StoreForest, older: StoreForest?) {
        byteCount -= forest.bytesHeld(notBy: newer, nor: older) + Self.stateBytes
    }
}
