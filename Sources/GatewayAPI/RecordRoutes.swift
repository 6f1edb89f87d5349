import Codec
import HTTPTypes
import LedgerModel
import Records

/// `GET /records/{id}`, its receipt and its bundle, and erasure.
struct RecordRoutes {
    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(.get, "/records/{id}", .scope(.recordsRead), record),
            Route(.get, "/records/{id}/receipt", .scope(.recordsRead), receipt),
            Route(.get, "/records/{id}/bundle", .scope(.recordsRead), isAudited: true, bundle),
            Route(.delete, "/records/{id}", .scope(.recordsErase), erase),
        ]
    }

    @Sendable func record(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        guard let record = try parts.records.record(id, tenant: input.tenant) else { throw RecordsFailure.notFound }
        return Reply.json(
            .object(of: [
                "recordId": .hex(id),
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
            ]))
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
            id, tenant: input.tenant, reason: reason, audit: input.auditLine(status: 200))
        if erased { input.mark.set() }
        return Reply.json(
            .object(of: ["recordId": .hex(id), "erased": .boolean(true), "alreadyErased": .boolean(!erased)]))
    }
}
