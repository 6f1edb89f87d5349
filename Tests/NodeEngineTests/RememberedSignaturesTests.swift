import Cryptography
import Synchronization
import Testing

@testable import NodeEngine

@Suite("Signatures of votes that were checked before") struct RememberedSignaturesTests {
    /// Counts how often it is asked; what begins with 1 holds.
    private final class Predicate: Sendable {
        private let asked = Mutex(0)
        var count: Int { asked.withLock { $0 } }

        func holds(_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool {
            asked.withLock { $0 += 1 }
            return signature[0] == 1
        }
    }

    private static func bytes(_ first: UInt8, _ count: Int) -> [UInt8] {
        [first] + [UInt8](repeating: 0, count: count - 1)
    }

    @Test func `what held is not checked again`() {
        let predicate = Predicate()
        let remembered = RememberedSignatures(predicate.holds)
        for _ in 0..<3 { #expect(remembered.holds(Self.bytes(1, 64), [7], Self.bytes(5, 32))) }
        #expect(predicate.count == 1)
    }

    @Test func `what did not hold is checked each time`() {
        let predicate = Predicate()
        let remembered = RememberedSignatures(predicate.holds)
        for _ in 0..<3 { #expect(!remembered.holds(Self.bytes(2, 64), [7], Self.bytes(5, 32))) }
        #expect(predicate.count == 3)
    }

    @Test func `another signature, message or key is another matter`() {
        let predicate = Predicate()
        let remembered = RememberedSignatures(predicate.holds)
        #expect(remembered.holds(Self.bytes(1, 64), [7], Self.bytes(5, 32)))
        #expect(!remembered.holds(Self.bytes(3, 64), [7], Self.bytes(5, 32)))
        #expect(remembered.holds(Self.bytes(1, 64), [7, 0], Self.bytes(5, 32)))
        #expect(remembered.holds(Self.bytes(1, 64), [7], Self.bytes(6, 32)))
        #expect(predicate.count == 4)
    }

    @Test func `lengths that no signature or key has never hold`() {
        let predicate = Predicate()
        let remembered = RememberedSignatures(predicate.holds)
        #expect(!remembered.holds(Self.bytes(1, 63), [7], Self.bytes(5, 33)))
        #expect(!remembered.holds(Self.bytes(1, 65), [7], Self.bytes(5, 31)))
        #expect(!remembered.holds([], [7], []))
        #expect(predicate.count == 0)
    }

    @Test func `beyond the limit the oldest are forgotten`() {
        let predicate = Predicate()
        let remembered = RememberedSignatures(predicate.holds)
        func holds(_ number: Int) -> Bool {
            remembered.holds(Self.bytes(1, 64), Array("\(number)".utf8), Self.bytes(5, 32))
        }
        for number in 0...RememberedSignatures.countMax { #expect(holds(number)) }
        let before = predicate.count
        #expect(holds(RememberedSignatures.countMax) && predicate.count == before)
        #expect(holds(0) && predicate.count == before + 1)
    }
}
