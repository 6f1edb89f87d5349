import Codec
package import Cryptography

/// A proof of which records a private index finds like one, `application/vnd.vivian.similar+json` (bundles.md): the bundle of
/// a commitment to the index, a query, the answer, and the committed bytes from which anyone computes the answer.
package struct SimilarProofFile: Hashable, Sendable {
    package static let format = "vivian-similar/1"
    package static let mediaType = "application/vnd.vivian.similar+json"
    package static let byteCountMax = SearchProofFile.byteCountMax

    /// The bytes of a record bundle whose document is an ``IndexCommitment``.
    package var commitment: [UInt8]
    /// The record that was asked about.
    package var record: Digest
    /// By its vector; of collection 0, without any filter.
    package var query: SearchProofFile.Query
    /// Subjects are record ids, of kind ``IndexCommitment/subjectKind``; the nearest comes first.
    package var answer: [SearchProofFile.Answer]
    /// What the commitment's root commits to: see `VectorIndex.ProofBody`.
    package var body: [UInt8]

    package init(
        commitment: [UInt8], record: Digest, query: SearchProofFile.Query, answer: [SearchProofFile.Answer],
        body: [UInt8]
    ) {
        self.commitment = commitment
        self.record = record
        self.query = query
        self.answer = answer
        self.body = body
    }

    package func encoded() -> [UInt8] {
        JSON.object([
            .init("format", .string(Self.format)), .init("commitment", .string(Base64.encode(commitment))),
            .init("record", .string(record.hex)), .init("query", .object(query.json)),
            .init("answer", .array(answer.map { .object($0.json) })), .init("body", .string(Base64.encode(body))),
        ]).serialized()
    }

    private static let members: Set<String> = ["format", "commitment", "record", "query", "answer", "body"]

    /// Reads a file; nothing is said about what it proves.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let reader = try BundleHead.parse(bytes, "similar", members: Self.members)
        guard try reader.text("format").utf8.elementsEqual(Self.format.utf8) else {
            throw .invalid("similar: format is not \(Self.format)")
        }
        let query = try SearchProofFile.Query(
            BundleReader(try reader.member("query"), "query", members: SearchProofFile.Query.members))
        guard query.collection == 0, query.distanceMax == nil, query.tag == nil, query.owner == nil else {
            throw .invalid("query: a private index is collection 0, asked without distanceMax, tag and owner")
        }
        self.init(
            commitment: try reader.bytes("commitment"), record: try reader.digest(hex: "record"), query: query,
            answer: try SearchProofFile.Answer.list(reader), body: try reader.bytes("body"))
    }
}
