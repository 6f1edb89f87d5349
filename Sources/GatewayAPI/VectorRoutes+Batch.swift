import Codec
import Cryptography
import HTTPTypes
import LedgerAccess
import LedgerModel
import Verification
import VectorIndex

/// `POST /vectors/{collection}/search`: many queries, answered from one state.
extension VectorRoutes {
    /// Largest batch, in bytes: 256 queries of 4,096 components in base64url, or of 2,000 as numbers.
    static let batchBytesMax = 2 << 20
    /// Neighbours that the answers to a batch hold together: 256 queries with 100 each, about 4 MB.
    static let batchNeighboursMax = 25_600

    @Sendable func searchMany(_ input: RouteInput) async throws -> Reply {
        let collection = try Self.collection(input)
        // Read and held against the contract before.
        let queries = try Self.queries(try JSONDocument(parsing: input.body).root, in: collection)
        let found = try await parts.vectors.search(queries, in: collection)
        return Reply.json(
            .object(of: [
                "stateHeight": .decimal(found.stateHeight.value), "collection": .decimal(UInt64(collection)),
                "count": .integer(found.head.count), "root": .string(found.head.root.hex),
                "answers": .array(
                    found.answers.map { item in
                        .object(of: [
                            "answer": .array(item.neighbours.map { Self.json(SearchProofFile.Answer($0)) }),
                            "cost": Self.json(item.cost),
                        ])
                    }),
            ]), headers: [.cacheControl: "no-store"])
    }

    private static func queries(_ wish: JSONNode, in collection: UInt32) throws -> [SearchQuery] {
        guard wish["prove"]?.bool != true else {
            throw Problem.badParameter(
                "prove",
                "left out of a batch, whose answers have no proofs: ask GET /vectors/\(collection)/search with "
                    + "prove=true, one query at a time")
        }
        let names = ["supers", "lists", "finalists"]
        let isExact = wish["mode"]?.stringEquals("exact") ?? false
        guard !isExact || names.allSatisfy({ wish[$0] == nil }) else {
            throw Problem.badParameter("mode", "approximate where supers, lists or finalists are given")
        }
        let limit = wish["limit"].map(integer) ?? Int(limitDefault)
        let nodes = wish["queries"]?.elements.map { $0 } ?? []
        guard nodes.count * limit <= batchNeighboursMax else {
            throw LedgerAccessFailure.batchTooLarge(queriesMax: batchNeighboursMax / limit)
        }
        let probes = SearchQuery.Probes(
            supers: wish["supers"].map(integer) ?? Int(probesDefault.supers),
            lists: wish["lists"].map(integer) ?? Int(probesDefault.lists),
            finalists: wish["finalists"].map(integer) ?? Int(probesDefault.finalists))
        let owner = wish["owner"]?.string.flatMap { Hex.decode($0) }.flatMap { Digest($0) }
        return nodes.map { node in
            SearchQuery(
                vector(node), mode: isExact ? .exact : .approximate(probes), limit: limit,
                distanceMax: wish["distanceMax"].map { Int32(clamping: integer($0)) },
                tag: wish["tag"].map { UInt32(clamping: integer($0)) }, owner: owner)
        }
    }

    /// A list of numbers, or a byte a component in base64url.
    private static func vector(_ node: JSONNode) -> [Int8] {
        guard let text = node.string else { return node.elements.map { Int8(clamping: integer($0)) } }
        return (Base64.decodeURL(text) ?? []).map { Int8(bitPattern: $0) }
    }

    /// A number that the contract takes for an integer, which `1.0` is as well.
    private static func integer(_ node: JSONNode) -> Int { node.int64.map { Int($0) } ?? Int(node.double ?? 0) }
}
