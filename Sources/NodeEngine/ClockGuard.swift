/// Refuses clocks that are far off: block times are evidence for ever.
///
/// A value: readings are given in. The wall clock may drift from the steady one by ``driftMax``; at start it may lie
/// neither before the last block nor more than ``absenceMax`` after it.
struct ClockGuard: Sendable {
    /// 30 s, in nanoseconds: more than any time service steps a running clock.
    static let driftMax: UInt64 = 30_000_000_000
    /// A year, in nanoseconds: a node that was off for longer is started with the clock confirmed.
    static let absenceMax: UInt64 = 366 * 86_400 * 1_000_000_000

    private let wallAtStart: UInt64
    private let steadyAtStart: UInt64

    /// - Throws: ``ClockFailure`` where the wall clock cannot be right.
    init(wall: UInt64, steady: UInt64, lastBlock: UInt64?, isConfirmed: Bool) throws(ClockFailure) {
        if let lastBlock {
            guard wall >= lastBlock || lastBlock - wall <= Self.driftMax else {
                throw ClockFailure("the clock is \((lastBlock - wall) / 1_000_000_000) s behind the last block")
            }
            guard isConfirmed || wall <= lastBlock || wall - lastBlock <= Self.absenceMax else {
                throw ClockFailure(
                    "the clock is \((wall - lastBlock) / 86_400_000_000_000) days ahead of the last block; "
                        + "if that is right, start once with --accept-clock")
            }
        }
        wallAtStart = wall
        steadyAtStart = steady
    }

    /// The wall clock's reading, where it still agrees with the steady one.
    func checked(wall: UInt64, steady: UInt64) throws(ClockFailure) -> UInt64 {
        // Readings that no right clock gives, such as a steady one that ran back, saturate and are refused below.
        let passed = steady < steadyAtStart ? .max : steady - steadyAtStart
        let expected = passed > .max - wallAtStart ? .max : wallAtStart + passed
        let drift = wall > expected ? wall - expected : expected - wall
        guard drift <= Self.driftMax else {
            throw ClockFailure("the clock jumped by \(drift / 1_000_000_000) s while the node ran")
        }
        return wall
    }
}

/// The wall clock cannot be right.
package struct ClockFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ what: String) { description = "\(what); set the clock right and start again" }
}
