import Codec
import Cryptography
import Testing

@testable import LedgerModel

/// Messages about collections of vectors: the one spelling, and what no other may do.
struct VectorMessageTests {
    static let digest = SHA256.hash(Array("subject".utf8))
    static let account = AccountID(digest)
    static let terms = CollectionTerms(
        metric: 2, policy: 1, isPublic: true, dimension: 384, scale: 7, countMax: 1_000, normMax: 0, deposit: 5)

    static func read(_ message: CBOR, vectors: [[UInt8]] = []) -> Message? {
        let body = CBOR.map([
            .init(1, .array([.bytes(digest.bytes)])), .init(2, .bytes(digest.bytes)), .init(3, 9),
            .init(5, .array([message])),
        ])
        return try? TransactionBody(decoding: body.encoded(), vectors: vectors).messages.first
    }

    @Test func `each kind is read as it was made, and needs version 3 of the rules`() throws {
        let subject = VectorSubject(kind: .max, id: Self.digest)
        let messages: [Message] = [
            .createCollection(
                CreateCollectionMessage(
                    owner: Self.account, name: try #require(CollectionName("cards")), terms: Self.terms)),
            .putVectors(
                PutVectorsMessage(
                    writer: Self.account, collection: .max,
                    entries: [
                        .init(subject: subject, tag: .max, vector: [-128, -1, 0, 1, 127]),
                        .init(subject: subject, vector: [1, 2, 3, 4, 5]),
                    ])),
            .putVectors(
                PutVectorsMessage(
                    writer: Self.account, collection: 0,
                    entries: [
                        .init(subject: subject, vector: [Int8](repeating: 3, count: PutVectorsMessage.dimensionMax))
                    ])),
            .deleteVectors(DeleteVectorsMessage(writer: Self.account, collection: 0, subjects: [subject, subject])),
        ]
        let body = TransactionBody(
            signers: [Self.account], feePayer: Self.account, validUntil: 9, sequence: nil, messages: messages)
        #expect(try TransactionBody(decoding: body.encoded(), vectors: body.attachedVectors) == body)
        #expect(body.rulesVersionMin == 3 && messages.allSatisfy { $0.account == Self.account })
    }

    private static func create(_ change: (inout [CBOR]) -> Void = { _ in }) -> Message? {
        var items: [CBOR] = [8, .bytes(digest.bytes), "cards", 2, 1, .boolean(true), 384, 7, 1_000, 0, 5]
        change(&items)
        return read(.array(items))
    }

    @Test func `a collection with a member too few, too many, too large or of another kind is refused`() {
        #expect(Self.create() != nil)
        let most: [(Int, CBOR)] = [
            (3, 256), (4, 256), (6, 65_536), (7, 256), (8, .unsigned(1 << 32)), (9, .unsigned(1 << 32)),
        ]
        for (index, value) in most { #expect(Self.create { $0[index] = value } == nil, "\(index)") }
        for index in 1..<11 {
            #expect(Self.create { $0.remove(at: index) } == nil, "\(index)")
            for value in [CBOR.null, -1, .array([]), .float(1)] {
                #expect(Self.create { $0[index] = value } == nil, "\(index)")
            }
        }
        #expect(Self.create { $0.append(0) } == nil)
        #expect(Self.create { $0[5] = 1 } == nil)
    }

    @Test(arguments: ["", "/", "a/b", "A", "-a", ".a", "a b", "ä", "a\n", String(repeating: "a", count: 65)])
    func `other names are refused`(_ text: String) {
        #expect(CollectionName(text) == nil)
        #expect(Self.create { $0[2] = .text(text) } == nil)
    }

    @Test(arguments: ["a", "0", "cards.v2_x-y", String(repeating: "a", count: 64)])
    func `names are plain characters`(_ text: String) { #expect(CollectionName(text)?.text == text) }

    @Test func `puts and deletes in another spelling are refused`() {
        let (account, id) = (CBOR.bytes(Self.digest.bytes), CBOR.bytes(Self.digest.bytes))
        let digest = CBOR.bytes(AttachedVectors.digest([0, 2, 1, 2]).bytes)
        func put(_ rows: CBOR...) -> CBOR { .array([9, account, 1, .array(rows), digest]) }
        func delete(_ rows: CBOR...) -> CBOR { .array([10, account, 1, .array(rows)]) }
        func read(_ message: CBOR) -> Message? { Self.read(message, vectors: [[0, 2, 1, 2]]) }
        #expect(read(put(.array([1, id, 0]))) != nil && Self.read(delete(.array([1, id]))) != nil)
        let wrong: [CBOR] = [
            put(), put(.array([1, id])), put(.array([1, id, 0, .bytes([1, 2])])), put(.array([65_536, id, 0])),
            put(.array([1, .bytes([1]), 0])), put(.array([1, id, .unsigned(1 << 32)])), put(.array([1, id, -1])),
            put(.array([1, id, 0]), 1), put(.array([1, id, 0]), .array([1, id, 0])),
            .array([9, account, .unsigned(1 << 32), .array([.array([1, id, 0])]), digest]),
            .array([9, account, .array([.array([1, id, 0])]), digest]),
            .array([9, account, 1, .array([.array([1, id, 0])])]),
            .array([9, account, 1, .array([.array([1, id, 0])]), .bytes([1])]),
            .array([9, account, 1, .array([.array([1, id, 0])]), .array([digest])]),
            .array([9, account, 1, .array([.array([1, id, 0])]), digest, digest]),
        ]
        for (index, message) in wrong.enumerated() { #expect(read(message) == nil, "\(index)") }
        let others: [CBOR] = [
            delete(), delete(.array([1])), delete(.array([1, id, 0])), delete(.array([65_536, id])),
            delete(.array([1, .bytes([])])), delete(.array([1, id]), id), .array([10, account, -1, .array([])]),
            .array([10, account, 1, id]), .array([11, account, 1, .array([.array([1, id])])]),
        ]
        for (index, message) in others.enumerated() { #expect(Self.read(message) == nil, "\(index)") }
    }

    @Test func `a listing is read as it was written, and nothing else is one`() throws {
        let listing = CollectionListing(
            owner: Self.account, name: try #require(CollectionName("cards")), height: Height(7),
            time: Timestamp(nanosecondsSince1970: 8))
        let bytes = listing.encoded()
        #expect(try CollectionListing(decoding: bytes) == listing)
        #expect(throws: LedgerModelFailure.self) { try CollectionListing(decoding: Array(bytes.dropLast())) }
        #expect(throws: LedgerModelFailure.self) { try CollectionListing(decoding: bytes + [0]) }
        #expect(throws: LedgerModelFailure.self) {
            try CollectionListing(decoding: CBOR.array([1, 2, 3, 4]).encoded())
        }
        #expect(CollectionKeys.number(nil) == 0 && CollectionKeys.number([0, 0, 1]) == 0)
        #expect(CollectionKeys.number([0, 0, 1, 2]) == 258)
    }
}
