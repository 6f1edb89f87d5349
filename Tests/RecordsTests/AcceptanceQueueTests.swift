import Foundation
import GatewayStore
import Synchronization
import Testing

@testable import Records

@Suite struct AcceptanceQueueTests {
    struct Refused: Error {}

    static func capture(_ count: Int, byteCount: Int = 1) -> NewCapture {
        let bytes = [UInt8](repeating: 1, count: byteCount)
        let record = NewRecord(
            rid: bytes, mediaType: "text/plain", payload: bytes, keyGroup: 1, wrap: bytes, commitment: bytes)
        return NewCapture(
            jobID: [UInt8](repeating: 1, count: 16), tenant: "default",
            original: NewOriginal(mediaType: "text/plain", payload: bytes, keyGroup: 1, wrap: bytes),
            records: Array(repeating: record, count: count))
    }

    @Test func `each of many captures at once hears its own count, and few transactions do`() async throws {
        let batches = Mutex<[Int]>([])
        let queue = AcceptanceQueue { captures in
            batches.withLock { $0.append(captures.count) }
            return captures.map(\.records.count)
        }
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for count in 1...100 { group.addTask { (count, try await queue.accept(Self.capture(count))) } }
            for try await (wanted, heard) in group { #expect(heard == wanted) }
        }
        let sizes = batches.withLock { $0 }
        #expect(sizes.reduce(0, +) == 100)
        #expect(sizes.count < 100)
    }

    @Test func `a transaction takes no capture beyond its bound, but one that is larger alone`() async throws {
        let batches = Mutex<[Int]>([])
        let queue = AcceptanceQueue { captures in
            batches.withLock { $0.append(captures.reduce(0) { $0 + $1.records.count }) }
            return captures.map(\.records.count)
        }
        let large = AcceptanceQueue.recordsPerTransaction
        try await withThrowingTaskGroup(of: Int.self) { group in
            for count in [large + 1, large, 1, 1, large] {
                group.addTask { try await queue.accept(Self.capture(count)) }
            }
            for try await _ in group {}
        }
        let sizes = batches.withLock { $0 }
        #expect(sizes.reduce(0, +) == 3 * large + 3)
        #expect(sizes.allSatisfy { $0 <= 2 * large })
    }

    @Test func `a failed transaction fails its captures, and those after it go on`() async throws {
        let isBroken = Mutex(true)
        let queue = AcceptanceQueue { captures in
            if isBroken.withLock({ $0 }) { throw Refused() }
            return captures.map(\.records.count)
        }
        await #expect(throws: Refused.self) { try await queue.accept(Self.capture(1)) }
        await #expect(throws: Refused.self) { try await queue.accept(Self.capture(2)) }
        isBroken.withLock { $0 = false }
        #expect(try await queue.accept(Self.capture(3)) == 3)
    }
}
