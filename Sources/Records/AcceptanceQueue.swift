import Dispatch
import Foundation
import GatewayStore
import Synchronization

/// Group commit for captures: whatever waits while one SQL transaction is written, or comes within
/// ``AcceptanceQueue/intervalMilliseconds`` of its beginning, goes into the next one together.
///
/// A capture is acknowledged when its transaction is on the disk (D17). One writer, in order of arrival; the queue is
/// bounded in bytes, and what does not fit is refused with a wish to come back.
final class AcceptanceQueue: Sendable {
    /// Payload bytes that may wait: enough for some hundred captures of 1,000 events, little enough for memory.
    static let waitingBytesMax = 256 << 20
    /// Records in one SQL transaction, so that a single capture never waits long behind others.
    static let recordsPerTransaction = 5_000

    /// From the beginning of one SQL transaction to that of the next: half of a block interval.
    ///
    /// Each has its sync, its anchor with two signatures' worth of work, and its part in a block. A fast disk would end
    /// one for each capture; this costs a capture some milliseconds only if another one has just been written.
    static let intervalMilliseconds: UInt64 = 10

    private struct Waiting {
        var capture: NewCapture
        var byteCount: Int
        var continuation: CheckedContinuation<Int, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var byteCount = 0
        var isWriting = false
        /// Nanoseconds of the steady clock.
        var lastBegin: UInt64 = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "vivian.records.acceptance", qos: .userInitiated)
    private let write: @Sendable ([NewCapture]) throws -> [Int]

    /// - Parameter write: one SQL transaction for several captures; tells how many records of each were new.
    init(write: @escaping @Sendable ([NewCapture]) throws -> [Int]) { self.write = write }

    /// Waits until a capture is on the disk.
    /// - Returns: how many of its records were new.
    func accept(_ capture: NewCapture) async throws -> Int {
        let byteCount = capture.records.reduce(capture.original.payload.count) { $0 + $1.payload.count }
        return try await withCheckedThrowingContinuation { continuation in
            enum Next { case start, wait, refuse }
            let next = state.withLock { state -> Next in
                guard state.waiting.isEmpty || state.byteCount + byteCount <= Self.waitingBytesMax else {
                    return .refuse
                }
                state.waiting.append(Waiting(capture: capture, byteCount: byteCount, continuation: continuation))
                state.byteCount += byteCount
                defer { state.isWriting = true }
                return state.isWriting ? .wait : .start
            }
            switch next {
            case .start: queue.async { self.drain() }
            case .wait: break
            case .refuse: continuation.resume(throwing: RecordsFailure.busy)
            }
        }
    }

    /// Writes batch after batch until nothing waits.
    private func drain() {
        while true {
            pause()
            let batch = state.withLock { state -> [Waiting] in
                var records = 0
                var count = 0
                while count < state.waiting.count, count == 0 || records < Self.recordsPerTransaction {
                    records += state.waiting[count].capture.records.count
                    count += 1
                }
                let batch = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
                state.byteCount -= batch.reduce(0) { $0 + $1.byteCount }
                if batch.isEmpty { state.isWriting = false } else { state.lastBegin = Self.steadyNanoseconds }
                return batch
            }
            if batch.isEmpty { return }
            do {
                let counts = try write(batch.map(\.capture))
                for (waiting, count) in zip(batch, counts) { waiting.continuation.resume(returning: count) }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }

    private static var steadyNanoseconds: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Waits until the next transaction may begin; not at all where a full one waits.
    private func pause() {
        let due = state.withLock { state -> UInt64 in
            let records = state.waiting.reduce(0) { $0 + $1.capture.records.count }
            return records >= Self.recordsPerTransaction ? 0 : state.lastBegin + Self.intervalMilliseconds * 1_000_000
        }
        let now = Self.steadyNanoseconds
        // The queue's own thread: captures that come meanwhile wait in line for the transaction that then begins.
        if due > now { Thread.sleep(forTimeInterval: Double(due - now) / 1e9) }
    }
}
