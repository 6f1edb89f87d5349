/// A record, and how far it is from another one.
public struct SimilarRecordAnswer: GatewayAnswer {
    /// 1,000 x (1 - cosine), 0 to 2,000: 0 the same, about 1,000 nothing in common.
    public let distance: Int
    /// The record.
    public let record: RecordAnswer
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        distance = try reader.count("distance")
        record = try RecordAnswer(try reader.object("record"))
        json = reader.json
    }
}

/// A record that is like no other, and what it is least unlike.
public struct AnomalousRecordAnswer: GatewayAnswer {
    /// The distance to its third nearest, as in ``SimilarRecordAnswer``.
    public let distance: Int
    /// The record.
    public let record: RecordAnswer
    /// Its nearest three, the nearest first.
    public let nearest: [SimilarRecordAnswer]
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        distance = try reader.count("distance")
        record = try RecordAnswer(try reader.object("record"))
        var nearest: [SimilarRecordAnswer] = []
        for item in try reader.objects("nearest") { nearest.append(try SimilarRecordAnswer(item)) }
        self.nearest = nearest
        json = reader.json
    }
}

/// A commitment to the private index.
public struct CommitmentAnswer: GatewayAnswer {
    /// The id of the capture job that brings it onto the ledger.
    public let jobID: String
    /// The commitment is this record.
    public let recordID: String
    /// How many records it covers.
    public let count: Int
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        jobID = try reader.text("captureID")
        recordID = try reader.text("recordId")
        count = try reader.count("count")
        json = reader.json
    }
}
