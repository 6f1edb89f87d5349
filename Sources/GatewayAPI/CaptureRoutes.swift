import Codec
import HTTPTypes
import Hummingbird
import Records

/// `POST /epcis/capture` and its jobs (EPCIS 2.0 §12: capture interface).
struct CaptureRoutes {
    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(
                .post, "/epcis/capture", .scope(.recordsCapture), bodyBytesMax: parts.configuration.captureBytesMax,
                capture),
            Route(.get, "/epcis/capture/{id}", .scope(.recordsCapture), job),
        ]
    }

    @Sendable func capture(_ input: RouteInput) async throws -> Reply {
        let type = input.request.headers[.contentType] ?? ""
        let receipt: CaptureReceipt
        do {
            let schema = try input.query("schema").flatMap(SchemaReference.init).map {
                try parts.schemas.applied($0, tenant: input.tenant)
            }
            receipt = try await parts.records.capture(
                input.body, mediaType: type, tenant: input.tenant, schema: schema,
                audit: input.auditLine(status: 202))
            input.mark.set()
        } catch {
            parts.metrics.count("captures_refused")
            throw error
        }
        parts.metrics.count("captures")
        parts.metrics.count("records_captured", by: receipt.newCount)
        let id = Hex.encode(receipt.jobID)
        return Reply.json(
            .object(of: [
                "captureID": .string(id),
                "records": .array(receipt.recordIDs.map { .hex($0) }),
                "newRecords": .number(String(receipt.newCount)),
            ]), status: .accepted, headers: [.location: "/epcis/capture/\(id)"])
    }

    @Sendable func job(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 16)
        guard let job = try parts.records.job(id, tenant: input.tenant) else { throw RecordsFailure.notFound }
        let isFinished = job.anchoredCount == job.recordIDs.count
        return Reply.json(
            .object(of: [
                "captureID": .string(Hex.encode(id)),
                "createdAt": .string(TimeText.rfc3339(nanoseconds: job.createdAt)),
                "running": .boolean(!isFinished),
                "success": .boolean(true),
                "captureErrorBehaviour": .string("rollback"),
                "errors": .array([]),
                "recordCount": .number(String(job.recordIDs.count)),
                "anchoredCount": .number(String(job.anchoredCount)),
                "records": .array(job.recordIDs.map { .hex($0) }),
            ]))
    }
}
