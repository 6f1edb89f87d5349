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
}
