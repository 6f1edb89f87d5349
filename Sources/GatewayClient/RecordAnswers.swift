/// What a document became: a job, and a record for each of its events.
public struct CaptureAnswer: GatewayAnswer {
    /// The id of its capture job.
    public let jobID: String
    /// Record ids in document order.
    public let records: [String]
    /// How many of them had not been captured before.
    public let newRecords: Int
    /// Whether all of them can be proven already: where the call waited, and not in vain.
    public let isFinished: Bool
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        jobID = try reader.text("captureID")
        records = try reader.texts("records")
        newRecords = try reader.count("newRecords")
        isFinished = reader.optionalFlag("running") == false
        json = reader.json
    }
}

/// How far a capture job is.
public struct JobAnswer: GatewayAnswer {
    /// Its id, hex.
    public let id: String
    /// When it was made.
    public let createdAt: String
    /// False once every record of it is on the ledger and can be proven.
    public let isRunning: Bool
    /// How many records it has.
    public let recordCount: Int
    /// How many of them are on the ledger.
    public let anchoredCount: Int
    /// Record ids in document order; nil in a list of jobs.
    public let records: [String]?
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        id = try reader.text("captureID")
        createdAt = try reader.text("createdAt")
        isRunning = try reader.flag("running")
        recordCount = try reader.count("recordCount")
        anchoredCount = try reader.count("anchoredCount")
        records = reader.optionalTexts("records")
        json = reader.json
    }
}

/// How far a record is.
public enum RecordProgress: String, CaseIterable, Sendable {
    /// Durable in the gateway, on its way to the ledger.
    case accepted
    /// On the ledger.
    case anchored
    /// Its payload, salt and keys are destroyed; its proof of existence stays.
    case erased
}

/// A record: its state and its place on the ledger.
public struct RecordAnswer: GatewayAnswer {
    /// Its id, hex.
    public let id: String
    /// How far it is.
    public let state: RecordProgress
    /// The issuer's account.
    public let issuer: String
    /// The issuer's gapless number of it.
    public let number: UInt64
    /// The document's.
    public let mediaType: String
    /// When it became durable in the gateway.
    public let acceptedAt: String
    /// When it was erased.
    public let erasedAt: String?
    /// Nil until it is anchored, as height and block time.
    public let logIndex: UInt64?
    /// The block height.
    public let height: UInt64?
    /// When the ledger took it.
    public let blockTime: String?
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        id = try reader.text("recordId")
        guard let state = RecordProgress(rawValue: try reader.text("state")) else {
            throw .unreadable("a record's state is none that is known")
        }
        self.state = state
        issuer = try reader.text("issuer")
        number = try reader.number("number")
        mediaType = try reader.text("mediaType")
        acceptedAt = try reader.text("acceptedAt")
        erasedAt = reader.optionalText("erasedAt")
        logIndex = reader.optionalNumber("logIndex")
        height = reader.optionalNumber("height")
        blockTime = reader.optionalText("blockTime")
        json = reader.json
    }
}

/// What became of an erasure.
public struct ErasureAnswer: GatewayAnswer {
    /// The record's id.
    public let recordID: String
    /// Whether there was nothing left to erase.
    public let wasErasedBefore: Bool
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        recordID = try reader.text("recordId")
        wasErasedBefore = try reader.flag("alreadyErased")
        json = reader.json
    }
}
