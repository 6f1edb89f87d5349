import Codec
package import GatewayStore
import LedgerModel
package import Logging
import ServiceLifecycle

/// Anchors the audit log: at an interval, the head of every tenant's chain that has grown becomes a record of that
/// tenant, so that its bundle proves to anybody how the log stood, and when.
///
/// The record's document is the JSON object `{"hash", "sequence", "tenant", "time"}` (JCS): the head's hash covers every
/// entry up to its number. That the record was made is an entry itself, of ``who``, whose target is the record's id; a
/// chain that ends with it has nothing new to anchor.
package final class AuditAnchor: Service {
    package static let mediaType = "application/vnd.vivian.audit+json"
    /// As the audit log names this service.
    package static let who = "gateway"
    /// An hour: what could be rewritten unseen is never more than that.
    package static let intervalSecondsDefault = 3_600

    private let records: RecordService
    private let store: GatewayStore
    private let interval: Duration
    private let logger: Logger
    private let now: @Sendable () -> UInt64

    /// `now`: nanoseconds since 1970.
    package init(
        records: RecordService, store: GatewayStore, interval: Duration, logger: Logger,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.records = records
        self.store = store
        self.interval = interval
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        let interval = interval
        while (try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }) != nil {
            do { try await anchorHeads() } catch {
                logger.warning("the audit log is not anchored; it is tried again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Makes a record of every head that is not anchored yet.
    func anchorHeads() async throws {
        for head in try store.auditHeads() where !Self.isAnchor(head.entry) {
            let tenant = head.entry.tenant
            let document = JSON.object([
                .init("hash", .string(Hex.encode(head.hash))), .init("sequence", .string(String(head.sequence))),
                .init("tenant", .string(tenant)),
                .init("time", .string(Timestamp(nanosecondsSince1970: head.entry.time).rfc3339)),
            ]).serialized()
            let prepared = PreparedCapture(
                mediaType: Self.mediaType,
                records: [
                    .init(
                        mediaType: Self.mediaType, document: document, source: "audit",
                        businessKey: Array(String(head.sequence).utf8), canonical: document)
                ])
            let time = now()
            _ = try await records.accept(document, prepared, tenant: tenant) { capture in
                AuditLine(
                    tenant: tenant, time: time, who: Self.who, method: "POST", route: "/audit",
                    target: Hex.encode(capture.records.first?.rid ?? []), status: 202, request: "")
            }
        }
    }

    private static func isAnchor(_ entry: AuditEntry) -> Bool {
        entry.who == who && entry.method == "POST" && entry.route == "/audit"
    }
}
