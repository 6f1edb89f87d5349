import GatewayStore
import Synchronization

/// The trees of ended intervals that were asked for last: making one costs some ten milliseconds, and whoever fetches one
/// bundle of an interval mostly fetches others.
final class IntervalTrees: Sendable {
    /// 32 trees of the default size hold 9 MB; the oldest gives way.
    static let countMax = 32

    /// An interval's id and its tree.
    struct Entry: Sendable {
        let outbox: Int64
        let rid: [UInt8]
        let tree: IntervalTree
    }

    private let store: GatewayStore
    private let recent = Mutex<[Entry]>([])

    init(store: GatewayStore) { self.store = store }

    /// The interval that holds an anchored record, and the record's order in it; nil for a record with a leaf of its own.
    ///
    /// Only for what is anchored: an interval that is forming still changes.
    func interval(of record: RecordRow) throws -> (entry: Entry, ordinal: Int)? {
        precondition(record.place != nil, "the record's interval has ended")
        guard let place = try store.intervalPlace(of: record.row) else { return nil }
        if let entry = recent.withLock({ $0.first { $0.outbox == place.outbox } }) { return (entry, place.ordinal) }
        guard let interval = try store.interval(ofOutbox: place.outbox) else { return nil }
        let entry = Entry(outbox: place.outbox, rid: interval.rid, tree: IntervalTree(interval))
        recent.withLock { recent in
            if recent.count == Self.countMax { recent.removeFirst() }
            recent.append(entry)
        }
        return (entry, place.ordinal)
    }
}
