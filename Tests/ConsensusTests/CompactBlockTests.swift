import Cryptography
import LedgerModel
import Testing

@testable import Consensus

/// Compact blocks: what is at hand is not sent again, and what does not belong is found out.
struct CompactBlockTests {
    static let (one, other) = (NodeID(SHA256.hash([1]).bytes)!, NodeID(SHA256.hash([2]).bytes)!)

    static func block(_ transactions: [[UInt8]], height: Int64 = 5) -> ProposedBlock {
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.chainID = "compact-1"
        header.height = height
        header.dataHash = Block.dataHash(transactions).bytes
        return ProposedBlock(Block(header: header, transactions: transactions, lastCommit: Commit()))
    }

    static let transactions: [[UInt8]] = (0..<9).map { [UInt8](repeating: $0, count: 200) }

    static func held(_ transactions: [[UInt8]]) -> (Digest) -> [UInt8]? {
        { hash in transactions.first { SHA256.hash($0) == hash } }
    }

    @Test func `messages read back as they were written, in one spelling`() throws {
        let compact = CompactBlock(Self.block(Self.transactions))
        let messages: [PeerMessage] = [
            .compactBlock(compact), .transactions(hash: compact.hash, Self.transactions),
            .wantTransactions(TransactionWish(height: 5, hash: compact.hash, places: [0, 3, 8])),
        ]
        for message in messages {
            let bytes = message.encoded
            #expect(try PeerMessage(decoding: bytes) == message)
            #expect(throws: ConsensusFault.self) { try PeerMessage(decoding: bytes + [0]) }
            #expect(throws: ConsensusFault.self) { try PeerMessage(decoding: bytes.dropLast()) }
        }
        // No hashes, no places, places that do not rise, an empty transaction.
        for message: PeerMessage in [
            .compactBlock(CompactBlock(Self.block([]))),
            .wantTransactions(TransactionWish(height: 5, hash: compact.hash, places: [])),
            .wantTransactions(TransactionWish(height: 5, hash: compact.hash, places: [3, 3])),
            .wantTransactions(TransactionWish(height: 5, hash: compact.hash, places: [3, 2])),
            .transactions(hash: compact.hash, []), .transactions(hash: compact.hash, [[]]),
        ] {
            let bytes = message.encoded
            #expect(throws: ConsensusFault.self) { try PeerMessage(decoding: bytes) }
        }
    }

    @Test func `whoever has all transactions has the block at once`() {
        var blocks = CompactBlocks()
        let block = Self.block(Self.transactions)
        let outcome = blocks.take(CompactBlock(block), from: Self.one, held: Self.held(Self.transactions.reversed()))
        #expect(outcome == .complete(block.encoded))
    }

    @Test func `what lacks is asked for, and makes the block whole`() throws {
        var blocks = CompactBlocks()
        let block = Self.block(Self.transactions)
        let compact = CompactBlock(block)
        let outcome = blocks.take(compact, from: Self.one, held: Self.held(Array(Self.transactions[2...6])))
        #expect(
            outcome == .ask(TransactionWish(height: 5, hash: compact.hash, places: [0, 1, 7, 8])))
        let rest = [0, 1, 7, 8].map { Self.transactions[$0] }
        #expect(blocks.take(rest, of: compact.hash, from: Self.other) == .unexpected, "nobody asked that peer")
        #expect(blocks.take(rest, of: SHA256.hash([7]).bytes, from: Self.one) == .unexpected)
        #expect(blocks.take(rest, of: compact.hash, from: Self.one) == .complete(block.encoded))
        #expect(blocks.take(rest, of: compact.hash, from: Self.one) == .unexpected, "once is enough")
    }

    @Test(arguments: [[0, 1, 7], [0, 1, 7, 7], [1, 0, 7, 8], [0, 1, 7, 8, 8], []])
    func `other transactions than the block's are a breach, and end the wait`(_ places: [Int]) {
        var blocks = CompactBlocks()
        let compact = CompactBlock(Self.block(Self.transactions))
        _ = blocks.take(compact, from: Self.one, held: Self.held(Array(Self.transactions[2...6])))
        let given = places.map { Self.transactions[$0] }
        #expect(blocks.take(given, of: compact.hash, from: Self.one) == .broken)
        #expect(blocks.take(given, of: compact.hash, from: Self.one) == .unexpected)
    }

    @Test func `a few blocks wait at once, the oldest makes room, decided ones are forgotten`() {
        var blocks = CompactBlocks()
        let all = (0..<UInt8(6)).map { CompactBlock(Self.block([[$0]], height: 5 + Int64($0))) }
        for block in all { _ = blocks.take(block, from: Self.one) { _ in nil } }
        for number in 0..<2 {
            #expect(blocks.take([[UInt8(number)]], of: all[number].hash, from: Self.one) == .unexpected)
        }
        blocks.decided(8)
        #expect(blocks.take([[3]], of: all[3].hash, from: Self.one) == .unexpected)
        guard case .complete = blocks.take([[4]], of: all[4].hash, from: Self.one) else {
            Issue.record("a block that waits")
            return
        }
    }

    @Test func `a block that comes again takes no second place`() {
        var blocks = CompactBlocks()
        let first = CompactBlock(Self.block([[9]], height: 9))
        _ = blocks.take(first, from: Self.one) { _ in nil }
        let again = CompactBlock(Self.block([[1]]))
        for _ in 0..<9 { _ = blocks.take(again, from: Self.one) { _ in nil } }
        // From another it is another's to answer for.
        _ = blocks.take(again, from: Self.other) { _ in nil }
        #expect(blocks.take([[9]], of: first.hash, from: Self.one) != .unexpected)
        #expect(blocks.take([[1]], of: again.hash, from: Self.other) != .unexpected)
        #expect(blocks.take([[1]], of: again.hash, from: Self.one) != .unexpected)
    }

    @Test func `a block that names no transactions that were wished for stays whole in its own bytes`() throws {
        let block = Self.block(Self.transactions)
        #expect(CompactBlock(block).encoded(with: Self.transactions) == block.encoded)
        #expect(CompactBlock(block).encoded(with: Array(Self.transactions.dropLast())) != block.encoded)
        #expect(CompactBlock(block).height == 5 && CompactBlock(block).hash == block.id.hash)
    }
}
