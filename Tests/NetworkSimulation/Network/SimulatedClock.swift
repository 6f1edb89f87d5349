import Consensus
import LedgerModel

/// A node's two clocks: one that only rises and begins anew with each life, and a wall clock that may be wrong and leap.
struct SimulatedClock {
    /// What the wall clocks show when a simulation begins: 2027.
    static let epoch: UInt64 = 1_800_000_000 * second

    /// How far the wall clock is ahead, in nanoseconds.
    var lead: Int64 = 0
    /// When this life began.
    var boot: UInt64 = 0

    func moment(at now: UInt64) -> Replica.Moment {
        Replica.Moment(steady: now - boot + second, wall: wall(at: now))
    }

    func wall(at now: UInt64) -> Timestamp {
        Timestamp(nanosecondsSince1970: UInt64(Int64(Self.epoch + now) + lead))
    }
}
