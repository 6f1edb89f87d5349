import Dispatch
import Records
import Synchronization

/// Group commit for the audit log: what waits while one SQL transaction is written goes into the next one together.
///
/// A request is answered when its entry is on the disk. The queue needs no bound of its own: every entry belongs to a
/// request that waits for it.
final class AuditTrail: Sendable {
    private struct State {
        var waiting: [(line: AuditLine, continuation: CheckedContinuation<Void, any Error>)] = []
        var isWriting = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "vivian.gateway.audit", qos: .userInitiated)
    private let book: AccessBook

    init(_ book: AccessBook) { self.book = book }

    /// Waits until the line is on the disk.
    func append(_ line: AuditLine) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append((line, continuation))
                defer { state.isWriting = true }
                return !state.isWriting
            }
            if isFirst { queue.async { self.drain() } }
        }
    }

    private func drain() {
        while true {
            let batch = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isWriting = false }
                return state.waiting
            }
            if batch.isEmpty { return }
            let result = Result { try book.append(batch.map(\.line)) }
            for item in batch { item.continuation.resume(with: result) }
        }
    }
}

/// Whether a request's entry stands in the audit log already, with its effect.
final class AuditMark: Sendable {
    /// That of routes which leave no entry.
    static let unused = AuditMark()

    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
