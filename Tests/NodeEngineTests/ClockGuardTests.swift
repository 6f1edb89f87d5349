import Testing

@testable import NodeEngine

@Suite struct ClockGuardTests {
    static let second: UInt64 = 1_000_000_000
    static let day = 86_400 * second
    static let year = 365 * day
    /// The last block's time, in 2026.
    static let block: UInt64 = 1_780_000_000 * second
    static let steady: UInt64 = 5_000 * second

    static func started(wall: UInt64, lastBlock: UInt64? = block, isConfirmed: Bool = false) throws(ClockFailure)
        -> ClockGuard
    {
        try ClockGuard(wall: wall, steady: steady, lastBlock: lastBlock, isConfirmed: isConfirmed)
    }

    @Test(arguments: [
        block - ClockGuard.driftMax, block, block + 1, block + 30 * day, block + ClockGuard.absenceMax,
    ])
    func `a clock that may be right is taken at start`(wall: UInt64) throws {
        #expect(try Self.started(wall: wall).checked(wall: wall, steady: Self.steady) == wall)
    }

    @Test(arguments: [0, 1, block - 20 * year, block - day, block - ClockGuard.driftMax - 1])
    func `a clock behind the last block is refused at start, confirmed or not`(wall: UInt64) throws {
        for isConfirmed in [false, true] {
            let failure = #expect(throws: ClockFailure.self) {
                try Self.started(wall: wall, isConfirmed: isConfirmed)
            }
            #expect(failure?.description.contains("behind the last block") == true)
            #expect(failure?.description.contains("set the clock right and start again") == true)
        }
    }

    @Test(arguments: [block + ClockGuard.absenceMax + 1, block + 2 * year, block + 200 * year, UInt64.max])
    func `a clock a year ahead of the last block is refused at start until it is confirmed`(wall: UInt64) throws {
        let failure = #expect(throws: ClockFailure.self) { try Self.started(wall: wall) }
        #expect(failure?.description.contains("--accept-clock") == true)
        #expect(failure?.description.contains("set the clock right") == true)
        #expect(try Self.started(wall: wall, isConfirmed: true).checked(wall: wall, steady: Self.steady) == wall)
    }

    @Test(arguments: [0, block, UInt64.max])
    func `without a block there is nothing to compare with`(wall: UInt64) throws {
        #expect(try Self.started(wall: wall, lastBlock: nil).checked(wall: wall, steady: Self.steady) == wall)
    }

    @Test(arguments: [second, day, 40 * year])
    func `both clocks running on together is no jump`(passed: UInt64) throws {
        let clock = try Self.started(wall: Self.block)
        let wall = Self.block + passed
        #expect(try clock.checked(wall: wall, steady: Self.steady + passed) == wall)
        let late = wall - ClockGuard.driftMax
        #expect(try clock.checked(wall: late, steady: Self.steady + passed) == late)
        let early = wall + ClockGuard.driftMax
        #expect(try clock.checked(wall: early, steady: Self.steady + passed) == early)
    }

    @Test(arguments: [ClockGuard.driftMax + 1, 60 * second, day, 10 * year, block + day - 1])
    func `a jump back while the node runs is refused, and again until it is taken back`(jump: UInt64) throws {
        let clock = try Self.started(wall: Self.block)
        let right = Self.block + Self.day
        for _ in 0..<2 {
            let failure = #expect(throws: ClockFailure.self) {
                try clock.checked(wall: right - jump, steady: Self.steady + Self.day)
            }
            #expect(failure?.description.contains("jumped by \(jump / Self.second) s") == true)
            #expect(failure?.description.contains("set the clock right and start again") == true)
        }
        #expect(try clock.checked(wall: right, steady: Self.steady + Self.day) == right)
    }

    @Test(arguments: [ClockGuard.driftMax + 1, 60 * second, day, 10 * year, 500 * year])
    func `a jump ahead while the node runs is refused, by years too`(jump: UInt64) throws {
        let clock = try Self.started(wall: Self.block)
        let failure = #expect(throws: ClockFailure.self) {
            try clock.checked(wall: Self.block + Self.day + jump, steady: Self.steady + Self.day)
        }
        #expect(failure?.description.contains("jumped by \(jump / Self.second) s") == true)
    }

    @Test func `readings beyond what 64 bits hold are refused, not a crash`() throws {
        let clock = try Self.started(wall: Self.block)
        #expect(throws: ClockFailure.self) { try clock.checked(wall: Self.block, steady: .max) }
        #expect(throws: ClockFailure.self) { try clock.checked(wall: .max, steady: Self.steady) }
        #expect(throws: ClockFailure.self) { try clock.checked(wall: Self.block, steady: 0) }
        let last = try Self.started(wall: .max, lastBlock: .max)
        #expect(throws: ClockFailure.self) { try last.checked(wall: 0, steady: Self.steady) }
    }
}
