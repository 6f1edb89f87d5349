import Codec
package import Cryptography
import LedgerModel

/// A proposed block without the bytes of its transactions: whoever has them already, as nearly all do, needs their hashes
/// alone.
///
/// | field | width | meaning |
/// |---|---|---|
/// | rest | 4 + n | length and bytes of the block (protobuf) without transactions |
/// | hashes | 32 each | SHA-256 of the transactions, in the block's order; 1 to 65,536 |
package struct CompactBlock: Hashable, Sendable {
    package static let countMax = 1 << 16
    /// Below this a block is sent whole: hashes would save nothing.
    static let byteCountMin = 1_024

    private let rest: Block
    package let hashes: [Digest]

    init(_ block: ProposedBlock) {
        var rest = block.block
        rest.transactions = []
        self.rest = rest
        hashes = block.block.transactions.map { SHA256.hash($0) }
    }

    package var height: Int64 { rest.header.height }
    /// The header's hash.
    package var hash: [UInt8] { rest.header.hash.bytes }

    /// The bytes of the whole block.
    func encoded(with transactions: [[UInt8]]) -> [UInt8] {
        var block = rest
        block.transactions = transactions
        return block.encoded
    }

    func write(to writer: inout ByteWriter) {
        writer.part(rest.encoded)
        for hash in hashes { writer.raw(hash.bytes) }
    }

    init(from reader: inout ByteReader) throws {
        rest = try Block(decoding: try reader.part())
        guard rest.transactions.isEmpty else { throw ConsensusFault.malformed }
        var hashes: [Digest] = []
        while reader.remaining > 0, let hash = Digest(try reader.bytes(Digest.byteCount)) { hashes.append(hash) }
        guard 1...Self.countMax ~= hashes.count else { throw ConsensusFault.malformed }
        self.hashes = hashes
    }
}

/// Transactions of a compact block that somebody lacks.
package struct TransactionWish: Hashable, Sendable {
    package var height: Int64
    /// The header's hash.
    package var hash: [UInt8]
    /// Places in the block, rising.
    package var places: [UInt32]

    package init(height: Int64, hash: [UInt8], places: [UInt32]) {
        self.height = height
        self.hash = hash
        self.places = places
    }

    func write(to writer: inout ByteWriter) {
        writer.uint64(UInt64(height))
        writer.raw(hash)
        for place in places { writer.uint32(place) }
    }

    init(from reader: inout ByteReader) throws {
        height = try reader.height()
        hash = try reader.bytes(Digest.byteCount)
        places = []
        while reader.remaining > 0 {
            let place = try reader.uint32()
            guard places.count < CompactBlock.countMax, places.last.map({ $0 < place }) ?? true else {
                throw ConsensusFault.malformed
            }
            places.append(place)
        }
        guard !places.isEmpty else { throw ConsensusFault.malformed }
    }
}

/// Compact blocks that wait for transactions of theirs, each from whoever sent it.
///
/// Where that never comes, the replica asks for the whole block of others (`PeerMessage.wantBlock`).
package struct CompactBlocks: Sendable {
    /// Blocks that wait at once; the oldest makes room.
    package static let countMax = 4

    private struct Waiting {
        var block: CompactBlock
        var sender: NodeID
        /// By place; nil where one lacks.
        var transactions: [[UInt8]?]
    }

    package enum Outcome: Equatable, Sendable {
        /// The whole block's bytes.
        case complete([UInt8])
        case ask(TransactionWish)
        /// Nobody asked for these.
        case unexpected
        /// They are not what the block names: its sender breaks the rules.
        case broken
    }

    private var waiting: [Waiting] = []

    package init() {}

    /// Puts a block together from what is at hand.
    package mutating func take(
        _ block: CompactBlock, from sender: NodeID, held: (Digest) -> [UInt8]?
    ) -> Outcome {
        let transactions = block.hashes.map(held)
        guard let wish = Self.wish(for: block, transactions) else {
            return .complete(block.encoded(with: transactions.compactMap { $0 }))
        }
        waiting.removeAll { $0.block.hash == block.hash && $0.sender == sender }
        if waiting.count == Self.countMax { waiting.removeFirst() }
        waiting.append(Waiting(block: block, sender: sender, transactions: transactions))
        return .ask(wish)
    }

    /// What a peer answers to a wish: all that was lacking, in the block's order.
    package mutating func take(_ transactions: [[UInt8]], of hash: [UInt8], from sender: NodeID) -> Outcome {
        guard let index = waiting.firstIndex(where: { $0.block.hash == hash && $0.sender == sender }) else {
            return .unexpected
        }
        var item = waiting.remove(at: index)
        var rest = transactions[...]
        for place in item.transactions.indices where item.transactions[place] == nil {
            guard let next = rest.popFirst(), SHA256.hash(next) == item.block.hashes[place] else { return .broken }
            item.transactions[place] = next
        }
        guard rest.isEmpty else { return .broken }
        return .complete(item.block.encoded(with: item.transactions.compactMap { $0 }))
    }

    /// Forgets blocks of heights that are decided.
    package mutating func decided(_ height: Int64) { waiting.removeAll { $0.block.height <= height } }

    private static func wish(for block: CompactBlock, _ transactions: [[UInt8]?]) -> TransactionWish? {
        let places = transactions.indices.filter { transactions[$0] == nil }.map { UInt32($0) }
        return places.isEmpty ? nil : TransactionWish(height: block.height, hash: block.hash, places: places)
    }
}

extension Replica {
    /// The transactions that a peer lacks of a block that is being decided; nil where it is not at hand, or has no such
    /// places.
    package func transactions(_ wish: TransactionWish) -> [[UInt8]]? {
        guard let block = blocks.values.first(where: { $0.id.hash == wish.hash })?.block,
            let last = wish.places.last, Int(last) < block.transactions.count
        else { return nil }
        return wish.places.map { block.transactions[Int($0)] }
    }
}
