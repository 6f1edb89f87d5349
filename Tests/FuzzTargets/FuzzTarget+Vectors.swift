import Cryptography
import Embedding
import VectorIndex

extension FuzzTarget {
    /// What a stranger hands to whoever checks a search.
    static let vectors: [FuzzTarget] = [
        canonical("vector-parameters", byteCountMax: 64) { try CollectionParameters(decoding: $0).encoded() },
        canonical("search-proof", byteCountMax: 1 << 16) { bytes in
            let proof = try SearchProof(decoding: bytes, of: approximate)
            // Whatever it says, nobody vouches for it.
            if (try? proof.verify(approximate) { _ in false }) != nil { return [] }
            return proof.encoded()
        },
        FuzzTarget("search-body", byteCountMax: 1 << 16) { bytes in
            // Under a head of its own, so that the search over its bytes is reached.
            for query in [approximate, filtered, exact] {
                guard let proof = SearchProof(unprovenBody: bytes, of: query),
                    let answer = try? proof.verify(query, isProven: { _ in true })
                else { continue }
                guard answer.count <= query.limit else { return "more answers than were asked for" }
                for (one, next) in zip(answer, answer.dropFirst())
                where (one.distance, one.id) > (next.distance, next.id) { return "answers out of order" }
                let portable = try? proof.verify(
                    query, kernels: Kernels.available[Kernels.available.count - 1], isProven: { _ in true })
                guard portable == answer else { return "two sets of kernels answer differently" }
            }
            return nil
        },
        // A vector is one that a collection takes, as it is or nearly so; separators around a text change nothing.
        FuzzTarget("embedder", byteCountMax: 1 << 12) { bytes in
            let embedder = TextEmbedder.standard
            guard let vector = try? embedder.vector(of: bytes) else {
                return Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes
                    && bytes.contains { (0x61...0x7a).contains($0) } ? "a text with letters is refused" : nil
            }
            guard let parameters = textCollection, let admitted = try? parameters.admit(vector) else {
                return "no collection takes the vector"
            }
            let isNear = zip(vector, admitted).allSatisfy { abs(Int($0) - Int($1)) <= 8 }
            guard isNear else { return "admitted as another" }
            return (try? embedder.vector(of: [0x20] + bytes + [0x0a])) == vector ? nil : "separators count"
        },
    ]

    /// A collection for texts: as long vectors as the embedder makes.
    private static let textCollection = try? CollectionParameters(
        metric: .cosine, dimension: TextEmbedder.standard.dimension, scale: 8, owner: .zero)

    private static let vector: [Int8] = [90, -20, 33, 4, -51, 60, 7, 0]
    private static let approximate = SearchQuery(
        vector, mode: .approximate(SearchQuery.Probes(supers: 2, lists: 2, finalists: 6)), limit: 4)
    private static let filtered = SearchQuery(
        vector, mode: .approximate(SearchQuery.Probes(supers: 1, lists: 3, finalists: 5)), limit: 4, tag: 1)
    private static let exact = SearchQuery(vector, mode: .exact, limit: 4)
}
