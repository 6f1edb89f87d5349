/// What a message is for, in order of priority: whatever waits in a lower lane is sent before anything of a higher one.
///
/// Messages of one lane arrive in the order in which they were sent; between lanes there is no order.
package enum Lane: UInt8, CaseIterable, Comparable, Sendable {
    case votes = 0
    case blocks
    case transactions
    case sync
    case receipts
    case snapshots

    /// The longest message of the lane in bytes, the same for every node of a network: a longer one is a violation.
    package var messageBytesMax: Int {
        switch self {
        case .votes: 256 << 10
        // A block of the largest transactions and evidence, and its commit.
        case .blocks: 8 << 20
        case .transactions: 2 << 20
        case .sync: 8 << 20
        case .receipts: 64 << 10
        // A chunk of 4 MiB and the row that goes beyond.
        case .snapshots: 8 << 20
        }
    }

    package static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
}

/// One value for each lane.
package struct PerLane<Value> {
    private var values: [Value]

    package init(_ make: (Lane) -> Value) { values = Lane.allCases.map(make) }

    package subscript(lane: Lane) -> Value {
        get { values[Int(lane.rawValue)] }
        // In place: a queue or an unfinished message must not be copied each time something is added to it.
        _modify { yield &values[Int(lane.rawValue)] }
    }
}

extension PerLane: Sendable where Value: Sendable {}
extension PerLane: Equatable where Value: Equatable {}
extension PerLane: Hashable where Value: Hashable {}
