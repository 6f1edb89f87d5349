import Cryptography
import Foundation
import LedgerModel
import TestSupport
import Testing

/// Reading and writing of bundle files; what they prove is tested with Verification.
@Suite(.enabled(if: VectorFolder.shouldRun("bundles")))
struct BundleFormatTests {
    static let proofs = VectorFolder.files("bundles", endingWith: ".proof.json").filter(isGood)
    static let records = VectorFolder.files("bundles", endingWith: ".record.json").filter(isGood)

    static func isGood(_ file: URL) -> Bool { file.lastPathComponent.hasPrefix("accept-") }

    @Test func `there are files`() { #expect(!Self.proofs.isEmpty && !Self.records.isEmpty) }

    @Test(arguments: proofs) func `a state proof is written as it was read`(_ file: URL) throws {
        let proof = try StateProofFile(decoding: VectorFolder.bytes(of: file))
        #expect(try StateProofFile(decoding: proof.encoded()) == proof)
    }

    @Test(arguments: records) func `a record is written as it was read, with all that it holds`(_ file: URL) throws {
        let record = try RecordBundle(decoding: VectorFolder.bytes(of: file))
        #expect(try RecordBundle(decoding: record.encoded()) == record)
        let statement = try Statement.decode(record.statement)
        #expect(statement.keyThumbprint == record.issuerKey.thumbprint)
        #expect(statement.isSigned(by: record.issuerKey))
        for receipt in record.receipts { _ = try Receipt.decode(receipt) }
        if let bytes = record.recordFile {
            let inner = try RecordFile(decoding: bytes, mediaType: try #require(record.mediaType))
            #expect(inner.encoded == bytes)
        }
    }

    @Test(arguments: records.prefix(1)) func `no bit of a statement or receipt is free`(_ file: URL) throws {
        let record = try RecordBundle(decoding: VectorFolder.bytes(of: file))
        let statement = record.statement
        for bit in 0..<statement.count * 8 {
            var damaged = statement
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let read = try? Statement.decode(damaged) { #expect(!read.isSigned(by: record.issuerKey), "bit \(bit)") }
        }
    }
}
