import Synchronization

/// Tells listeners that something new stands in a tenant's feed, after its transaction.
///
/// Only a wake-up: a listener that is slow hears once of many. What other processes write is not heard.
package final class EventBell: Sendable {
    private struct State {
        var next = 0
        var listeners: [Int: (tenant: String?, continuation: AsyncStream<Void>.Continuation)] = [:]
    }
    private let state = Mutex(State())

    init() {}

    /// Listens until the stream ends or is dropped; to all tenants with nil.
    package func listen(to tenant: String?) -> (
        stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation
    ) {
        let made = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = (tenant, made.continuation)
            return state.next
        }
        made.continuation.onTermination = { [weak self] _ in self?.forget(id) }
        return made
    }

    private func forget(_ id: Int) { state.withLock { _ = $0.listeners.removeValue(forKey: id) } }

    func ring(_ tenants: Set<String>) {
        let heard = state.withLock { state in
            state.listeners.values.filter { $0.tenant.map(tenants.contains) ?? true }.map(\.continuation)
        }
        for continuation in heard { continuation.yield() }
    }
}
