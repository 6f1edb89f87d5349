import Codec
import Cryptography
import LedgerModel
import Testing

@testable import Consensus

/// Blocks with vectors: a header names one block, though its data hash leaves the vectors out.
struct WholeBlockTests {
    static func transaction() throws -> [UInt8] {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))
        let account = AccountID(key.publicKey.thumbprint)
        let put = PutVectorsMessage(
            writer: account, collection: 1,
            entries: [.init(subject: VectorSubject(kind: 1, id: SHA256.hash([1])), vector: [1, 2, 3])])
        let body = TransactionBody(
            signers: [account], feePayer: account, validUntil: 9, sequence: nil, messages: [.putVectors(put)])
        let ledger = LedgerIdentity(chainID: try ChainID("grove-1"), genesisHash: .zero)
        return try SignedTransaction.sign(body, on: ledger, keys: [key]).encoded
    }

    static func with(_ list: [[UInt8]], in transaction: [UInt8]) throws -> [UInt8] {
        var message = try COSESign1.decode(transaction)
        message.unprotected = .map([.init(-65_542, .array(list.map { .bytes($0) }))])
        return message.encoded()
    }

    @Test func `a block is read with the vectors of its transactions and with no others`() throws {
        let transaction = try Self.transaction()
        let whole = CompactBlockTests.block([[7], transaction])
        #expect(try ProposedBlock(decoding: whole.encoded) == whole)
        for list: [[UInt8]] in [[], [[0, 3, 1, 2, 4]], [[0, 3, 1, 2]], [[0, 3, 1, 2, 3], []], [[0, 1, 1, 2, 3]]] {
            let other = CompactBlockTests.block([[7], try Self.with(list, in: transaction)])
            #expect(other.block.header.hash == whole.block.header.hash && other.id != whole.id)
            #expect(throws: ConsensusFault.malformed, "\(list)") { try ProposedBlock(decoding: other.encoded) }
        }
        #expect(try Self.with([[0, 3, 1, 2, 3]], in: transaction) == transaction)
    }

    @Test func `a block put together with other vectors than its hashes name is its sender's fault`() throws {
        let transaction = try Self.transaction()
        let forged = try Self.with([[0, 3, 1, 2, 4]], in: transaction)
        let block = CompactBlock(CompactBlockTests.block([transaction]))
        var blocks = CompactBlocks()
        #expect(blocks.take(block, from: CompactBlockTests.one, held: CompactBlockTests.held([forged])) != .unexpected)
        #expect(blocks.take([forged], of: block.hash, from: CompactBlockTests.one) == .broken)
    }
}
