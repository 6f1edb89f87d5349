import HTTPTypes
import Synchronization

/// How many streams are open: each takes a seat, and gives it back when nobody holds it any more.
///
/// A stream stays for hours, so it does not count as one of the requests that are worked on at a time (``Admission``).
final class StreamSeats: Sendable {
    /// Of one tenant; and of the gateway: each costs a connection and a look at the feed when something happens.
    static let perTenantMax = 32
    static let totalMax = 512

    /// One stream's place.
    final class Seat: Sendable {
        private let seats: StreamSeats
        private let tenant: String

        fileprivate init(_ seats: StreamSeats, _ tenant: String) {
            self.seats = seats
            self.tenant = tenant
        }

        deinit { seats.leave(tenant) }
    }

    private let metrics: Metrics
    private let perTenantMax: Int
    private let totalMax: Int
    private let taken = Mutex<[String: Int]>([:])

    init(metrics: Metrics, perTenantMax: Int = perTenantMax, totalMax: Int = totalMax) {
        self.metrics = metrics
        self.perTenantMax = perTenantMax
        self.totalMax = totalMax
    }

    func take(_ tenant: String) throws(Problem) -> Seat {
        let (isFree, total) = taken.withLock { taken in
            let total = taken.values.reduce(0, +)
            let own = taken[tenant] ?? 0
            guard own < perTenantMax, total < totalMax else { return (false, total) }
            taken[tenant] = own + 1
            return (true, total + 1)
        }
        guard isFree else {
            throw Problem(
                "too-many-streams", .tooManyRequests, title: "Too many event streams",
                detail: "\(perTenantMax) of a tenant and \(totalMax) of all are served at a time. Close one, or ask "
                    + "for application/json now and then.", retryAfterSeconds: 30)
        }
        metrics.set("event_streams", to: UInt64(total))
        return Seat(self, tenant)
    }

    private func leave(_ tenant: String) {
        let total = taken.withLock { taken in
            let own = (taken[tenant] ?? 1) - 1
            taken[tenant] = own > 0 ? own : nil
            return taken.values.reduce(0, +)
        }
        metrics.set("event_streams", to: UInt64(total))
    }
}
