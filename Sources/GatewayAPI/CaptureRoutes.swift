import Codec
import HTTPTypes
import Hummingbird
import Records

/// `POST /epcis/capture` and its jobs (EPCIS 2.0 §12: capture interface).
struct CaptureRoutes {
    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(.get, "/epcis/capture", .scope(.recordsCapture), jobs),
            Route(
                .post, "/epcis/capture", .scope(.recordsCapture), bodyBytesMax: parts.configuration.captureBytesMax,
                awaited: captureAwaited, capture),
            Route(.get, "/epcis/capture/{id}", .scope(.recordsCapture), awaited: jobAwaited, job),
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
        guard let job = try await parts.records.job(id, tenant: input.tenant) else { throw RecordsFailure.notFound }
        return Reply.json(Self.json(job))
    }

    /// The same once the job has ended, or the time is over.
    @Sendable func jobAwaited(_ input: RouteInput, _ reply: Reply, _ limit: Duration) async throws -> Reply? {
        let id = try input.hex("id", byteCount: 16)
        return try await parts.records.awaited(id, tenant: input.tenant, within: limit).map {
            Reply.json(Self.json($0))
        }
    }

    /// 200 with the job that has ended, every record of it provable; 202 as before where the time is over.
    @Sendable func captureAwaited(_ input: RouteInput, _ reply: Reply, _ limit: Duration) async throws -> Reply? {
        guard let text = reply.headers[.location]?.split(separator: "/").last, let id = Hex.decode(String(text)),
            let job = try await parts.records.awaited(id, tenant: input.tenant, within: limit)
        else { return nil }
        guard job.isFinished, let receipt = try? JSONDocument(parsing: reply.body).root,
            case .object(let members) = Self.json(job)
        else { return reply }
        let fresh = JSON.Member("newRecords", .number(receipt["newRecords"]?.numberLexeme ?? "0"))
        return Reply.json(.object(members + [fresh]))
    }

    /// The tenant's jobs, the newest first (EPCIS 2.0 OpenAPI: `GET /capture`).
    @Sendable func jobs(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(
            input, .epcis, placeBytes: RecordService.jobPlaceBytes, cursors: try parts.cursors())
        let jobs = try await parts.records.jobs(tenant: input.tenant, after: page.place, limit: page.limit)
        var headers = HTTPFields()
        headers[.link] = page.link(to: jobs.next)
        return Reply.json(
            .array(
                jobs.items.map { job in
                    .object(
                        Self.members(
                            job.jobID, createdAt: job.createdAt, recordCount: job.recordCount,
                            anchoredCount: job.anchoredCount, isFinished: job.isFinished))
                }), headers: headers)
    }

    private static func json(_ job: JobView) -> JSON {
        .object(
            members(
                job.jobID, createdAt: job.createdAt, recordCount: job.recordIDs.count, anchoredCount: job.anchoredCount,
                isFinished: job.isFinished)
                + [.init("records", .array(job.recordIDs.map { .hex($0) }))])
    }

    private static func members(
        _ id: [UInt8], createdAt: UInt64, recordCount: Int, anchoredCount: Int, isFinished: Bool
    ) -> [JSON.Member] {
        [
            .init("captureID", .hex(id)),
            .init("createdAt", .string(TimeText.rfc3339(nanoseconds: createdAt))),
            .init("running", .boolean(!isFinished)),
            .init("success", .boolean(true)),
            .init("captureErrorBehaviour", .string("rollback")),
            .init("errors", .array([])),
            .init("recordCount", .number(String(recordCount))),
            .init("anchoredCount", .number(String(anchoredCount))),
        ]
    }
}
