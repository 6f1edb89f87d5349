import Codec
import Cryptography
import HTTPTypes
import LedgerAccess
import LedgerModel
import Verification
import VectorIndex

/// Collections of vectors and searches in them, always in the newest provable state: `/vectors`.
///
/// A query's vector is at most 4,096 bytes, 5,462 characters of base64url, so it fits a URL and a search is a GET like any
/// other: it has an entity tag, and caches and retries are safe. Many at once are a POST that changes nothing. Vectors are
/// written by transactions.
struct VectorRoutes {
    let parts: GatewayParts

    /// What an approximate search looks at where the caller does not say.
    static let probesDefault = SearchProofFile.Query.Probes(supers: 8, lists: 32, finalists: 64)

    /// Subjects of an answer where the caller does not say.
    static let limitDefault: UInt32 = 10

    var routes: [Route] {
        [
            Route(.get, "/vectors", .scope(.ledgerRead), list),
            Route(.get, "/vectors/{collection}", .scope(.ledgerRead), show),
            Route(.get, "/vectors/{collection}/search", .scope(.ledgerRead), search),
            Route(
                .post, "/vectors/{collection}/search", .scope(.ledgerRead), bodyBytesMax: Self.batchBytesMax,
                isAudited: false, isReplayed: false, searchMany),
        ]
    }

    @Sendable func list(_ input: RouteInput) async throws -> Reply {
        let page = try PageRequest(input, .own, placeBytes: 4, cursors: try parts.cursors())
        let above = CollectionKeys.number(page.place)
        let found = try await parts.vectors.collections(above: above, limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        let next = found.count > page.limit ? shown.last?.number.bigEndianBytes : nil
        var headers = HTTPFields()
        headers[.link] = page.link(to: next)
        return Reply.json(
            .object(of: [
                "collections": .array(shown.map(Self.json)), "next": page.cursor(to: next).map { .string($0) },
            ]), headers: headers)
    }

    @Sendable func show(_ input: RouteInput) async throws -> Reply {
        Reply.json(Self.json(try await parts.vectors.collection(try Self.collection(input))))
    }

    @Sendable func search(_ input: RouteInput) async throws -> Reply {
        let query = try Self.query(input)
        let isProven = try input.flag("prove")
        let trusted = try input.trusted()
        let answer = try await parts.vectors.search(
            SearchQuery(query), in: query.collection, isProven: isProven)
        let found = answer.neighbours.map(SearchProofFile.Answer.init)
        guard isProven, let proof = answer.proof else {
            return Reply.json(
                .object(of: [
                    "stateHeight": .decimal(answer.stateHeight.value),
                    "collection": .decimal(UInt64(query.collection)),
                    "answer": .array(found.map(Self.json)),
                    "cost": answer.cost.map(Self.json),
                ]))
        }
        let headers = try await parts.ledger.headers(for: [answer.stateHeight.next], from: trusted)
        let file = SearchProofFile(
            ledger: parts.identity, headers: headers, query: query, answer: found, head: proof.head,
            owner: proof.owner, body: proof.body
        ).encoded()
        guard file.count <= SearchProofFile.byteCountMax else {
            throw LedgerAccessFailure.searchRefused(
                "the proof would be \(file.count) bytes, verifiers read \(SearchProofFile.byteCountMax): ask for fewer lists"
            )
        }
        parts.metrics.count("search_proofs")
        return Reply.bytes(file, type: "application/vnd.vivian.search+json")
    }

    // MARK: Reading and writing

    static func collection(_ input: RouteInput) throws -> UInt32 {
        try small(input.parameter("collection"), "collection")
    }

    private static func small(_ text: String, _ name: String) throws -> UInt32 {
        guard let value = UInt32(exactly: try RouteInput.number(text, named: name)) else {
            throw Problem.badParameter(name, "below 2^32")
        }
        return value
    }

    private static func query(_ input: RouteInput) throws -> SearchProofFile.Query {
        func number(_ name: String) throws -> UInt32? { try input.query(name).map { try small($0, name) } }
        guard let vector = Base64.decodeURL(input.query("vector") ?? ""),
            1...PutVectorsMessage.dimensionMax ~= vector.count
        else {
            throw Problem.badParameter("vector", "1 to 4,096 components, a byte each, in base64url without padding")
        }
        let (supers, lists, finalists) = (try number("supers"), try number("lists"), try number("finalists"))
        let isExact = input.query("mode") == "exact"
        guard !isExact || (supers == nil && lists == nil && finalists == nil) else {
            throw Problem.badParameter("mode", "approximate where supers, lists or finalists are given")
        }
        let probes = SearchProofFile.Query.Probes(
            supers: supers ?? probesDefault.supers, lists: lists ?? probesDefault.lists,
            finalists: finalists ?? probesDefault.finalists)
        let distance = try input.query("distanceMax").map { text in
            guard let value = Int32(text), String(value) == text else {
                throw Problem.badParameter("distanceMax", "a whole number from -2^31 to 2^31 - 1")
            }
            return value
        }
        return SearchProofFile.Query(
            collection: try collection(input), vector: vector.map { Int8(bitPattern: $0) },
            probes: isExact ? nil : probes, limit: try number("limit") ?? limitDefault, distanceMax: distance,
            tag: try number("tag"), owner: try input.queryHex("owner", byteCount: 32).flatMap { AccountID($0) })
    }

    static func json(_ answer: SearchProofFile.Answer) -> JSON {
        .object(of: [
            "kind": .integer(answer.subject.kind), "subject": .string(answer.subject.id.hex),
            "distance": .integer(answer.distance), "id": .decimal(answer.id), "tag": .integer(answer.tag),
        ])
    }

    static func json(_ cost: VectorCost) -> JSON {
        .object(of: [
            "distances": .integer(cost.distances), "codes": .integer(cost.codes), "lists": .integer(cost.lists),
            "bytes": .integer(cost.bytes),
        ])
    }

    private static func json(_ status: CollectionStatus) -> JSON {
        let parameters = status.parameters
        let (booked, isTooMuch) = parameters.deposit.multipliedReportingOverflow(by: UInt64(status.head.count))
        return .object(of: [
            "collection": .decimal(UInt64(status.number)),
            "stateHeight": .decimal(status.stateHeight.value),
            "owner": .hex(status.listing.owner.bytes), "name": .string(status.listing.name.text),
            "createdAt": .string(TimeText.rfc3339(status.listing.time)),
            "createdIn": .decimal(status.listing.height.value),
            "metric": .string(name(of: parameters.metric)),
            "policy": .string(parameters.policy == .owner ? "owner" : "anyone"),
            "isPublic": .boolean(parameters.isPublic), "dimension": .integer(parameters.dimension),
            "scale": .integer(parameters.scale), "countMax": .integer(parameters.countMax),
            "normMax": .integer(parameters.normMax), "deposit": .decimal(parameters.deposit),
            "deposited": isTooMuch ? nil : .decimal(booked),
            "count": .integer(status.head.count), "root": .string(status.head.root.hex),
            "supers": .integer(status.superCount), "lists": .integer(status.listCount),
            "key": .string(Base64.encodeURL(VectorStateKey(collection: status.number).head)),
        ])
    }

    private static func name(of metric: Metric) -> String {
        switch metric {
        case .dot: "dot"
        case .squaredL2: "squaredL2"
        case .cosine: "cosine"
        }
    }
}
