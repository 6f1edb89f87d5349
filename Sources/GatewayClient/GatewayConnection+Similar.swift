import Codec

/// The gateway's private index over its own records.
extension GatewayConnection {
    /// The records that are most like one, the nearest first.
    ///
    /// `limit`: 1 to 100.
    /// `distanceMax`: none that is farther, 0 to 2,000; any if nil.
    public func similar(
        to id: String, limit: Int = 10, distanceMax: Int? = nil
    ) async throws(GatewayFailure) -> [SimilarRecordAnswer] {
        try Self.answers(
            try AnswerReader(
                try await send(
                    "GET",
                    RequestTarget.path(
                        ["records", id, "similar"],
                        ["limit": String(limit), "distanceMax": distanceMax.map { String($0) }]))
            ).objects("records"))
    }

    /// Of the newest records those that are least like any other, the farthest first.
    ///
    /// `limit`: 1 to 100. `among`: how many of the newest are candidates, 1 to 5,000; 1,000 if nil.
    public func anomalies(limit: Int = 10, among: Int? = nil) async throws(GatewayFailure) -> [AnomalousRecordAnswer] {
        try Self.answers(
            try AnswerReader(
                try await send(
                    "GET",
                    RequestTarget.path(
                        ["records", "anomalies"], ["limit": String(limit), "among": among.map { String($0) }]))
            ).objects("records"))
    }

    /// Commits to the private index as it stands: a record, of which the ledger holds a salted hash.
    ///
    /// It is sent again by itself where no answer came, under the same `key`, and has one effect.
    public func commitIndex(key: IdempotencyToken = .random()) async throws(GatewayFailure) -> CommitmentAnswer {
        try CommitmentAnswer(
            try await send(
                "POST", RequestTarget.path(["records", "commitments"]), headers: [("idempotency-key", key.text)]))
    }

    /// A file that proves which records of a commitment are most like one; it shows vectors of records to whoever gets it.
    ///
    /// `commitment`: the record that ``commitIndex(key:)`` gave, once it is on the ledger.
    /// `limit`: 1 to 100, beside the record itself.
    /// `search`: which records are compared.
    /// `trusted`: a validators hash from which the headers lead.
    public func similarProof(
        of id: String, by commitment: String, limit: Int = 10, search: SimilarSearch = .init(), trusted: String? = nil
    ) async throws(GatewayFailure) -> [UInt8] {
        try await send(
            "GET",
            RequestTarget.path(
                ["records", id, "similar", "proof"],
                [
                    "commitment": commitment, "limit": String(limit), "mode": search.isExact ? "exact" : nil,
                    "supers": search.supers.map { String($0) }, "lists": search.lists.map { String($0) },
                    "finalists": search.finalists.map { String($0) }, "trusted": trusted,
                ])
        ).body
    }
}

/// How far a search goes that is proven.
public struct SimilarSearch: Hashable, Sendable {
    /// Compares every record, of at most 4,096; then none of the others is given.
    public var isExact: Bool
    /// Super-centroids whose lists are considered; the gateway's default if nil, as of the others.
    public var supers: Int?
    /// Lists that are scanned.
    public var lists: Int?
    /// Records whose vectors are compared.
    public var finalists: Int?

    /// The gateway's defaults if nothing is named.
    public init(isExact: Bool = false, supers: Int? = nil, lists: Int? = nil, finalists: Int? = nil) {
        self.isExact = isExact
        self.supers = supers
        self.lists = lists
        self.finalists = finalists
    }
}
