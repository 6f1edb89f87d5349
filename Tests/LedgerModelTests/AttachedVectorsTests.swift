import Codec
import Cryptography
import Testing

@testable import LedgerModel

/// Vectors beside a transaction: which are refused, and what is left where they were taken off.
struct AttachedVectorsTests {
    static func put(_ seed: Int, count: Int = 2, dimension: Int = 3, by account: AccountID) -> Message {
        .putVectors(
            PutVectorsMessage(
                writer: account, collection: 1,
                entries: (0..<count).map { row in
                    PutVectorsMessage.Entry(
                        subject: VectorSubject(kind: 1, id: SHA256.hash([UInt8(row)])),
                        vector: (0..<dimension).map { Int8(seed + row * dimension + $0) })
                }))
    }

    struct Fixture {
        let ledger: LedgerIdentity
        let keys: [SigningKey]
        let made: SignedTransaction

        /// Two messages with vectors, and one without between them.
        init(signers: Int = 1) throws {
            ledger = try SignedTransactionTests.ledger()
            keys = try (0..<signers).map { _ in try SigningKey.generate(.edDSA) }
            let account = AccountID(keys[0].publicKey.thumbprint)
            let messages: [Message] = [
                put(1, by: account),
                .deleteVectors(
                    DeleteVectorsMessage(
                        writer: account, collection: 1, subjects: [VectorSubject(kind: 1, id: SHA256.hash([0]))])),
                put(50, count: 1, dimension: 5, by: account),
            ]
            made = try SignedTransaction.sign(
                SignedTransactionTests.body(keys, messages: messages), on: ledger, keys: keys)
        }

        func read(_ bytes: [UInt8]) throws(LedgerModelFailure) -> SignedTransaction {
            try SignedTransaction(decoding: bytes, on: ledger)
        }

        /// The transaction with another unprotected header.
        func with(_ unprotected: CBOR) throws -> [UInt8] {
            guard keys.count > 1 else {
                var message = try COSESign1.decode(made.encoded)
                message.unprotected = unprotected
                return message.encoded()
            }
            let message = try COSESign.decode(made.encoded)
            return COSESign(
                protected: message.protected, unprotected: unprotected, payload: message.payload,
                signatures: message.signatures
            ).encoded()
        }

        func with(_ list: [[UInt8]]) throws -> [UInt8] { try with(AttachedVectors.header(list)) }
    }

    @Test(arguments: [1, 2]) func `vectors travel unsigned, and come back into their messages`(_ signers: Int) throws {
        let fixture = try Fixture(signers: signers)
        let read = try fixture.read(fixture.made.encoded)
        #expect(read == fixture.made)
        #expect(read.body.attachedVectors == [[0, 3, 1, 2, 3, 4, 5, 6], [0, 5, 50, 51, 52, 53, 54]])
        #expect(SignedTransaction.isWhole(fixture.made.encoded))
    }

    @Test(arguments: [1, 2]) func `any other list, label or kind of value is refused`(_ signers: Int) throws {
        let fixture = try Fixture(signers: signers)
        let list = fixture.made.body.attachedVectors
        let label = COSELabel.vectors
        let rows = CBOR.array(list.map { .bytes($0) })
        var wrong: [[UInt8]] = []
        for other in [
            [list[0]], [list[1]], [list[1], list[0]], [list[0], list[0]], list + [list[1]], list + [[]], [[], []],
            [[0, 2] + list[0][2...], list[1]], [[0, 6] + list[0][2...], list[1]], [[0, 0], list[1]],
            [list[0] + [7], list[1]], [list[0].dropLast(), list[1]], [Array(list[0][2...]), list[1]],
        ] { wrong.append(try fixture.with(other)) }
        for header: CBOR in [
            .map([.init(label, .array([]))]), .map([.init(label, .bytes(list[0]))]), .map([.init(label, .null)]),
            .map([.init(label, .array([.bytes(list[0]), .array([.bytes(list[1])])]))]),
            .map([.init(-65_543, rows)]), .map([.init(5, rows)]), .map([.init(label, rows), .init(-65_543, rows)]),
            .map([.init(5, .bytes([1])), .init(label, rows)]), .map([]),
        ] { wrong.append(try fixture.with(header)) }
        for (index, bytes) in wrong.enumerated() {
            #expect(throws: LedgerModelFailure.self, "\(index)") { _ = try fixture.read(bytes) }
        }
        #expect(try fixture.read(fixture.with(list)) == fixture.made)
    }

    @Test func `vectors that no message asks for are refused`() throws {
        let key = try SigningKey.generate(.edDSA)
        let made = try SignedTransaction.sign(
            SignedTransactionTests.body([key]), on: SignedTransactionTests.ledger(), keys: [key])
        var message = try COSESign1.decode(made.encoded)
        for list in [[], [.bytes([])], [.bytes([0, 1, 7])]] as [[CBOR]] {
            message.unprotected = .map([.init(COSELabel.vectors, .array(list))])
            #expect(throws: LedgerModelFailure.self) {
                _ = try SignedTransaction(decoding: message.encoded(), on: SignedTransactionTests.ledger())
            }
            #expect(!SignedTransaction.isWhole(message.encoded()))
        }
        #expect(SignedTransaction.stripped(made.encoded) == made.encoded)
    }

    @Test func `a message's vectors all have one dimension`() throws {
        let key = try SigningKey.generate(.edDSA)
        let account = AccountID(key.publicKey.thumbprint)
        let subject = VectorSubject(kind: 1, id: SHA256.hash([1]))
        for vectors: [[Int8]] in [
            [[1, 2], [3]], [[1], [2, 3]], [[]], [[1], []], [[Int8](repeating: 0, count: 4_097)],
        ] {
            let message = PutVectorsMessage(
                writer: account, collection: 1, entries: vectors.map { .init(subject: subject, vector: $0) })
            #expect(throws: LedgerModelFailure.self) {
                _ = try SignedTransaction.sign(
                    SignedTransactionTests.body([key], messages: [.putVectors(message)]),
                    on: SignedTransactionTests.ledger(), keys: [key])
            }
        }
    }

    @Test(arguments: [1, 2]) func `no bit of a transaction with vectors is free`(_ signers: Int) throws {
        let fixture = try Fixture(signers: signers)
        let whole = fixture.made.encoded
        let leaf = SignedTransaction.stripped(whole)
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            // No other whole transaction has this one's leaf.
            #expect(SignedTransaction.stripped(damaged) != leaf || !SignedTransaction.isWhole(damaged), "bit \(bit)")
            guard let read = try? fixture.read(damaged) else { continue }
            let isSigned = fixture.keys.enumerated().allSatisfy {
                read.isSigned(at: $0.offset, by: $0.element.publicKey)
            }
            #expect(!isSigned && SignedTransaction.isWhole(damaged), "bit \(bit)")
        }
    }

    @Test(arguments: [1, 2]) func `a stripped transaction keeps its id and its leaf, and is no transaction`(
        _ signers: Int
    ) throws {
        let fixture = try Fixture(signers: signers)
        let whole = fixture.made.encoded
        let stripped = SignedTransaction.stripped(whole)
        #expect(try stripped == fixture.with(.map([.init(COSELabel.vectors, .array([]))])))
        #expect(SignedTransaction.stripped(stripped) == stripped)
        #expect(SignedTransaction.id(reading: stripped, on: fixture.ledger) == fixture.made.id)
        #expect(SignedTransaction.id(reading: whole, on: fixture.ledger) == fixture.made.id)
        #expect(Block.dataHash([whole]) == Block.dataHash([stripped]))
        #expect(!SignedTransaction.isWhole(stripped))
        #expect(throws: LedgerModelFailure.self) { _ = try fixture.read(stripped) }
        // Without the label it is another leaf.
        #expect(try Block.dataHash([fixture.with(.map([]))]) != Block.dataHash([whole]))
        #expect(SignedTransaction.id(reading: stripped.dropLast(), on: fixture.ledger) == nil)
    }

    @Test func `what cannot be read is left as it is`() throws {
        let whole = try Fixture().made.encoded
        for count in 0..<whole.count {
            let cut = Array(whole[..<count])
            let lost = count - SignedTransaction.stripped(cut).count
            #expect(lost == 0 || lost == whole.count - SignedTransaction.stripped(whole).count, "\(count)")
        }
        for bytes: [UInt8] in [
            [], [0xd2], [0xd2, 0x84], [0xd2, 0x84, 0x5a, 0xff, 0xff, 0xff, 0xff], [0xd2, 0x84, 0x5b],
        ] {
            #expect(SignedTransaction.stripped(bytes) == bytes && SignedTransaction.isWhole(bytes))
        }
        // A list that claims more than there is.
        let head: [UInt8] = [0xd2, 0x84, 0x40, 0xa1, 0x3a, 0x00, 0x01, 0x00, 0x05]
        for list: [UInt8] in [[0x81], [0x81, 0x42, 0], [0x9a, 0xff, 0xff, 0xff, 0xff], [0x9f], [0x81, 0x80]] {
            #expect(SignedTransaction.stripped(head + list) == head + list)
        }
        #expect(SignedTransaction.stripped(head + [0x81, 0x41, 9, 1]) == head + [0x80, 1])
    }
}
