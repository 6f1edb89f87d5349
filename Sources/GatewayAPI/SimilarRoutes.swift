import Codec
import HTTPTypes
import Records

/// `GET /records/{id}/similar` and `GET /records/anomalies`: what the gateway's private index tells its own tenant.
struct SimilarRoutes {
    let parts: GatewayParts

    /// Records of an answer where the caller does not say.
    private static let limitDefault = 10

    var routes: [Route] {
        [
            Route(.get, "/records/anomalies", .scope(.recordsRead), anomalies),
            Route(.get, "/records/{id}/similar", .scope(.recordsRead), similar),
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
