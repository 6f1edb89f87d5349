import HTTPTypes
import Synchronization

/// How much is worked on at a time; what comes beyond is told to come back.
///
/// No caller takes all of it: ``AddressShare`` says how much.
final class Admission: Sendable {
    struct Limits: Sendable {
        /// Requests at a time: enough for slow bodies to wait side by side.
        var requestsMax = 1_024
        /// Body bytes held at a time, as read so far and as decoded.
        var bodyBytesMax = 512 << 20
    }

    /// One request's share; it is given back at the end.
    struct Permit: ~Copyable {
        private let admission: Admission
        private let caller: Caller
        private let isCounted: Bool
        private var room: BodyRoom?

        fileprivate init(_ admission: Admission, _ caller: Caller, isCounted: Bool) {
            self.admission = admission
            self.caller = caller
            self.isCounted = isCounted
        }

        /// Room for the body, for as long as the request lasts.
        mutating func bodyRoom() -> BodyRoom {
            let made = room ?? BodyRoom(admission, caller)
            room = made
            return made
        }

        /// Gives back the body's room, once it is dealt with.
        mutating func releaseBody() { room = nil }

        deinit { if isCounted { admission.release(Load(requests: 1), caller) } }
    }

    /// Bytes of one body, as they are read.
    final class BodyRoom: Sendable {
        private let admission: Admission
        private let caller: Caller
        private let byteCount = Atomic(0)

        fileprivate init(_ admission: Admission, _ caller: Caller) {
            self.admission = admission
            self.caller = caller
        }

        /// Asks for more.
        func reserve(_ count: Int) throws(Problem) {
            try admission.add(Load(bodyBytes: count), caller)
            byteCount.wrappingAdd(count, ordering: .relaxed)
        }

        deinit { admission.release(Load(bodyBytes: byteCount.load(ordering: .relaxed)), caller) }
    }

    /// What is held, by all or by one caller.
    fileprivate struct Load: Equatable {
        var requests = 0
        var bodyBytes = 0

        mutating func add(_ other: Load) {
            requests += other.requests
            bodyBytes += other.bodyBytes
        }

        mutating func subtract(_ other: Load) {
            requests -= other.requests
            bodyBytes -= other.bodyBytes
        }
    }

    private struct State {
        var all = Load()
        /// Of those who hold something, and of some who did: most come back.
        var callers: [Caller: Load] = [:]

        /// What a caller holds, and where that stands.
        func load(of caller: Caller) -> (Load, Dictionary<Caller, Load>.Index?) {
            guard let place = callers.index(forKey: caller) else { return (Load(), nil) }
            return (callers.values[place], place)
        }
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// A place for one request; what costs next to nothing, such as a health check, needs none.
    func enter(_ caller: Caller, isExempt: Bool = false) throws(Problem) -> Permit {
        if isExempt { return Permit(self, caller, isCounted: false) }
        try add(Load(requests: 1), caller)
        return Permit(self, caller, isCounted: true)
    }

    private func add(_ load: Load, _ caller: Caller) throws(Problem) {
        let refusal: Problem? = state.withLock { state in
            var (all, (mine, place)) = (state.all, state.load(of: caller))
            all.add(load)
            mine.add(load)
            guard all.requests <= limits.requestsMax, all.bodyBytes <= limits.bodyBytesMax else { return .busy }
            // Who was let in is not refused for what others asked for meanwhile.
            guard
                load.requests == 0 || AddressShare.isFair(mine.requests, of: all.requests, max: limits.requestsMax),
                load.bodyBytes == 0 || AddressShare.isFair(mine.bodyBytes, of: all.bodyBytes, max: limits.bodyBytesMax)
            else { return .tooManyAtOnce(limits) }
            state.all = all
            if let place {
                state.callers.values[place] = mine
            } else {
                // Of so many, half at least hold nothing.
                if state.callers.count >= 2 * limits.requestsMax {
                    state.callers = state.callers.filter { $0.value != Load() }
                }
                state.callers[caller] = mine
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    private func release(_ load: Load, _ caller: Caller) {
        state.withLock { state in
            state.all.subtract(load)
            if let place = state.callers.index(forKey: caller) { state.callers.values[place].subtract(load) }
        }
    }
}

extension Problem {
    static var busy: Problem {
        Problem(
            "busy", .serviceUnavailable, title: "The gateway is busy",
            detail: "It works on as many requests as it may. Nothing was stored; try again.", retryAfterSeconds: 1)
    }

    static func tooManyAtOnce(_ limits: Admission.Limits) -> Problem {
        let requests = AddressShare.quarter(of: limits.requestsMax)
        let megabytes = AddressShare.quarter(of: limits.bodyBytesMax) >> 20
        return Problem(
            "too-many-at-once", .tooManyRequests, title: "Your address has as much in work as it may",
            detail:
                "While the gateway is busy that is \(requests) requests and \(megabytes) MiB of bodies at a time. Nothing "
                + "was stored; wait for answers before you send more.", retryAfterSeconds: 1)
    }
}
