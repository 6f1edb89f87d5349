import Testing

@testable import NodeEngine

/// The clock that block times are read from: refused where it cannot be right.
struct ClockGuardTests {
    static let second: UInt64 = 1_000_000_000
    static let day = 86_400 * second
    /// Some time in 2026.
    static let now: UInt64 = 1_790_000_000 * second

    static func guarded(wall: UInt64 = now, lastBlock: UInt64? = now, isConfirmed: Bool = false) throws -> ClockGuard {
        try ClockGuard(wall: wall, steady: 5 * second, lastBlock: lastBlock, isConfirmed: isConfirmed)
    }

    @Test func `a clock may be a little behind the last block, and a year ahead of it`() throws {
        for wall in [Self.now - 30 * Self.second, Self.now, Self.now + 366 * Self.day] {
            #expect(throws: Never.self) { try Self.guarded(wall: wall) }
        }
        #expect(throws: Never.self) { try Self.guarded(wall: 1, lastBlock: nil) }
    }

    @Test(arguments: [31 * second, day, 20_000 * day])
    func `a clock behind the last block is refused, confirmed or not`(lag: UInt64) {
        for isConfirmed in [false, true] {
            let failure = #expect(throws: ClockFailure.self) {
                try Self.guarded(wall: Self.now - lag, isConfirmed: isConfirmed)
            }
            #expect(failure?.description.contains("\(lag / Self.second) s behind") == true)
        }
    }

    @Test(arguments: [366 * day + second, 3_650 * day])
    func `a clock more than a year ahead is refused until an operator confirms it`(lead: UInt64) {
        let failure = #expect(throws: ClockFailure.self) { try Self.guarded(wall: Self.now + lead) }
        #expect(failure?.description.contains("--accept-clock") == true)
        #expect(throws: Never.self) { try Self.guarded(wall: Self.now + lead, isConfirmed: true) }
    }

    @Test(arguments: [31 * second, day, 730 * day])
    func `a jump while the node runs is refused, in both directions`(jump: UInt64) throws {
        let subject = try Self.guarded(isConfirmed: true)
        for wall in [Self.now + Self.second + jump, Self.now + Self.second - jump] {
            let failure = #expect(throws: ClockFailure.self) {
                try subject.checked(wall: wall, steady: 6 * Self.second)
            }
            #expect(failure?.description.contains("jumped by \(jump / Self.second) s") == true)
        }
    }

    @Test func `small steps of a time service, and time that passed, are taken`() throws {
        let subject = try Self.guarded()
        for step in [0, 29 * Self.second] {
            let wall = Self.now + Self.day + step
            #expect(try subject.checked(wall: wall, steady: 5 * Self.second + Self.day) == wall)
            #expect(try subject.checked(wall: wall - 2 * step, steady: 5 * Self.second + Self.day) == wall - 2 * step)
        }
    }
}
