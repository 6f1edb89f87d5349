import Codec
import Consensus
import Cryptography
import LedgerModel
import Testing

@Suite("Messages of snapshots and receipts") struct SnapshotMessageTests {
    static let content = SHA256.hash([1])

    static func offer(_ height: UInt64, manifestBytes: UInt32 = 9) -> SnapshotOffer {
        SnapshotOffer(height: height, content: content, chunkCount: 3, manifestBytes: manifestBytes)
    }

    static let messages: [SnapshotMessage] = [
        .ask, .offers(SnapshotOffers(first: 0, newest: 0, offers: [])),
        .offers(SnapshotOffers(first: 7, newest: UInt64(Int64.max), offers: [offer(1), offer(900)])),
        .wantManifest(content: content, part: .max), .wantChunk(content: content, index: 0),
        .manifest(content: content, part: 1, bytes: [1, 2]), .chunk(content: content, index: 2, bytes: []),
        .gone(content: content), .wantHeader(height: 1), .header(height: .max, signed: [1], validators: []),
    ]

    @Test(arguments: messages) func `a message reads back as it was written, and in no other spelling`(
        _ message: SnapshotMessage
    ) throws {
        let bytes = message.encoded
        #expect(try SnapshotMessage(decoding: bytes) == message)
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: bytes + [0]) }
        for count in 0..<bytes.count {
            #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: Array(bytes.prefix(count))) }
        }
    }

    @Test func `the longest chunk fits a message, one byte more does not`() throws {
        let longest = [UInt8](repeating: 7, count: SnapshotMessage.chunkBytesMax)
        let message = SnapshotMessage.chunk(content: Self.content, index: .max, bytes: longest)
        #expect(message.encoded.count <= SnapshotMessage.byteCountMax)
        #expect(try SnapshotMessage(decoding: message.encoded) == message)
        let longer = SnapshotMessage.chunk(content: Self.content, index: .max, bytes: longest + longest.prefix(64))
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: longer.encoded) }
    }

    @Test(arguments: [
        SnapshotOffers(first: 9, newest: 8, offers: []),
        SnapshotOffers(first: 1, newest: 1 << 63, offers: []),
        SnapshotOffers(first: 1, newest: 9, offers: [offer(9)]),
        SnapshotOffers(first: 1, newest: 9, offers: [offer(0)]),
        SnapshotOffers(first: 1, newest: 9, offers: [offer(4), offer(4)]),
        SnapshotOffers(first: 1, newest: 9, offers: [offer(5), offer(4)]),
        SnapshotOffers(first: 1, newest: 9, offers: [offer(4, manifestBytes: 0)]),
        SnapshotOffers(first: 1, newest: 99, offers: (1...9).map { offer($0) }),
    ])
    func `offers that cannot be are refused`(_ offers: SnapshotOffers) {
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: SnapshotMessage.offers(offers).encoded) }
    }

    @Test(arguments: [
        [] as [UInt8], [0x80], [0x00], [0x81, 0x18, 0x00], [0x81, 0x09], [0x82, 0x00, 0x00], [0x82, 0x06, 0x41, 0x00],
        [0x82, 0x20, 0x00], [0xa0], [0x83, 0x02, 0x40, 0x00],
    ])
    func `what is no message is refused`(_ bytes: [UInt8]) {
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: bytes) }
    }

    @Test func `an index beyond 32 bits and a content of another length are refused`() {
        let long = CBOR.array([3, .bytes(Self.content.bytes), .unsigned(1 << 32)]).encoded()
        let short = CBOR.array([3, .bytes(Array(Self.content.bytes.dropLast())), 1]).encoded()
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: long) }
        #expect(throws: ConsensusFault.self) { try SnapshotMessage(decoding: short) }
    }

    @Test func `a manifest's parts are full, the last one aside`() {
        let part = UInt32(SnapshotMessage.partBytes)
        #expect(Self.offer(1, manifestBytes: 1).manifestParts == 1)
        #expect(Self.offer(1, manifestBytes: part).manifestParts == 1)
        let offer = Self.offer(1, manifestBytes: part + 1)
        #expect(offer.manifestParts == 2)
        #expect((0..<2).map { offer.byteCount(ofPart: $0) } == [Int(part), 1])
        #expect(Self.offer(1, manifestBytes: .max).manifestParts == 4_096)
    }

    @Test func `a receipt's message reads back as it was written, and in no other spelling`() throws {
        let address = try #require(Address([UInt8](repeating: 3, count: 20)))
        let messages: [ReceiptMessage] = [
            .ask(Height(0)), .ask(Height(.max)),
            .answer(Height(5), validator: address, signature: [UInt8](repeating: 7, count: 64)),
        ]
        for message in messages {
            let bytes = message.encoded
            #expect(try ReceiptMessage(decoding: bytes) == message)
            for wrong in (0..<bytes.count).map({ Array(bytes.prefix($0)) }) + [bytes + [0]] {
                #expect(throws: ConsensusFault.self) { try ReceiptMessage(decoding: wrong) }
            }
        }
        // A long form of 0, a kind that is none, and a signature too short.
        let short = ReceiptMessage.answer(Height(5), validator: address, signature: [1, 2]).encoded
        for wrong in [[0x82, 0x18, 0x00, 0x05], [0x82, 0x02, 0x05], short] {
            #expect(throws: ConsensusFault.self) { try ReceiptMessage(decoding: wrong) }
        }
    }
}
