import HTTPTypes
import Synchronization

/// How much is worked on at a time; what comes beyond is told to come back.
final class Admission: Sendable {
    struct Limits: Sendable {
        /// Requests at a time: enough for slow bodies to wait side by side.
        var requestsMax = 1_024
        /// Body bytes held at a time, as announced or as read so far.
        var bodyBytesMax = 512 << 20
    }

    /// One request's share; it is given back at the end.
    struct Permit: ~Copyable {
        fileprivate let admission: Admission
        fileprivate var bodyBytes = 0

        /// Asks for more room for the body.
        mutating func reserve(_ count: Int) throws(Problem) {
            guard admission.add(bodyBytes: count) else { throw Problem.busy }
            bodyBytes += count
        }

        /// Gives back the body's room, once it is dealt with.
        mutating func releaseBody() {
            admission.add(freedBodyBytes: bodyBytes)
            bodyBytes = 0
        }

        deinit { admission.leave(bodyBytes: bodyBytes) }
    }

    private struct State {
        var requests = 0
        var bodyBytes = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    func enter() throws(Problem) -> Permit {
        let isIn = state.withLock { state in
            guard state.requests < limits.requestsMax else { return false }
            state.requests += 1
            return true
        }
        guard isIn else { throw Problem.busy }
        return Permit(admission: self)
    }

    private func add(bodyBytes count: Int) -> Bool {
        state.withLock { state in
            guard state.bodyBytes + count <= limits.bodyBytesMax else { return false }
            state.bodyBytes += count
            return true
        }
    }

    private func add(freedBodyBytes count: Int) { state.withLock { $0.bodyBytes -= count } }

    private func leave(bodyBytes: Int) {
        state.withLock { state in
            state.requests -= 1
            state.bodyBytes -= bodyBytes
        }
    }
}

extension Problem {
    static var busy: Problem {
        Problem(
            "busy", .serviceUnavailable, title: "The gateway is busy",
            detail: "It works on as many requests as it may. Nothing was stored; try again.", retryAfterSeconds: 1)
    }
}
