import Consensus
import LedgerModel
import Testing

/// A validator that is alone.
struct SoloTests {
    let council = Council(1)

    @Test func `A single validator decides within the answers, without a timeout, a record or a message`() throws {
        var seat = Seat(council, own: 0)
        #expect(try seat.feed(.started) == ["build 5/0"])
        let told = try seat.feed(.proposalBuilt(round: 0, .a, time: Council.blockTime))
        #expect(told == ["decide A in 0"])
    }
}
