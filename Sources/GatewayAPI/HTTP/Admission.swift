import HTTPTypes
import Synchronization

/// How much is worked on at a time; what comes beyond is told to come back.
final class Admission: Sendable {
    struct Limits: Sendable {
        /// Requests at a time: enough for slow bodies to wait side by side.
        var requestsMax = 1_024
        /// Body bytes held at a time, as read so far and as decoded.
        var bodyBytesMax = 512 << 20
    }

    /// One request's share; it is given back at the end.
    struct Permit: ~Copyable {
        fileprivate let admission: Admission
        fileprivate let isCounted: Bool
        private var room: BodyRoom?

        fileprivate init(_ admission: Admission, isCounted: Bool) {
            self.admission = admission
            self.isCounted = isCounted
        }

        /// Room for the body, for as long as the request lasts.
        mutating func bodyRoom() -> BodyRoom {
            let made = room ?? BodyRoom(admission)
            room = made
            return made
        }

        /// Gives back the body's room, once it is dealt with.
        mutating func releaseBody() { room = nil }

        deinit { if isCounted { admission.leave() } }
    }

    /// Bytes of one body, as they are read.
    final class BodyRoom: Sendable {
        private let admission: Admission
        private let byteCount = Atomic(0)

        fileprivate init(_ admission: Admission) { self.admission = admission }

        /// Asks for more.
        func reserve(_ count: Int) throws(Problem) {
            guard admission.add(bodyBytes: count) else { throw Problem.busy }
            byteCount.wrappingAdd(count, ordering: .relaxed)
        }

        deinit { admission.release(bodyBytes: byteCount.load(ordering: .relaxed)) }
    }

    private struct State {
        var requests = 0
        var bodyBytes = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// A place for one request; what costs next to nothing, such as a health check, needs none.
    func enter(isExempt: Bool = false) throws(Problem) -> Permit {
        if isExempt { return Permit(self, isCounted: false) }
        let isIn = state.withLock { state in
            guard state.requests < limits.requestsMax else { return false }
            state.requests += 1
            return true
        }
        guard isIn else { throw Problem.busy }
        return Permit(self, isCounted: true)
    }

    private func add(bodyBytes count: Int) -> Bool {
        state.withLock { state in
            guard state.bodyBytes + count <= limits.bodyBytesMax else { return false }
            state.bodyBytes += count
            return true
        }
    }

    private func leave() { state.withLock { $0.requests -= 1 } }

    private func release(bodyBytes: Int) { state.withLock { $0.bodyBytes -= bodyBytes } }
}

extension Problem {
    static var busy: Problem {
        Problem(
            "busy", .serviceUnavailable, title: "The gateway is busy",
            detail: "It works on as many requests as it may. Nothing was stored; try again.", retryAfterSeconds: 1)
    }
}
