import Codec

/// Transactions as nodes hand them to each other, one message for several: what it costs to send, read and queue a message
/// is paid once for all of them.
///
/// | field | width | meaning |
/// |---|---|---|
/// | transactions | 4 + n each | length (big-endian, at least 1) and bytes of 1 to 1,024 transactions |
package struct TransactionBatch: Hashable, Sendable {
    package static let countMax = 1_024
    /// Where a batch of several ends: what is one frame between nodes, so that nothing more urgent waits for it.
    package static let byteCountMax = 64 << 10

    package var transactions: [[UInt8]]

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: transactions.reduce(0) { $0 + 4 + $1.count })
        for transaction in transactions { writer.part(transaction) }
        return writer.bytes
    }

    private init(_ transactions: [[UInt8]]) { self.transactions = transactions }

    /// As few batches as hold the transactions, in their order; one that is longer than a batch has one of its own.
    package static func batches(of transactions: some Sequence<[UInt8]>) -> [TransactionBatch] {
        var batches: [TransactionBatch] = []
        var byteCount = 0
        for transaction in transactions {
            byteCount += 4 + transaction.count
            if let last = batches.last, last.transactions.count < countMax, byteCount <= byteCountMax {
                batches[batches.count - 1].transactions.append(transaction)
            } else {
                batches.append(TransactionBatch([transaction]))
                byteCount = 4 + transaction.count
            }
        }
        return batches
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        var transactions: [[UInt8]] = []
        while reader.remaining > 0 {
            guard transactions.count < Self.countMax, let transaction = try? reader.part(), !transaction.isEmpty else {
                throw .malformed
            }
            transactions.append(transaction)
        }
        guard !transactions.isEmpty else { throw .malformed }
        self.transactions = transactions
    }
}
