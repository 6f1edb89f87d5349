import Consensus
import Testing

@Suite("Batches of transactions") struct TransactionBatchTests {
    private static func transactions(_ counts: [Int]) -> [[UInt8]] {
        counts.enumerated().map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $1) }
    }

    @Test(arguments: [[1], [1, 400, 3], [65_532], [65_533], [65_000, 600, 1, 70_000, 5, 5]])
    func `what is batched comes back in its order`(_ counts: [Int]) throws {
        let transactions = Self.transactions(counts)
        let batches = TransactionBatch.batches(of: transactions)
        #expect(try batches.flatMap { try TransactionBatch(decoding: $0.encoded).transactions } == transactions)
        #expect(batches.allSatisfy { $0.transactions.count == 1 || $0.encoded.count <= TransactionBatch.byteCountMax })
    }

    @Test func `a batch is filled before the next one begins`() {
        let batches = TransactionBatch.batches(of: Self.transactions([Int](repeating: 400, count: 400)))
        #expect(batches.map(\.transactions.count) == [162, 162, 76])
        let small = TransactionBatch.batches(of: Self.transactions([Int](repeating: 1, count: 2_500)))
        #expect(small.map(\.transactions.count) == [1_024, 1_024, 452])
        #expect(TransactionBatch.batches(of: []).isEmpty)
    }

    @Test(arguments: [
        [], [0, 0, 0, 0], [0, 0, 0, 2, 7], [0, 0, 0, 1, 7, 0], [0, 0, 0, 1, 7, 0, 0, 0, 0], [255, 255, 255, 255, 1],
    ])
    func `what is no batch is refused`(_ bytes: [UInt8]) {
        #expect(throws: ConsensusFault.self) { try TransactionBatch(decoding: bytes) }
    }

    @Test func `more transactions than may be are refused`() throws {
        let one: [UInt8] = [0, 0, 0, 1, 7]
        let full = [[UInt8]](repeating: one, count: TransactionBatch.countMax).flatMap { $0 }
        #expect(try TransactionBatch(decoding: full).transactions.count == TransactionBatch.countMax)
        #expect(throws: ConsensusFault.self) { try TransactionBatch(decoding: full + one) }
    }
}
