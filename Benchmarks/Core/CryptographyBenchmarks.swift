import Cryptography
import LedgerModel

/// The primitives that everything else is bound by, and statements over them.
enum CryptographyBenchmarks {
    static func run() throws {
        let block = [UInt8](repeating: 7, count: 64)
        Harness.report("sha256.hash bytes=64", items: 100_000, note: "; the ceiling of trees") {
            for _ in 0..<100_000 { _ = SHA256.hash(block) }
        }
        let key = try SigningKey.generate(.edDSA)
        let signature = key.sign(block)
        Harness.report("ed25519.sign bytes=64", items: 2_000, note: "; the ceiling of capture") {
            for _ in 0..<2_000 { _ = key.sign(block) }
        }
        Harness.report("ed25519.verify bytes=64", items: 2_000, note: "; the ceiling of execution") {
            for _ in 0..<2_000 { _ = key.publicKey.isValid(signature: signature, for: block) }
        }
        let ledger = LedgerIdentity(chainID: try ChainID("bench-1"), genesisHash: SHA256.hash([1]))
        let issuer = AccountID(SHA256.hash([2]))
        func statement() -> [UInt8] {
            Statement.sign(recordHash: SHA256.hash([3]), sequence: 9, issuer: issuer, ledger: ledger, key: key)
        }
        Harness.report("statement.sign", items: 2_000) { for _ in 0..<2_000 { _ = statement() } }
        let bytes = statement()
        Harness.report("statement.verify", items: 2_000) {
            for _ in 0..<2_000 {
                guard try! Statement.decode(bytes).isSigned(by: key.publicKey) else { fatalError("refused") }
            }
        }
    }
}
