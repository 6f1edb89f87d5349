import Cryptography
import LedgerAccess
import LedgerModel
import LedgerRuntime
import Synchronization
import Testing

@testable import NodeEngine

/// Receipts of other validators: only what holds, of whom it was asked, is believed.
struct ReceiptExchangeTests {
    static let keys = (0..<4).compactMap {
        try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8($0 + 1), count: 32))
    }
    static let addresses = (0..<4).map { Address([UInt8](repeating: UInt8($0), count: 20))! }
    static let ledger = Genesis(
        chainID: (try? ChainID("receipts-1"))!, time: 0, rulesVersion: 1, validators: [], accounts: []
    ).ledger
    static let log = LogState(size: 9, root: SHA256.hash([9]))

    static func subject(_ height: UInt64 = 5) -> ReceiptSubject {
        var signers: [Address: ReceiptSubject.Signer] = [:]
        for (address, key) in zip(addresses, keys) {
            signers[address] = ReceiptSubject.Signer(key: key.publicKey, power: 10)
        }
        return ReceiptSubject(ledger: ledger, height: Height(height), log: log, signers: signers, power: 40)
    }

    static func receipt(_ index: Int, size: UInt64 = 9) -> ReceiptSignature {
        let made = Receipt.signRoot(
            log.root, treeSize: size, height: Height(5), ledger: ledger, validator: addresses[index], key: keys[index])
        return ReceiptSignature(
            validator: addresses[index], height: Height(5), treeSize: size, protected: made.protected,
            signature: made.signature)
    }

    @Test func `what more than two thirds signed comes back at once, by address`() async {
        let exchange = ReceiptExchange()
        let asked = Mutex(0)
        let found = await exchange.collect(Self.subject(), own: Self.receipt(2)) {
            asked.withLock { $0 += 1 }
            for index in [3, 0] {
                exchange.take(Height(5), validator: Self.addresses[index], signature: Self.receipt(index).signature)
            }
        }
        #expect(found == [0, 2, 3].map { Self.receipt($0) })
        #expect(asked.withLock { $0 } == 1)
        // Remembered: nobody is asked again.
        let again = await exchange.collect(Self.subject(), own: nil) { asked.withLock { $0 += 1 } }
        #expect(again == found && asked.withLock { $0 } == 1)
    }

    @Test func `silent validators end the asking, not the answer`() async {
        let exchange = ReceiptExchange()
        let asked = Mutex(0)
        let found = await exchange.collect(Self.subject(), own: Self.receipt(0)) { asked.withLock { $0 += 1 } }
        #expect(found == [Self.receipt(0)] && asked.withLock { $0 } == ReceiptExchange.tries)
    }

    @Test func `a signature of another root, key, height or size, or of nobody, is left out`() async {
        let exchange = ReceiptExchange()
        let found = await exchange.collect(Self.subject(), own: nil) {
            let good = Self.receipt(1).signature
            exchange.take(Height(5), validator: Self.addresses[0], signature: good)
            exchange.take(Height(6), validator: Self.addresses[1], signature: good)
            exchange.take(Height(5), validator: Self.addresses[1], signature: Self.receipt(1, size: 10).signature)
            exchange.take(Height(5), validator: Self.addresses[2], signature: [UInt8](repeating: 0, count: 64))
            exchange.take(Height(5), validator: Address([UInt8](repeating: 99, count: 20))!, signature: good)
            var flipped = good
            flipped[63] ^= 1
            exchange.take(Height(5), validator: Self.addresses[1], signature: flipped)
        }
        #expect(found.isEmpty)
    }

    @Test func `an answer that nobody asked for is dropped`() async {
        let exchange = ReceiptExchange()
        exchange.take(Height(5), validator: Self.addresses[0], signature: Self.receipt(0).signature)
        let found = await exchange.collect(Self.subject(), own: nil) {}
        #expect(found.isEmpty)
    }
}
