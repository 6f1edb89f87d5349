import LedgerAccess
import Synchronization
import Testing

@testable import NodeEngine

@Suite("Searches wait in one line, and a batch of them holds nobody up")
struct SearchDeskTests {
    /// What was done, in its order.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])
        func write(_ line: String) { lines.withLock { $0.append(line) } }
        var text: [String] { lines.withLock { $0 } }
    }

    @Test("A batch is answered in its order")
    func order() async throws {
        let values = try await SearchDesk().run(count: 256) { (value: $0 * $0, work: 1) }
        #expect(values == (0..<256).map { $0 * $0 })
        #expect(try await SearchDesk().run(count: 0) { (value: $0, work: 1) } == [])
    }

    @Test("A batch ends where it has done what one request may, and says how many queries that were")
    func work() async throws {
        let desk = SearchDesk()
        let diary = Diary()
        let third = SearchDesk.batchWorkMax / 3
        await #expect(throws: LedgerAccessFailure.batchTooLarge(queriesMax: 3)) {
            try await desk.run(count: 5) { index in
                diary.write("\(index)")
                return (value: index, work: third + 1)
            }
        }
        // Three thirds are a little more than the whole: nothing follows them.
        #expect(diary.text == ["0", "1", "2"])
        // So many, sent again, are answered; and a lone query is, whatever it does.
        #expect(try await desk.run(count: 3) { (value: $0, work: third + 1) } == [0, 1, 2])
        #expect(try await desk.run(count: 1) { (value: $0, work: .max) } == [0])
        // Whoever was refused does not wait any more.
        for _ in 0..<2 * SearchDesk.waitingMax {
            _ = try? await desk.run(count: 2) { (value: $0, work: SearchDesk.batchWorkMax + 1) }
        }
        #expect(try await desk.run { .success(7) } == 7)
    }

    @Test("A single search has its turn between two of a batch")
    func turns() async throws {
        let desk = SearchDesk()
        let diary = Diary()
        let begun = AsyncStream.makeStream(of: Void.self)
        // Goes on until it sees that the single one was answered, which then was between two of its own.
        let batch = Task {
            try await desk.run(count: 1_000_000) { index in
                if index == 0 { begun.continuation.yield() }
                return (value: index, work: diary.text.isEmpty ? 0 : SearchDesk.batchWorkMax + 1)
            }
        }
        for await _ in begun.stream { break }
        let one = try await desk.run { () -> Result<Int, LedgerAccessFailure> in
            diary.write("single")
            return .success(1)
        }
        #expect(one == 1)
        let failure = await #expect(throws: LedgerAccessFailure.self) { try await batch.value }
        if case .batchTooLarge = failure { return }
        Issue.record("another failure: \(String(describing: failure))")
    }

    @Test("A batch takes one place of those who may wait")
    func places() async throws {
        let desk = SearchDesk()
        // So many batches of two searches fit; each search would need a place of its own otherwise.
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<SearchDesk.waitingMax {
                group.addTask { try await desk.run(count: 2) { (value: $0, work: 1) }.count }
            }
            for try await count in group { #expect(count == 2) }
        }
    }
}
