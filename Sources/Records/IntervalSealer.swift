package import GatewayStore
import LedgerModel
package import Logging
import ServiceLifecycle

/// Ends intervals when their time has come (`anchor.mode = batch`): signs the anchor of the oldest one and hands it to the
/// ``Outbox``.
///
/// One SQL transaction signs it and puts it into the outbox, and nothing is submitted before (D17); records, their
/// statements and their interval stand in the file since they were accepted. It can be killed anywhere.
package final class IntervalSealer: Service, Sendable {
    /// Longest sleep, so that a clock that was set is noticed.
    private static let sleepMax: UInt64 = 1_000_000_000

    private let store: GatewayStore
    private let issuer: Issuer
    private let plan: IntervalPlan
    private let outbox: Outbox
    private let logger: Logger
    private let now: @Sendable () -> UInt64

    package init(
        store: GatewayStore, issuer: Issuer, plan: IntervalPlan, outbox: Outbox, logger: Logger,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.issuer = issuer
        self.plan = plan
        self.outbox = outbox
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var schedule = IntervalSchedule(seconds: plan.seconds, now: now())
            while !Task.isCancelled {
                let wait = min(schedule.wait(at: now()), Self.sleepMax)
                guard (try? await Task.sleep(for: .nanoseconds(Int64(wait)))) != nil else { return }
                if schedule.isDue(at: now()) { turn() }
            }
        }
    }

    /// Ends one interval, if there is one or idle time is covered.
    func turn() {
        do {
            let draw = plan.coversIdleTime ? plan.draw : nil
            guard let sealed = try Self.seal(padding: draw, store, issuer, now: now()) else { return }
            logger.debug("interval ended", metadata: ["records": "\(sealed.records)"])
            if sealed.waiting > 1 {
                logger.warning(
                    "captures outrun the intervals; raise --batch-size or shorten --batch-interval",
                    metadata: ["waiting": "\(sealed.waiting)"])
            }
            outbox.wake()
        } catch {
            logger.warning("an interval did not end", metadata: ["reason": "\(error)"])
        }
    }

    /// Ends all intervals that are forming, at once: before records are anchored one by one again.
    /// - Returns: how many there were.
    package static func sealAll(_ store: GatewayStore, issuer: Issuer, now: UInt64) throws -> Int {
        var count = 0
        while try seal(padding: nil, store, issuer, now: now) != nil { count += 1 }
        return count
    }

    private static func seal(padding draw: (() -> NewInterval)?, _ store: GatewayStore, _ issuer: Issuer, now: UInt64)
        throws -> (records: Int, waiting: Int)?
    {
        try store.sealInterval(padding: draw, issuer: issuer.account.bytes) { try issuer.anchor($0, now: now) }
    }
}
