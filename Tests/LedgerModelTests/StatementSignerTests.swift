import Codec
import Cryptography
import Testing

@testable import LedgerModel

@Suite struct StatementSignerTests {
    /// Numbers whose encodings have each of CBOR's five lengths.
    static let numbers: [UInt64] = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1 << 32 - 1, 1 << 32, .max]

    static func parts() throws -> (ledger: LedgerIdentity, issuer: AccountID, key: SigningKey) {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))
        let ledger = LedgerIdentity(chainID: try ChainID("signer-1"), genesisHash: SHA256.hash([1]))
        return (ledger, AccountID(key.publicKey.thumbprint), key)
    }

    @Test(arguments: numbers) func `a statement says what it was made for`(number: UInt64) throws {
        let (ledger, issuer, key) = try Self.parts()
        let signer = StatementSigner(issuer: issuer, ledger: ledger, key: key)
        let statement = try Statement.decode(signer.sign(SHA256.hash([9]), sequence: number))
        #expect(statement.sequence == number)
        #expect(statement.recordHash == SHA256.hash([9]))
        #expect(statement.issuer == ledger.did(issuer))
        #expect(statement.genesisHash == ledger.genesisHash)
        #expect(statement.isSigned(by: key.publicKey))
        let other = try SigningKey(.edDSA, secret: [UInt8](repeating: 4, count: 32))
        #expect(!statement.isSigned(by: other.publicKey))
    }

    @Test(arguments: numbers) func `its header is the one that is encoded as a whole`(number: UInt64) throws {
        let (ledger, issuer, key) = try Self.parts()
        let message = try COSESign1.decode(
            StatementSigner(issuer: issuer, ledger: ledger, key: key).sign(SHA256.hash([9]), sequence: number))
        #expect(
            message.protected
                == Statement.header(sequence: number, issuer: issuer, ledger: ledger, key: key.publicKey))
    }

    @Test func `a statement of another number does not carry this one's signature`() throws {
        let (ledger, issuer, key) = try Self.parts()
        let signer = StatementSigner(issuer: issuer, ledger: ledger, key: key)
        var one = try COSESign1.decode(signer.sign(SHA256.hash([9]), sequence: 1))
        one.signature = try COSESign1.decode(signer.sign(SHA256.hash([9]), sequence: 2)).signature
        #expect(!one.isSigned(by: key.publicKey))
    }
}
