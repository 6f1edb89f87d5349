import Codec
import Cryptography
import HTTPTypes
import Records

/// Webhooks of one's own tenant (Standard Webhooks 1.0, CloudEvents 1.0).
struct WebhookRoutes {
    let parts: GatewayParts
    /// Largest request, in bytes.
    static let bodyBytesMax = 16 << 10
    /// Bytes of a place in a list of deliveries: the last one's number.
    private static let deliveryPlaceBytes = 8

    var routes: [Route] {
        [
            Route(.get, "/webhooks", .scope(.webhooksManage), list),
            Route(
                .post, "/webhooks", .scope(.webhooksManage), bodyBytesMax: Self.bodyBytesMax, isReplayed: false, create),
            Route(.get, "/webhooks/{id}", .scope(.webhooksManage), show),
            Route(
                .patch, "/webhooks/{id}", .scope(.webhooksManage), bodyBytesMax: Self.bodyBytesMax, match: .required,
                change),
            Route(.delete, "/webhooks/{id}", .scope(.webhooksManage), match: .taken, remove),
            Route(
                .post, "/webhooks/{id}/rotate", .scope(.webhooksManage), bodyBytesMax: Self.bodyBytesMax,
                isReplayed: false, rotate),
            Route(.post, "/webhooks/{id}/ping", .scope(.webhooksManage), ping),
            Route(.get, "/webhooks/{id}/deliveries", .scope(.webhooksManage), deliveries),
            Route(.post, "/webhooks/{id}/replay", .scope(.webhooksManage), bodyBytesMax: Self.bodyBytesMax, replay),
        ]
    }

    private var book: WebhookBook { parts.webhooks }
    private static let noStore: HTTPFields = [.cacheControl: "no-store"]

    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let webhooks = try book.webhooks(tenant: input.tenant)
        return Reply.json(
            .object(of: [
                "webhooks": .array(webhooks.map { .object(Self.members($0)) }),
                "retryPausesSeconds": .array(DeliverySchedule.pausesSeconds.map { .integer($0) }),
            ]), headers: Self.noStore)
    }

    /// Makes a webhook; a shared secret is in this answer and nowhere else.
    @Sendable func create(_ input: RouteInput) async throws -> Reply {
        // Read and held against the contract before.
        let wish = try JSONDocument(parsing: input.body).root
        let id = Hex.encode(SecureRandom.bytes(8))
        let (webhook, secret) = try await book.add(
            id, tenant: input.tenant, url: wish["url"]?.string ?? "", types: Self.types(wish) ?? [],
            label: wish["label"]?.string ?? "",
            scheme: wish["signing"]?.string.flatMap(WebhookSecret.Scheme.init) ?? .hmac,
            audit: input.auditLine(status: 201, target: id))
        input.mark.set()
        return Reply.json(
            .object(Self.members(webhook, secret)), status: .created,
            headers: [.location: "/webhooks/\(id)", .cacheControl: "no-store"])
    }

    @Sendable func show(_ input: RouteInput) async throws -> Reply {
        Self.reply(try book.webhook(try Self.id(input), tenant: input.tenant))
    }

    /// What GET answers.
    ///
    /// Failures, place in the feed and old keys move by themselves: the entity tag is of the rest.
    private static func reply(_ webhook: WebhookView) -> Reply {
        let members = Self.members(webhook)
        var reply = Reply.json(.object(members), headers: noStore)
        reply.version = JSON.object(members.filter { written.contains($0.name) }).serialized()
        return reply
    }

    /// What clients write of a webhook; the gateway switches one off whose receiver is gone.
    private static let written: Set<String> = ["id", "url", "types", "label", "enabled"]

    @Sendable func change(_ input: RouteInput) async throws -> Reply {
        let wish = try JSONDocument(parsing: input.body).root
        let webhook = try await book.change(
            try Self.id(input), tenant: input.tenant, url: wish["url"]?.string, types: Self.types(wish),
            label: wish["label"]?.string, isEnabled: wish["enabled"]?.bool, audit: input.auditLine(status: 200)
        ) { input.preconditions.isMet(by: Self.reply($0)) }
        input.mark.set()
        return Self.reply(webhook)
    }

    @Sendable func remove(_ input: RouteInput) async throws -> Reply {
        let id = try Self.id(input)
        try book.remove(id, tenant: input.tenant, audit: input.auditLine(status: 200)) {
            input.preconditions.isMet(by: Self.reply($0))
        }
        input.mark.set()
        return Reply.json(.object(of: ["id": .string(id), "removed": .boolean(true)]))
    }

    @Sendable func rotate(_ input: RouteInput) async throws -> Reply {
        let wish = try JSONDocument(parsing: input.body).root
        let grace = wish["graceSeconds"]?.double.map { UInt64($0) } ?? WebhookBook.graceSecondsDefault
        let (webhook, secret) = try book.rotate(
            try Self.id(input), tenant: input.tenant, graceSeconds: grace, audit: input.auditLine(status: 200))
        input.mark.set()
        return Reply.json(.object(Self.members(webhook, secret)), headers: Self.noStore)
    }

    @Sendable func ping(_ input: RouteInput) async throws -> Reply {
        let delivery = try book.ping(try Self.id(input), tenant: input.tenant, audit: input.auditLine(status: 202))
        input.mark.set()
        return Reply.json(.object(of: ["delivery": .string(String(delivery))]), status: .accepted)
    }

    @Sendable func replay(_ input: RouteInput) async throws -> Reply {
        let wish = try JSONDocument(parsing: input.body).root
        let replay: ReplayWish
        if let cursor = wish["since"]?.string {
            let bounds = try parts.events.bounds(tenant: input.tenant)
            guard let place = cursor == "oldest" ? bounds.oldest : EventCursor(cursor) else {
                throw Problem.badParameter("since", "oldest, or the id of an event of the feed")
            }
            replay = .since(place)
        } else if let delivery = wish["delivery"]?.string {
            replay = .delivery(Int64(clamping: try RouteInput.number(delivery, named: "delivery")))
        } else {
            replay = .dead
        }
        let count = try book.replay(
            try Self.id(input), tenant: input.tenant, replay, audit: input.auditLine(status: 202))
        input.mark.set()
        return Reply.json(.object(of: ["count": .number(String(count))]), status: .accepted)
    }

    /// Oldest first; a cursor leads to the next page for as long as there is one.
    @Sendable func deliveries(_ input: RouteInput) async throws -> Reply {
        let id = try Self.id(input)
        let page = try PageRequest(input, .own, placeBytes: Self.deliveryPlaceBytes, cursors: try parts.cursors())
        let after = page.place.map { UInt64(bigEndianBytes: $0) } ?? 0
        let found = try book.deliveries(
            id, tenant: input.tenant, state: input.query("state"), after: Int64(clamping: after), limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        let next = found.count > shown.count ? shown.last.map { UInt64($0.id).bigEndianBytes } : nil
        var headers = Self.noStore
        headers[.link] = page.link(to: next)
        return Reply.json(
            .object(of: [
                "deliveries": .array(shown.map(Self.json)), "next": page.cursor(to: next).map { .string($0) },
            ]), headers: headers)
    }

    private static func id(_ input: RouteInput) throws -> String { Hex.encode(try input.hex("id", byteCount: 8)) }

    private static func types(_ wish: JSONNode) -> [String]? { wish["types"]?.elements.compactMap(\.string) }

    /// `secret`: where it was made just now.
    private static func members(_ webhook: WebhookView, _ secret: WebhookSecret? = nil) -> [JSON.Member] {
        JSON.object(of: [
            "id": .string(webhook.id), "url": .string(webhook.url),
            "types": .array(webhook.types.map { .string($0) }), "label": .string(webhook.label),
            "signing": .string(webhook.scheme), "secret": secret?.shownOnce.map { .string($0) },
            "publicKeys": webhook.publicKeys.isEmpty ? nil : .array(webhook.publicKeys.map { .string($0) }),
            "oldSecretUntil": webhook.oldSecretUntil.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
            "createdBy": .string(webhook.createdBy),
            "createdAt": .string(TimeText.rfc3339(nanoseconds: webhook.createdAt)),
            "enabled": .boolean(webhook.isEnabled), "note": webhook.note.isEmpty ? nil : .string(webhook.note),
            "failures": .number(String(webhook.failures)), "cursor": .string("\(webhook.cursor)"),
        ]).object ?? []
    }

    private static func json(_ delivery: DeliveryView) -> JSON {
        .object(of: [
            "id": .string(String(delivery.id)), "messageId": .string(delivery.messageID),
            "type": .string(delivery.type), "state": .string(delivery.state),
            "attempts": .number(String(delivery.attempts)),
            "nextAt": delivery.nextAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
            "status": delivery.status.map { .number(String($0)) },
            "reason": delivery.reason.isEmpty ? nil : .string(delivery.reason),
            "createdAt": .string(TimeText.rfc3339(nanoseconds: delivery.createdAt)),
            "endedAt": delivery.endedAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
        ])
    }
}
