package import Logging
import ServiceLifecycle

/// Begins and destroys generations of the secret for record ids when they are due, and says so in the log.
package final class RecordIDKeeper: Service, Sendable {
    /// Dates are years apart.
    private static let patience: Duration = .seconds(3_600)
    /// While captures are on their way a new generation waits.
    private static let impatience: Duration = .seconds(1)

    private let keys: GroupKeyFile
    private let policy: RecordIDPolicy
    private let logger: Logger
    private let now: @Sendable () -> UInt64

    package init(
        keys: GroupKeyFile, policy: RecordIDPolicy, logger: Logger, now: @escaping @Sendable () -> UInt64
    ) {
        self.keys = keys
        self.policy = policy
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                let isDone = turn()
                guard (try? await Task.sleep(for: isDone ? Self.patience : Self.impatience)) != nil else { return }
            }
        }
    }

    /// Does what is due.
    /// - Returns: whether nothing is left to do for now.
    @discardableResult
    package func turn() -> Bool {
        do {
            let changes = try keys.maintain(policy, now: now())
            for change in changes {
                switch change {
                case .postponed: break
                case .began(let number):
                    logger.notice("a new secret for record ids", metadata: ["generation": "\(number)"])
                case .destroyed(let number):
                    logger.notice(
                        "a secret for record ids was destroyed; what was captured under it is a new record when it is handed in again",
                        metadata: ["generation": "\(number)"])
                }
            }
            return !changes.contains(.postponed)
        } catch {
            logger.error("the secret for record ids was not renewed", metadata: ["reason": "\(error)"])
            return true
        }
    }
}
