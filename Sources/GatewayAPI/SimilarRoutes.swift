import Codec
import Cryptography
import HTTPTypes
import LedgerModel
import Records
import Verification
import VectorIndex

/// `GET /records/{id}/similar` and `GET /records/anomalies`: what the gateway's private index tells its own tenant; and
/// `POST /records/commitments` and `GET /records/{id}/similar/proof`: what it proves to others.
struct SimilarRoutes {
    let parts: GatewayParts

    /// Records of an answer where the caller does not say.
    private static let limitDefault = 10

    var routes: [Route] {
        [
            Route(.get, "/records/anomalies", .scope(.recordsRead), anomalies),
            Route(.get, "/records/{id}/similar", .scope(.recordsRead), similar),
            Route(.get, "/records/{id}/similar/proof", .scope(.recordsRead), isAudited: true, proof),
            Route(.post, "/records/commitments", .scope(.recordsCapture), commit),
        ]
    }

    @Sendable func similar(_ input: RouteInput) async throws -> Reply {
        let found = try await parts.records.similar(
            to: try input.hex("id", byteCount: 32), tenant: input.tenant, limit: try Self.limit(input),
            distanceMax: try Self.number(input, "distanceMax", 0...RecordService.distanceMax)
                ?? RecordService.distanceMax)
        return Reply.json(
            .object(of: ["records": .array(found.items.map(Self.json)), "searched": .integer(found.searchedCount)]))
    }

    @Sendable func anomalies(_ input: RouteInput) async throws -> Reply {
        let found = try await parts.records.anomalies(
            tenant: input.tenant, limit: try Self.limit(input),
            candidates: try Self.number(input, "among", 1...RecordService.candidatesMax)
                ?? RecordService.candidatesDefault)
        return Reply.json(
            .object(of: [
                "records": .array(
                    found.items.map { item in
                        .object(of: [
                            "distance": .integer(item.distance), "record": RecordRoutes.json(item.record),
                            "nearest": .array(item.nearest.map(Self.json)),
                        ])
                    }),
                "searched": .integer(found.searchedCount),
            ]))
    }

    /// Answers 202 once the commitment is durable; its job says when it is on the ledger.
    @Sendable func commit(_ input: RouteInput) async throws -> Reply {
        let receipt = try await parts.records.commitIndex(tenant: input.tenant, audit: input.auditLine(status: 202))
        input.mark.set()
        parts.metrics.count("index_commitments")
        return Reply.json(
            .object(of: [
                "captureID": .hex(receipt.jobID), "recordId": .hex(receipt.recordID),
                "count": .integer(receipt.count),
            ]), status: .accepted, headers: [.location: "/records/\(Hex.encode(receipt.recordID))"])
    }

    @Sendable func proof(_ input: RouteInput) async throws -> Reply {
        let id = try input.hex("id", byteCount: 32)
        guard let commitment = try input.queryHex("commitment", byteCount: 32), let record = Digest(id) else {
            throw Problem.badParameter("commitment", "the id of a record, 32 bytes in lower-case hex")
        }
        let probes = try Self.probes(input)
        let proof = try await parts.records.proveSimilar(
            to: id, by: commitment, tenant: input.tenant, limit: try Self.limit(input),
            probes: probes.map {
                SearchQuery.Probes(supers: Int($0.supers), lists: Int($0.lists), finalists: Int($0.finalists))
            }, trusted: try input.trusted())
        let file = SimilarProofFile(
            commitment: proof.commitment.encoded(), record: record,
            query: SearchProofFile.Query(
                collection: 0, vector: proof.query.vector, probes: probes, limit: UInt32(proof.query.limit)),
            answer: proof.answer.map(SearchProofFile.Answer.init), body: proof.body
        ).encoded()
        guard file.count <= SimilarProofFile.byteCountMax else {
            throw RecordsFailure.commitment(
                .search(
                    "The proof would be \(file.count) bytes, verifiers read \(SimilarProofFile.byteCountMax): ask for "
                        + "fewer lists."))
        }
        parts.metrics.count("similar_proofs")
        return Reply.bytes(
            file, type: SimilarProofFile.mediaType,
            headers: [.contentDisposition: "attachment; filename=\"\(Hex.encode(Array(id.prefix(8)))).similar.json\""])
    }

    /// Nil for an exact search; without any number as a search of the ledger's collections.
    private static func probes(_ input: RouteInput) throws -> SearchProofFile.Query.Probes? {
        let isExact = input.query("mode") == "exact"
        let numbers = try (
            supers: number(input, "supers", 1...IndexRules.superMax),
            lists: number(input, "lists", 1...SearchQuery.listsMax),
            finalists: number(input, "finalists", 1...SearchQuery.finalistsMax)
        )
        guard !isExact || (numbers.supers == nil && numbers.lists == nil && numbers.finalists == nil) else {
            throw Problem.badParameter("mode", "approximate where supers, lists or finalists are given")
        }
        let usual = VectorRoutes.probesDefault
        return isExact
            ? nil
            : SearchProofFile.Query.Probes(
                supers: numbers.supers.map { UInt32($0) } ?? usual.supers,
                lists: numbers.lists.map { UInt32($0) } ?? usual.lists,
                finalists: numbers.finalists.map { UInt32($0) } ?? usual.finalists)
    }

    private static func limit(_ input: RouteInput) throws -> Int {
        try number(input, "limit", 1...RecordService.similarMax) ?? limitDefault
    }

    private static func number(_ input: RouteInput, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        try input.query(name).map { text in
            guard let number = Int(exactly: try RouteInput.number(text, named: name)), range.contains(number) else {
                throw Problem.badParameter(name, "\(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    private static func json(_ item: SimilarRecord) -> JSON {
        .object(of: ["distance": .integer(item.distance), "record": RecordRoutes.json(item.record)])
    }
}
