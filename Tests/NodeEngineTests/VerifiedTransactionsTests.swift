import Codec
import Cryptography
import LedgerModel
import LedgerRuntime
import Testing

@testable import NodeEngine

@Suite("Transactions whose signatures were checked") struct VerifiedTransactionsTests {
    private static let key = try? SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))

    private static func transaction(
        _ number: UInt64, on ledger: LedgerIdentity? = nil
    ) throws -> SignedTransaction {
        let key = try #require(key)
        let account = AccountID(key.publicKey.thumbprint)
        let body = TransactionBody(
            signers: [account], feePayer: account, validUntil: number, sequence: nil,
            messages: [.transfer(TransferMessage(from: account, to: account, amount: Amount(1)))])
        let grove = LedgerIdentity(chainID: try ChainID("grove-1"), genesisHash: .zero)
        return try SignedTransaction.sign(body, on: ledger ?? grove, keys: [key])
    }

    @Test func `only the very bytes that were checked count as checked`() throws {
        let good = try Self.transaction(5)
        var forged = good.encoded
        forged[forged.count - 1] ^= 1
        let verified = VerifiedTransactions()
        #expect(verified.transaction(good.encoded) == nil)
        verified.insert(good, hash: SHA256.hash(good.encoded))
        #expect(verified.transaction(good.encoded) == good)
        #expect(verified.transaction(forged) == nil)
    }

    @Test func `what a block brings is checked once, and remembered only if its signature holds`() throws {
        let key = try #require(Self.key).publicKey
        let validator = Genesis.Validator(
            consensusKey: EvidenceJudgeTests.bytes(try #require(Self.key)), power: 1, operatorName: "o", receiptKey: key
        )
        func genesis(_ accounts: [Genesis.Account]) throws -> Genesis {
            Genesis(
                chainID: try ChainID("grove-1"), time: 0, rulesVersion: 2, validators: [validator], accounts: accounts)
        }
        let ledger = try genesis([Genesis.Account(id: AccountID(key.thumbprint), keys: [key])])
        let stranger = BlockState(try genesis([]).state())
        let (state, verified) = (BlockState(try ledger.state()), VerifiedTransactions())
        func check(_ bytes: [UInt8], in state: BlockState) -> SignedTransaction? {
            verified.transaction(bytes, on: ledger.ledger, checkedFor: Height(1), in: state)
        }
        let good = try Self.transaction(5, on: ledger.ledger)
        var forged = good.encoded
        forged[forged.count - 1] ^= 1
        #expect(check(good.encoded, in: stranger) == nil)
        #expect(check(forged, in: state) == nil)
        #expect(check([1, 2, 3], in: state) == nil)
        #expect(check(try Self.transaction(5).encoded, in: state) == nil, "of another ledger")
        #expect(verified.transaction(good.encoded) == nil)
        #expect(check(good.encoded, in: state) == good)
        #expect(verified.transaction(good.encoded) == good)
        #expect(verified.transaction(forged) == nil)
        #expect(check(good.encoded, in: stranger) == good, "what was checked once is not checked again")
    }

    @Test func `a transaction with other vectors, of the same id and signature, is another one`() throws {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))
        let account = AccountID(key.publicKey.thumbprint)
        let ledger = LedgerIdentity(chainID: try ChainID("grove-1"), genesisHash: .zero)
        let put = PutVectorsMessage(
            writer: account, collection: 1,
            entries: [.init(subject: VectorSubject(kind: 1, id: .zero), vector: [1, 2])])
        let good = try SignedTransaction.sign(
            TransactionBody(
                signers: [account], feePayer: account, validUntil: 5, sequence: nil, messages: [.putVectors(put)]),
            on: ledger, keys: [key])
        var message = try COSESign1.decode(good.encoded)
        message.unprotected = .map([.init(-65_542, .array([.bytes([0, 2, 1, 3])]))])
        let forged = message.encoded()
        #expect(SignedTransaction.id(reading: forged, on: ledger) == good.id)
        #expect(throws: LedgerModelFailure.self) { try SignedTransaction(decoding: forged, on: ledger) }
        let verified = VerifiedTransactions()
        verified.insert(good, hash: SHA256.hash(good.encoded))
        #expect(verified.transaction(forged) == nil)
        verified.remove([forged])
        #expect(verified.transaction(good.encoded) == good)
    }

    @Test func `what a block held is forgotten, and may be known again`() throws {
        let (first, second) = (try Self.transaction(1), try Self.transaction(2))
        let verified = VerifiedTransactions()
        for one in [first, second] { verified.insert(one, hash: SHA256.hash(one.encoded)) }
        verified.remove([first.encoded, [1, 2, 3]])
        #expect(verified.transaction(first.encoded) == nil)
        #expect(verified.transaction(second.encoded) == second)
        verified.insert(first, hash: SHA256.hash(first.encoded))
        #expect(verified.transaction(first.encoded) == first)
    }

    @Test func `beyond the limit the oldest are forgotten, whatever blocks held meanwhile`() throws {
        let one = try Self.transaction(1)
        let verified = VerifiedTransactions()
        func hash(_ number: Int) -> Digest { SHA256.hash(Array("\(number)".utf8)) }
        for number in 0..<3 * VerifiedTransactions.countMax {
            verified.insert(one, hash: hash(number))
            if number % 3 == 0 { verified.remove([Array("\(number)".utf8)]) }
        }
        let kept = (0..<3 * VerifiedTransactions.countMax).filter { verified.transaction(hash: hash($0)) != nil }
        #expect(kept.count == VerifiedTransactions.countMax)
        #expect(kept.last == 3 * VerifiedTransactions.countMax - 1)
        #expect(kept.first == 3 * VerifiedTransactions.countMax / 2 + 1)
    }
}
