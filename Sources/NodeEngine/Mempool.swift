import LedgerModel

/// Transactions that wait for a block, in the order in which they came.
///
/// A value without clocks: the host asks for refusals before it inserts and tells it what was included.
struct Mempool: Sendable {
    /// Waiting transactions: what a burst of some seconds brings.
    static let countMax = 20_000
    /// Waiting bytes.
    ///
    /// At the limit new ones are refused with a wish to come back.
    static let bytesMax = 64 << 20

    struct Item: Sendable {
        var id: TransactionID
        var bytes: [UInt8]
        /// Nanoseconds since 1970.
        var validUntil: UInt64
    }

    private var queue: [Item] = []
    private var head = 0
    private var waiting: Set<TransactionID> = []
    private var byteCount = 0

    var count: Int { waiting.count }
    var isEmpty: Bool { waiting.isEmpty }

    func contains(_ id: TransactionID) -> Bool { waiting.contains(id) }

    /// Takes a transaction that admission let pass.
    /// - Returns: false where the queue is full.
    mutating func insert(_ item: Item) -> Bool {
        guard !waiting.contains(item.id) else { return true }
        guard waiting.count < Self.countMax, byteCount + item.bytes.count <= Self.bytesMax else { return false }
        queue.append(item)
        waiting.insert(item.id)
        byteCount += item.bytes.count
        return true
    }

    /// The transactions for the next block, oldest first, up to a number of bytes.
    func next(bytesMax: Int) -> [Item] {
        var total = 0
        var items: [Item] = []
        for item in queue[head...] where waiting.contains(item.id) {
            guard total + item.bytes.count <= bytesMax else { break }
            total += item.bytes.count
            items.append(item)
        }
        return items
    }

    /// Forgets what a block included or what can never be included any more.
    mutating func remove(_ ids: some Sequence<TransactionID>) {
        for id in ids { waiting.remove(id) }
        while head < queue.count, !waiting.contains(queue[head].id) {
            byteCount -= queue[head].bytes.count
            queue[head].bytes = []
            head += 1
        }
        if head > 1_024, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
    }

    /// Ids of transactions that have expired.
    func expired(at time: UInt64) -> [TransactionID] {
        queue[head...].filter { waiting.contains($0.id) && $0.validUntil <= time }.map(\.id)
    }
}
