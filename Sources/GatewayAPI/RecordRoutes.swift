import Codec
import HTTPTypes
import LedgerModel
import Records

/// `GET /records/{id}`, its receipt and its bundle, and erasure.
struct RecordRoutes {
    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(.get, "/records", .scope(.recordsRead), list),
            Route(.get, "/records/{id}", .scope(.recordsRead), record),
            Route(.get, "/records/{id}/receipt", .scope(.recordsRead), receipt),
            Route(.get, "/records/{id}/bundle", .scope(.recordsRead), isAudited: true, bundle),
            Route(.delete, "/records/{id}", .scope(.recordsErase), match: .taken, erase),
        ]
    }

    /// The tenant's records, page by page.
    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(
            input, .own, placeBytes: RecordService.recordPlaceBytes, cursors: try parts.cursors())
        let filter = RecordFilter(
            job: try input.queryHex("job", byteCount: 16),
            state: try input.query("state").map { text in
                guard let state = RecordView.State(rawValue: text) else {
                    throw Problem.badParameter("state", "accepted, anchored or erased")
                }
                return state
            }, acceptedAfter: try input.time("acceptedAfter"), isNewestFirst: input.query("order") != "oldest")
        let records = try parts.records.records(filter, tenant: input.tenant, after: page.place, limit: page.limit)
        var headers = HTTPFields()
        headers[.link] = page.link(to: records.next)
        return Reply.json(
            .object(of: [
                "records": .array(records.items.map(Self.json)),
                "next": page.cursor(to: records.next).map { .string($0) },
            ]), headers: headers)
    }

    @Sendable func record(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        guard let record = try parts.records.record(id, tenant: input.tenant) else { throw RecordsFailure.notFound }
        return Self.reply(record)
    }

    /// What GET answers, of which the entity tag is.
    private static func reply(_ record: RecordView) -> Reply { Reply.json(json(record)) }

    static func json(_ record: RecordView) -> JSON {
        .object(of: [
            "recordId": .hex(record.recordID),
            "state": .string(record.state.rawValue),
            "issuer": .hex(record.issuer),
            "number": .decimal(record.number),
            "mediaType": .string(record.mediaType),
            "schemas": .array(record.schemas.map { .string($0) }),
            "acceptedAt": .string(TimeText.rfc3339(nanoseconds: record.acceptedAt)),
            "erasedAt": record.erasedAt.map { .string(TimeText.rfc3339(nanoseconds: $0)) },
            "logIndex": record.place.map { .decimal($0.leafIndex) },
            "height": record.place.map { .decimal($0.height) },
            "blockTime": record.place.map { .string(TimeText.rfc3339(nanoseconds: $0.blockTime)) },
        ])
    }

    @Sendable func receipt(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        let validator = try input.queryHex("validator", byteCount: 20).flatMap { Address($0) }
        let receipt = try await parts.records.receipt(of: id, tenant: input.tenant, validator: validator)
        parts.metrics.count("receipts")
        return Reply.bytes(receipt, type: "application/scitt-receipt+cose")
    }

    @Sendable func bundle(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        let bundle = try await parts.records.bundle(
            of: id, tenant: input.tenant, trusted: try input.trusted(), receipts: try input.flag("receipts"))
        parts.metrics.count("bundles")
        return Reply.bytes(
            bundle.encoded(), type: "application/vnd.vivian.record+json",
            headers: [.contentDisposition: "attachment; filename=\"\(Hex.encode(Array(id.prefix(8)))).record.json\""])
    }

    @Sendable func erase(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        let reason = try input.query("reason").map { try RouteInput.number($0, named: "reason") } ?? 0
        guard reason <= 3 else { throw Problem.badParameter("reason", "0 to 3") }
        let erased = try await parts.records.erase(
            id, tenant: input.tenant, reason: reason, audit: input.auditLine(status: 200)
        ) { input.preconditions.isMet(by: Self.reply($0)) }
        if erased { input.mark.set() }
        return Reply.json(
            .object(of: ["recordId": .hex(id), "erased": .boolean(true), "alreadyErased": .boolean(!erased)]))
    }
}
