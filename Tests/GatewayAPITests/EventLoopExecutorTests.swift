import Dispatch
import Testing

@testable import GatewayAPI

/// One thread at a time, which knows itself: in the place of a connection's event loop.
private final class Loop: TaskExecutor {
    private static let mark = DispatchSpecificKey<Bool>()
    private let queue = DispatchQueue(label: "loop")

    /// For good: the runtime does not keep an executor alive.
    static let shared = Loop()

    private init() { queue.setSpecific(key: Self.mark, value: true) }

    static var isCurrent: Bool { DispatchQueue.getSpecific(key: mark) == true }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

struct EventLoopExecutorTests {
    private struct Refusal: Error {}

    private static func isOnLoop() async -> Bool { Loop.isCurrent }

    @Test @concurrent
    func `what may take long leaves the connection's event loop, and the rest comes back to it`() async {
        await withTaskExecutorPreference(Loop.shared) {
            #expect(Loop.isCurrent)
            #expect(await Self.isOnLoop())
            let (before, within, after) = await EventLoopExecutor.aside {
                let before = Loop.isCurrent
                return (before, await Self.isOnLoop(), Loop.isCurrent)
            }
            #expect(!before && !within && !after)
            #expect(Loop.isCurrent)
        }
    }

    @Test @concurrent
    func `what fails aside fails on the event loop`() async {
        await withTaskExecutorPreference(Loop.shared) {
            await #expect(throws: Refusal.self) { try await EventLoopExecutor.aside { throw Refusal() } }
            #expect(Loop.isCurrent)
        }
    }
}
