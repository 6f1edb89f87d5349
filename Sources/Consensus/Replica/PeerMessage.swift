import Codec
package import LedgerModel

/// What nodes send each other about the chain.
///
/// | kind, u8 | content |
/// |---|---|
/// | 1 status | u64 last decided height; i64 seconds, u32 nanoseconds of the sender's clock |
/// | 2 consensus | a ``ConsensusMessage`` |
/// | 3 block | the block's bytes (protobuf): a proposal's, sent after it, or what was asked for |
/// | 4 wantBlock | u64 height, 32 bytes hash of a proposed block's header |
/// | 5 wantDecided | u64 first height, u16 count |
/// | 6 decided | part: the block's bytes; part: its commit (protobuf) |
/// | 7 wantLastVote | - : asks for the last vote of the asker's key (D23) |
/// | 8 lastVote | the ``SignedMessage``, which proves itself; nothing where none is known |
/// | 9 validator | 20 bytes address, signature: the sender's node acts for that validator (``NodeBinding``) |
/// | 10 evidence | `tendermint.types.Evidence` |
/// | 11 compactBlock | a ``CompactBlock``: a proposal's, sent after it |
/// | 12 wantTransactions | u64 height, 32 bytes hash of the header, u32 each: places in the block, rising |
/// | 13 transactions | 32 bytes hash of the header; a part each: what the receiver lacked |
package enum PeerMessage: Hashable, Sendable {
    case status(ChainStatus)
    case consensus(ConsensusMessage)
    case block([UInt8])
    case wantBlock(height: Int64, hash: [UInt8])
    case wantDecided(from: Int64, count: Int)
    case decided(block: [UInt8], commit: [UInt8])
    case wantLastVote
    case lastVote(SignedMessage?)
    case validator(NodeBinding)
    case evidence(Evidence)
    case compactBlock(CompactBlock)
    case wantTransactions(TransactionWish)
    case transactions(hash: [UInt8], [[UInt8]])

    /// How urgent a message is: the network sends the first lane first.
    package enum Lane: Sendable { case votes, blocks, sync }

    package var lane: Lane {
        switch self {
        case .block, .compactBlock, .transactions: .blocks
        case .decided, .wantDecided: .sync
        default: .votes
        }
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .status(let status):
            writer.uint8(1)
            status.write(to: &writer)
        case .consensus(let message):
            writer.uint8(2)
            writer.raw(message.encoded)
        case .block(let bytes):
            writer = ByteWriter(capacity: bytes.count + 1)
            writer.uint8(3)
            writer.raw(bytes)
        case .wantBlock(let height, let hash):
            writer.uint8(4)
            writer.uint64(UInt64(height))
            writer.raw(hash)
        case .wantDecided(let height, let count):
            writer.uint8(5)
            writer.uint64(UInt64(height))
            writer.uint16(UInt16(count))
        case .decided(let block, let commit):
            writer = ByteWriter(capacity: block.count + commit.count + 9)
            writer.uint8(6)
            writer.part(block)
            writer.part(commit)
        case .wantLastVote: writer.uint8(7)
        case .lastVote(let message):
            writer.uint8(8)
            writer.raw(message?.encoded ?? [])
        case .validator(let binding):
            writer.uint8(9)
            writer.raw(binding.validator.bytes)
            writer.raw(binding.signature)
        case .evidence(let evidence):
            writer.uint8(10)
            writer.raw(evidence.encoded)
        case .compactBlock(let block):
            writer.uint8(11)
            block.write(to: &writer)
        case .wantTransactions(let wish):
            writer.uint8(12)
            wish.write(to: &writer)
        case .transactions(let hash, let transactions):
            writer.uint8(13)
            writer.raw(hash)
            for transaction in transactions { writer.part(transaction) }
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        do { self = try Self.read(bytes) } catch { throw .malformed }
    }

    private static func read(_ bytes: [UInt8]) throws -> PeerMessage {
        var reader = ByteReader(bytes)
        let kind = try reader.uint8()
        let message: PeerMessage
        switch kind {
        case 1: message = .status(try ChainStatus(from: &reader))
        case 2: message = .consensus(try ConsensusMessage(decoding: reader.bytes(reader.remaining)))
        case 3: message = .block(try reader.bytes(reader.remaining))
        case 4: message = .wantBlock(height: try reader.height(), hash: try reader.bytes(32))
        case 5: message = .wantDecided(from: try reader.height(), count: Int(try reader.uint16()))
        case 6: message = .decided(block: try reader.part(), commit: try reader.part())
        case 7: message = .wantLastVote
        case 8:
            let bytes = try reader.bytes(reader.remaining)
            message = .lastVote(bytes.isEmpty ? nil : try SignedMessage(decoding: bytes))
        case 9:
            guard let validator = Address(try reader.bytes(Address.byteCount)) else { throw ConsensusFault.malformed }
            message = .validator(NodeBinding(validator: validator, signature: try reader.bytes(64)))
        case 10: message = .evidence(try Evidence(decoding: reader.bytes(reader.remaining)))
        case 11: message = .compactBlock(try CompactBlock(from: &reader))
        case 12: message = .wantTransactions(try TransactionWish(from: &reader))
        case 13: message = .transactions(hash: try reader.bytes(32), try reader.parts())
        default: throw ConsensusFault.malformed
        }
        try reader.finish()
        return message
    }
}

extension ByteReader {
    /// All that is left: 1 to 65,536 parts, none of them empty.
    fileprivate mutating func parts() throws -> [[UInt8]] {
        var parts: [[UInt8]] = []
        while remaining > 0 {
            parts.append(try part())
            guard parts.count <= CompactBlock.countMax, parts.last?.isEmpty == false else {
                throw ConsensusFault.malformed
            }
        }
        guard !parts.isEmpty else { throw ConsensusFault.malformed }
        return parts
    }

    /// A height: u64, at most 2^63 - 1.
    mutating func height() throws -> Int64 {
        guard let height = Int64(exactly: try uint64()) else { throw ConsensusFault.malformed }
        return height
    }
}

/// How far a node is, and what its clock says.
package struct ChainStatus: Hashable, Sendable {
    /// The last decided height.
    package var height: Int64
    package var clock: Timestamp

    package init(height: Int64, clock: Timestamp) {
        self.height = height
        self.clock = clock
    }

    func write(to writer: inout ByteWriter) {
        writer.uint64(UInt64(height))
        writer.uint64(UInt64(bitPattern: clock.seconds))
        writer.uint32(UInt32(bitPattern: clock.nanoseconds))
    }

    init(from reader: inout ByteReader) throws {
        height = try reader.height()
        clock = Timestamp(
            seconds: Int64(bitPattern: try reader.uint64()), nanoseconds: Int32(bitPattern: try reader.uint32()))
        guard clock.isValid else { throw ConsensusFault.malformed }
    }
}

/// Where in the order of all votes one stands.
package struct VotePlace: Hashable, Comparable, Sendable {
    package var height: Int64
    package var round: Int32
    package var step: SignState.Step

    package init(height: Int64, round: Int32, step: SignState.Step) {
        self.height = height
        self.round = round
        self.step = step
    }

    package static func < (left: VotePlace, right: VotePlace) -> Bool {
        (left.height, left.round, left.step) < (right.height, right.round, right.step)
    }
}

extension SignedMessage {
    package var place: VotePlace { VotePlace(height: height, round: round, step: step) }
}
