import Codec
package import GatewayStore
package import HTTPClientKit
package import LedgerModel

/// Webhooks of tenants: made, changed, rotated, tested, replayed.
///
/// What changes one stands in the audit log in the same SQL transaction. Secrets are shown once, when they are made.
package final class WebhookBook: Sendable {
    /// How long a rotated secret goes on signing beside the new one, unless its owner says otherwise: a day.
    package static let graceSecondsDefault: UInt64 = 86_400
    package static let graceSecondsMax: UInt64 = 604_800

    private let store: GatewayStore
    private let keys: GroupKeyFile
    private let ledger: LedgerIdentity
    private let http: GuardedHTTPClient
    private let now: @Sendable () -> UInt64
    let wakeUp = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    package init(
        store: GatewayStore, keys: GroupKeyFile, ledger: LedgerIdentity, http: GuardedHTTPClient,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.store = store
        self.keys = keys
        self.ledger = ledger
        self.http = http
        self.now = now
    }

    /// Event types that a webhook may name.
    package static let types: [String] = EventKind.allCases.filter { $0 != .webhookPing }.map(\.rawValue)

    /// A tenant's webhooks by time of creation.
    package func webhooks(tenant: String) throws(RecordsFailure) -> [WebhookView] {
        do { return try store.webhooks(tenant: tenant).map { try view($0) } } catch { throw RecordsFailure(error) }
    }

    /// One of a tenant's webhooks.
    package func webhook(_ id: String, tenant: String) throws(RecordsFailure) -> WebhookView {
        do {
            guard let row = try store.webhook(id, tenant: tenant) else { throw RecordsFailure.notFound }
            return try view(row)
        } catch { throw RecordsFailure(error) }
    }

    /// Makes a webhook; its secret is in the answer and nowhere else in the open.
    ///
    /// `id`: 16 digits of hex, drawn by the caller.
    /// - Throws: `addressRefused`, `tooManyWebhooks`, or what the store says.
    package func add(
        _ id: String, tenant: String, url: String, types: [String], label: String, scheme: WebhookSecret.Scheme,
        audit: AuditLine
    ) async throws(RecordsFailure) -> (WebhookView, WebhookSecret) {
        let checked = try await check(url)
        do {
            let secret = WebhookSecret.make(scheme)
            let row = try store.addWebhook(
                WebhookRow(
                    id: id, tenant: tenant, url: checked, types: types.sorted(), label: label, signing: scheme.rawValue,
                    secret: secret.sealed(for: id, under: try keys.sealingKey()), createdBy: audit.who,
                    createdAt: audit.time), audit: audit.entry)
            return (try view(row), secret)
        } catch let failure as GatewayStoreFailure where failure.code == .conflict {
            throw .tooManyWebhooks(failure.description)
        } catch { throw RecordsFailure(error) }
    }

    /// Changes what is not nil.
    ///
    /// `isExpected`: whether the webhook, as it stands when it is changed, is what the caller saw; else
    /// ``RecordsFailure/changedMeanwhile`` is thrown.
    package func change(
        _ id: String, tenant: String, url: String? = nil, types: [String]? = nil, label: String? = nil,
        isEnabled: Bool? = nil, audit: AuditLine, isExpected: (WebhookView) -> Bool = { _ in true }
    ) async throws(RecordsFailure) -> WebhookView {
        var change = WebhookChange()
        if let url { change.url = try await check(url) }
        change.types = types?.sorted()
        change.label = label
        change.isEnabled = isEnabled
        do {
            let row = try store.changeWebhook(id, tenant: tenant, change, audit: audit.entry) { row in
                guard isExpected(try view(row)) else { throw RecordsFailure.changedMeanwhile }
            }
            guard let row else { throw RecordsFailure.notFound }
            wake()
            return try view(row)
        } catch { throw RecordsFailure(error) }
    }

    /// Makes a new secret; the one before signs too for so long.
    package func rotate(_ id: String, tenant: String, graceSeconds: UInt64, audit: AuditLine) throws(RecordsFailure)
        -> (WebhookView, WebhookSecret)
    {
        do {
            guard let row = try store.webhook(id, tenant: tenant),
                let scheme = WebhookSecret.Scheme(rawValue: row.signing)
            else { throw RecordsFailure.notFound }
            let secret = WebhookSecret.make(scheme)
            var change = WebhookChange()
            change.secret = (
                new: secret.sealed(for: id, under: try keys.sealingKey()), old: row.secret,
                oldUntil: now() + min(graceSeconds, Self.graceSecondsMax) * 1_000_000_000
            )
            guard let changed = try store.changeWebhook(id, tenant: tenant, change, audit: audit.entry) else {
                throw RecordsFailure.notFound
            }
            return (try view(changed), secret)
        } catch { throw RecordsFailure(error) }
    }

    /// Removes a webhook and its deliveries, if it is what the caller saw.
    package func remove(
        _ id: String, tenant: String, audit: AuditLine, isExpected: (WebhookView) -> Bool = { _ in true }
    ) throws(RecordsFailure) {
        do {
            let isRemoved = try store.removeWebhook(id, tenant: tenant, audit: audit.entry) { row in
                guard isExpected(try view(row)) else { throw RecordsFailure.changedMeanwhile }
            }
            guard isRemoved else { throw RecordsFailure.notFound }
        } catch { throw RecordsFailure(error) }
    }

    /// Has a test event sent, which is no part of the feed.
    /// - Returns: its delivery.
    package func ping(_ id: String, tenant: String, audit: AuditLine) throws(RecordsFailure) -> Int64 {
        do {
            let time = now()
            let event = EventRow(
                sequence: 0,
                NewEvent(
                    tenant: tenant, time: time, kind: .webhookPing, subject: id,
                    data: .object([.init("webhook", .string(id))])))
            guard
                let delivery = try store.addPing(
                    event, body: CloudEvent(event, ledger: ledger).encoded, webhook: id, now: time, audit: audit.entry)
            else { throw RecordsFailure.notFound }
            wake()
            return delivery
        } catch { throw RecordsFailure(error) }
    }

    /// Has something sent again.
    /// - Returns: how many deliveries or events; 0 where the delivery has not ended, or is not there.
    /// - Throws: `eventsGone` where the feed no longer holds what is wished for.
    package func replay(_ id: String, tenant: String, _ wish: ReplayWish, audit: AuditLine) throws(RecordsFailure)
        -> Int
    {
        do {
            let count: Int?
            switch wish {
            case .delivery(let delivery):
                count = try store.replayDeliveries(
                    id, tenant: tenant, delivery: delivery, now: now(), audit: audit.entry)
            case .dead:
                count = try store.replayDeliveries(id, tenant: tenant, delivery: nil, now: now(), audit: audit.entry)
            case .since(let cursor):
                let bounds = EventFeedBounds(try store.eventBounds(tenant: tenant))
                guard bounds.holds(cursor) else { throw RecordsFailure.eventsGone(oldest: bounds.oldest) }
                count = try store.replayEvents(id, tenant: tenant, after: cursor.sequence, audit: audit.entry)
            }
            guard let count else { throw RecordsFailure.notFound }
            wake()
            return count
        } catch { throw RecordsFailure(error) }
    }

    /// A webhook's deliveries behind one id, oldest first.
    package func deliveries(_ id: String, tenant: String, state: String?, after: Int64, limit: Int)
        throws(RecordsFailure) -> [DeliveryView]
    {
        do {
            guard try store.webhook(id, tenant: tenant) != nil else { throw RecordsFailure.notFound }
            let state = state.flatMap { name in DeliveryState.allCases.first { "\($0)" == name } }
            return try store.deliveries(id, state: state, after: after, limit: limit).map(DeliveryView.init)
        } catch { throw RecordsFailure(error) }
    }

    /// Says that something waits to be sent.
    func wake() { wakeUp.continuation.yield() }

    /// The secrets that sign now, the newest first; none where the stored one does not open.
    func secrets(of row: WebhookRow, now: UInt64) throws -> [WebhookSecret] {
        let key = try keys.sealingKey()
        let old = row.oldUntil.map { now < $0 } == true ? row.oldSecret : nil
        return [row.secret, old].compactMap(\.self).compactMap {
            WebhookSecret(sealed: $0, scheme: row.signing, webhook: row.id, key: key)
        }
    }

    private func check(_ url: String) async throws(RecordsFailure) -> String {
        do { return try await http.check(url).text } catch { throw .addressRefused(error) }
    }

    private func view(_ row: WebhookRow) throws -> WebhookView {
        let time = now()
        return WebhookView(
            id: row.id, url: row.url, types: row.types, label: row.label, scheme: row.signing,
            publicKeys: try secrets(of: row, now: time).compactMap(\.publicKey),
            oldSecretUntil: row.oldUntil.flatMap { time < $0 ? $0 : nil }, createdBy: row.createdBy,
            createdAt: row.createdAt, isEnabled: row.isEnabled, note: row.note, failures: row.failures,
            cursor: EventCursor(row.cursor))
    }
}
