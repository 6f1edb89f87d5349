import Cryptography
import GatewayStore
import LedgerModel
import Testing

@testable import Records

@Suite struct IssuerTests {
    static func issuer() throws -> Issuer {
        let key = try SigningKey(.edDSA, secret: [UInt8](repeating: 3, count: 32))
        return Issuer(
            ledger: LedgerIdentity(chainID: try ChainID("issuer-1"), genesisHash: SHA256.hash([1])),
            account: AccountID(key.publicKey.thumbprint), key: key)
    }

    static func records(_ count: Int) -> [NewRecord] {
        (0..<count).map { number in
            let bytes = SHA256.hash([UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]).bytes
            return NewRecord(
                rid: bytes, mediaType: "text/plain", payload: [1], keyGroup: 1, wrap: [2], commitment: bytes)
        }
    }

    /// Around one lane, and more lanes than cores.
    @Test(arguments: [0, 1, 63, 64, 65, 1_000])
    func `statements stand in the order of their records, whichever core signed them`(count: Int) throws {
        let issuer = try Self.issuer()
        let records = Self.records(count)
        let batch = try issuer.sign(records, first: 500, now: 1_000)
        #expect(batch.statements.count == count)
        for (offset, bytes) in batch.statements.enumerated() {
            let statement = try Statement.decode(bytes)
            #expect(statement.sequence == 500 + UInt64(offset))
            #expect(statement.recordHash.bytes == records[offset].commitment)
            #expect(statement.isSigned(by: issuer.key.publicKey))
        }
        #expect(batch.anchors.map(\.count) == (count == 0 ? [] : [count]))
    }

    @Test func `one more record than an anchor takes makes two anchors`() throws {
        let batch = try Self.issuer().sign(Self.records(Issuer.recordsPerAnchor + 1), first: 7, now: 1_000)
        #expect(batch.anchors.map(\.count) == [Issuer.recordsPerAnchor, 1])
        #expect(batch.anchors.map(\.firstNumber) == [7, 7 + UInt64(Issuer.recordsPerAnchor)])
    }
}
