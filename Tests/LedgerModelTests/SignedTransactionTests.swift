import Codec
import Cryptography
import LedgerModel
import Testing

/// The one spelling of a transaction (D5), and what no other spelling may do.
struct SignedTransactionTests {
    static func ledger(_ text: String = "grove-1") throws -> LedgerIdentity {
        LedgerIdentity(chainID: try ChainID(text), genesisHash: SHA256.hash(Array("genesis".utf8)))
    }

    static let digest = SHA256.hash(Array("something".utf8))

    static func body(_ keys: [SigningKey], messages: [Message]? = nil) -> TransactionBody {
        let signers = keys.map { AccountID($0.publicKey.thumbprint) }
        return TransactionBody(
            signers: signers, feePayer: signers[0], validUntil: 1_790_000_000_000_000_000, sequence: nil,
            messages: messages ?? [
                .anchor(
                    AnchorMessage(
                        issuer: signers[0], first: 7,
                        records: [AnchorMessage.Record(rid: digest.bytes, statementHash: digest)]))
            ])
    }

    static let algorithms: [COSEAlgorithm] = [.edDSA, .es256, .es256K]

    @Test(arguments: algorithms) func `one signer's transaction is read as it was made`(_ algorithm: COSEAlgorithm)
        throws
    {
        let key = try SigningKey.generate(algorithm)
        let made = try SignedTransaction.sign(Self.body([key]), on: Self.ledger(), keys: [key])
        let read = try SignedTransaction(decoding: made.encoded, on: Self.ledger())
        #expect(read == made)
        #expect(read.isSigned(at: 0, by: key.publicKey))
        #expect(!read.isSigned(at: 0, by: try SigningKey.generate(algorithm).publicKey))
    }

    @Test func `several signers each sign, in their order`() throws {
        let keys = try Self.algorithms.map { try SigningKey.generate($0) }
        let made = try SignedTransaction.sign(Self.body(keys), on: Self.ledger(), keys: keys)
        for (index, key) in keys.enumerated() { #expect(made.isSigned(at: index, by: key.publicKey)) }
        #expect(!made.isSigned(at: 0, by: keys[1].publicKey))
    }

    @Test func `every kind of message is read as it was made`() throws {
        let key = try SigningKey.generate(.edDSA)
        let account = AccountID(key.publicKey.thumbprint)
        let messages: [Message] = [
            .tombstone(TombstoneMessage(issuer: account, rid: Self.digest.bytes, reason: 1, time: 2)),
            .addKey(AddKeyMessage(account: account, key: try SigningKey.generate(.es256).publicKey)),
            .endKey(EndKeyMessage(account: account, thumbprint: Self.digest, last: Height(9))),
            .registerSchema(
                RegisterSchemaMessage(
                    account: account, schema: try #require(SchemaName("orders")), version: 1,
                    mediaType: try #require(SchemaMediaType("application/schema+json")), digest: Self.digest)),
        ]
        let made = try SignedTransaction.sign(Self.body([key], messages: messages), on: Self.ledger(), keys: [key])
        #expect(made.body.messages == messages)
    }

    @Test func `a signature for one ledger is none for another`() throws {
        let key = try SigningKey.generate(.edDSA)
        let made = try SignedTransaction.sign(Self.body([key]), on: Self.ledger(), keys: [key])
        let read = try SignedTransaction(decoding: made.encoded, on: Self.ledger("grove-2"))
        #expect(read.id != made.id)
        #expect(!read.isSigned(at: 0, by: key.publicKey))
    }

    @Test(arguments: [1, 2]) func `no bit of a transaction is free`(_ signers: Int) throws {
        let keys = try (0..<signers).map { _ in try SigningKey.generate(.edDSA) }
        let ledger = try Self.ledger()
        let made = try SignedTransaction.sign(Self.body(keys), on: ledger, keys: keys)
        for bit in 0..<made.encoded.count * 8 {
            var damaged = made.encoded
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let read = try? SignedTransaction(decoding: damaged, on: ledger) else { continue }
            let isSigned = keys.enumerated().allSatisfy { read.isSigned(at: $0.offset, by: $0.element.publicKey) }
            #expect(!isSigned, "bit \(bit)")
        }
    }

    @Test func `bodies that no transaction may have are refused`() throws {
        let key = try SigningKey.generate(.edDSA)
        let good = Self.body([key])
        var nothing = good
        nothing.messages = []
        var stranger = good
        stranger.feePayer = AccountID(Self.digest)
        for body in [nothing, stranger] {
            #expect(throws: LedgerModelFailure.self) { _ = try TransactionBody(decoding: body.encoded()) }
        }
        let map = try #require(try CBOR.decode(good.encoded()).map)
        let unknown = CBOR.map(map + [CBOR.Entry(key: 6, value: 1)])
        let kind = CBOR.map(map.filter { $0.key != 5 } + [CBOR.Entry(key: 5, value: .array([.array([99, 1])]))])
        for cbor in [unknown, kind, CBOR.map(Array(map.dropLast()))] {
            #expect(throws: LedgerModelFailure.self) { _ = try TransactionBody(decoding: cbor.encoded()) }
        }
        #expect(throws: LedgerModelFailure.self) { _ = try TransactionBody(decoding: good.encoded() + [0]) }
    }
}
