import LedgerModel
import Testing

/// Times in the state are unsigned nanoseconds since 1970 with all 64 bits.
struct AnchorStateTests {
    private static func record(at time: Timestamp) throws -> AnchoredRecord {
        AnchoredRecord(
            leafIndex: 5, height: Height(7), time: time,
            issuer: try #require(AccountID([UInt8](repeating: 3, count: 32))), number: 12)
    }

    @Test(arguments: [0, 1, UInt64(Int64.max), UInt64(Int64.max) + 1, 0xe628_5b8c_4a1c_9e07, UInt64.max])
    func `a record keeps its time`(_ nanoseconds: UInt64) throws {
        let record = try Self.record(at: Timestamp(nanosecondsSince1970: nanoseconds))
        #expect(try AnchoredRecord(decoding: record.encoded()) == record)
    }

    @Test func `a time that 64 bits cannot hold is written as the nearest that they can`() throws {
        let before = try Self.record(at: .zero)
        #expect(try AnchoredRecord(decoding: before.encoded()).time == Timestamp(nanosecondsSince1970: 0))
        let after = try Self.record(at: Timestamp(seconds: 253_402_300_799, nanoseconds: 0))
        #expect(try AnchoredRecord(decoding: after.encoded()).time == Timestamp(nanosecondsSince1970: .max))
    }
}
