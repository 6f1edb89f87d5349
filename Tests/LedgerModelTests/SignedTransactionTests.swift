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
            .transfer(TransferMessage(from: account, to: AccountID(Self.digest), amount: .max)),
            .updateValidators(
                UpdateValidatorsMessage(
                    authority: account,
                    updates: [
                        .leave(consensusKey: Self.digest.bytes),
                        .join(
                            .init(
                                consensusKey: SHA256.hash([1]).bytes, power: ValidatorSet.powerMax,
                                operatorName: "grove", receiptKey: key.publicKey)),
                    ])),
        ]
        let made = try SignedTransaction.sign(Self.body([key], messages: messages), on: Self.ledger(), keys: [key])
        #expect(made.body.messages == messages)
    }

    @Test func `a fee is part of what is signed, and none of it changes no byte`() throws {
        let key = try SigningKey.generate(.edDSA)
        var body = Self.body([key])
        let free = body.encoded()
        body.fee = Amount(7)
        #expect(try TransactionBody(decoding: body.encoded()) == body)
        #expect(body.encoded() != free && body.rulesVersionMin == 2)
        body.fee = .zero
        #expect(body.encoded() == free && body.rulesVersionMin == 1)
    }

    @Test func `fees in another spelling are refused`() throws {
        let map = try #require(try CBOR.decode(Self.body([try SigningKey.generate(.edDSA)]).encoded()).map)
        let values: [CBOR] = [
            .bytes(Amount.zero.bytes), .bytes([1]), .bytes([UInt8](repeating: 1, count: 33)), .unsigned(1), .text("1"),
        ]
        for value in values {
            let bytes = CBOR.map(map + [CBOR.Entry(key: 6, value: value)]).encoded()
            #expect(throws: LedgerModelFailure.self) { _ = try TransactionBody(decoding: bytes) }
        }
    }

    @Test func `transfers and validator updates in another spelling are refused`() throws {
        let (account, key) = (CBOR.bytes(Self.digest.bytes), CBOR.bytes(SHA256.hash([1]).bytes))
        let amount = CBOR.bytes(Amount(1).bytes)
        let receipt = try SigningKey.generate(.edDSA).publicKey.cbor
        func update(_ rows: CBOR...) -> CBOR { .array([7, account, .array(rows)]) }
        let messages: [CBOR] = [
            .array([6, account, account, .bytes(Amount.zero.bytes)]), .array([6, account, account, .unsigned(1)]),
            .array([6, account, .bytes([1]), amount]), .array([6, account, account]),
            .array([6, account, account, amount, 0]),
            update(), update(.array([key])), update(.array([key, 0, "grove", receipt])), update(.array([key, 1])),
            update(.array([key, -1])), update(.array([.bytes([1]), 0])), update(.array([key, 0]), .array([key, 0])),
            update(.array([key, .integer(1 << 60), "grove", receipt])), update(.array([key, 1, "", receipt])),
            update(.array([key, 1, .text(String(repeating: "a", count: 129)), receipt])),
            update(.array([key, 1, "a\u{1b}[2J", receipt])), update(.array([key, 1, "a\u{9b}2J", receipt])),
            update(.array([key, 1, "grove", try SigningKey.generate(.es256).publicKey.cbor])),
            .array([7, account, 0]), .array([8, account, account, amount]),
        ]
        let map = try #require(try CBOR.decode(Self.body([try SigningKey.generate(.edDSA)]).encoded()).map)
        for message in messages {
            let bytes = CBOR.map(map.filter { $0.key != 5 } + [CBOR.Entry(key: 5, value: .array([message]))]).encoded()
            #expect(throws: LedgerModelFailure.self) { _ = try TransactionBody(decoding: bytes) }
        }
        let good = update(.array([key, 0]), .array([account, 1, "grove", receipt]))
        _ = try TransactionBody(
            decoding: CBOR.map(map.filter { $0.key != 5 } + [CBOR.Entry(key: 5, value: .array([good]))]).encoded())
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
