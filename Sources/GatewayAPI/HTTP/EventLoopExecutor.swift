import NIOCore
import Synchronization

/// Runs the tasks of a connection on the connection's own event loop.
///
/// A small request is then read, answered and written on one thread; the two hops to a pool and back would cost as much as
/// the answer. Whatever computes for long, or waits for a disk, leaves the loop first (``aside(_:)``): everybody else on
/// it would wait as well.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    private init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// One for each loop, and for good: the runtime does not keep an executor alive.
    private static let all = Mutex<[ObjectIdentifier: EventLoopExecutor]>([:])

    static func of(_ eventLoop: any EventLoop) -> EventLoopExecutor {
        all.withLock { all in
            let id = ObjectIdentifier(eventLoop)
            if let known = all[id] { return known }
            let made = EventLoopExecutor(eventLoop)
            all[id] = made
            return made
        }
    }

    /// Carries out what may take long, on the common pool of threads.
    ///
    /// `@concurrent` makes the body go there: one that runs where its caller does would stay on the loop, whatever is
    /// preferred.
    static func aside<Value>(_ body: @concurrent () async throws -> Value) async rethrows -> Value {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try await body() }
    }
}
