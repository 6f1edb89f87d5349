import Cryptography
import LedgerModel
import LedgerRuntime
import Testing

/// What a node has read and checked before saves it work, and changes no block.
struct CheckedBeforeTests {
    @Test func `a block is the same whether its transactions were checked before or not`() throws {
        var fixture = try NetworkFixture()
        let moves = [
            try fixture.transfer(1, 2, Amount(300)), try fixture.transfer(2, 3, Amount(1_300)),
            try fixture.transfer(2, 3, Amount(1)),
        ]
        var asked: [[UInt8]] = []
        let known = try fixture.execute(moves.map(\.encoded)) { bytes in
            asked.append(bytes)
            return moves.first { $0.encoded == bytes }
        }
        let unknown = try fixture.execute(moves.map(\.encoded))
        #expect(asked == moves.map(\.encoded))
        #expect(known.appHash == unknown.appHash && known.results == unknown.results)
        #expect(known.results.map(\.code) == [.ok, .ok, .balanceTooSmall])
    }

    @Test func `a forged signature beside the same id makes the block invalid for whoever checked the good one`() throws
    {
        var fixture = try NetworkFixture()
        let good = try fixture.transfer(1, 2, Amount(300))
        var forged = good.encoded
        forged[forged.count - 1] ^= 1
        #expect(throws: RuntimeFailure.self) {
            try fixture.execute([forged]) { $0 == good.encoded ? good : nil }
        }
    }

    @Test func `a key that has ended since the check is refused with a code`() throws {
        var fixture = try NetworkFixture()
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 99, count: 32))
        let move = try fixture.transfer(1, 2, Amount(300))
        let change: [Message] = [
            .addKey(AddKeyMessage(account: fixture.id(1), key: key.publicKey)),
            .endKey(
                EndKeyMessage(
                    account: fixture.id(1), thumbprint: fixture.keys[1].publicKey.thumbprint, last: Height(1))),
        ]
        let ending = try fixture.transaction(by: 1, change)
        try fixture.expectCodes(of: [ending], [.ok])
        let outcome = try fixture.execute([move.encoded]) { $0 == move.encoded ? move : nil }
        #expect(outcome.results.map(\.code) == [.accountUnknown])
    }
}
