import Verification

/// Which records a list holds.
public struct RecordSelection: Hashable, Sendable {
    /// Only those of one capture job.
    public var job: String?
    /// How far it is.
    public var state: RecordProgress?
    /// Only what was accepted after this time, RFC 3339.
    public var acceptedAfter: String?
    /// By time of acceptance, or within a job by place in the document.
    public var isNewestFirst: Bool

    /// A selection; every record if nothing is named.
    public init(
        job: String? = nil, state: RecordProgress? = nil, acceptedAfter: String? = nil, isNewestFirst: Bool = true
    ) {
        self.job = job
        self.state = state
        self.acceptedAfter = acceptedAfter
        self.isNewestFirst = isNewestFirst
    }
}

/// Capture, records and their proofs.
extension GatewayConnection {
    /// Longest wait of one request, in seconds; the gateway cuts what is beyond it.
    private static let waitSecondsMax: Int64 = 60

    /// Hands a document in; every event of it becomes a record, durable when this returns.
    ///
    /// Once is enough: it is sent again by itself where no answer came, under the same `key`, and has one effect.
    /// `mediaType`: told from the first character if nil.
    /// `schema`: a registered schema that it must satisfy too, as `ID` or `ID:VERSION`.
    /// `waitSeconds`: wait at most so long, up to 60, until all of it can be proven; the answer says whether it is.
    public func capture(
        _ document: [UInt8], mediaType: String? = nil, schema: String? = nil, key: IdempotencyToken = .random(),
        waitSeconds: Int64? = nil
    ) async throws(GatewayFailure) -> CaptureAnswer {
        var headers = [
            ("content-type", mediaType ?? Self.mediaType(of: document)), ("idempotency-key", key.text),
        ]
        if let waitSeconds { headers.append(("prefer", "wait=\(max(waitSeconds, 0))")) }
        return try CaptureAnswer(
            try await send(
                "POST", RequestTarget.path(["epcis", "capture"], ["schema": schema]), headers: headers, body: document,
                timeoutSeconds: Self.answerSeconds + min(max(waitSeconds ?? 0, 0), Self.waitSecondsMax)))
    }

    /// JSON or XML by the first character that is no white space.
    public static func mediaType(of document: [UInt8]) -> String {
        let first = document.first { ![0x20, 0x0a, 0x0d, 0x09, 0xef, 0xbb, 0xbf].contains($0) }
        return first == UInt8(ascii: "<") ? "application/xml" : "application/ld+json"
    }

    /// How far a capture is.
    public func job(_ id: String) async throws(GatewayFailure) -> JobAnswer {
        try JobAnswer(try await send("GET", RequestTarget.path(["epcis", "capture", id])))
    }

    /// Waits until every record of a capture is on the ledger and can be proven.
    ///
    /// `progress` hears how far it is, about once a second.
    /// - Throws: ``GatewayFailure``, `unfinished` where the time is over.
    public func finished(
        job id: String, within limit: Duration = .seconds(120), progress: (JobAnswer) -> Void = { _ in }
    ) async throws(GatewayFailure) -> JobAnswer {
        let deadline = ContinuousClock.now + limit
        while true {
            let reply = try await send(
                "GET", RequestTarget.path(["epcis", "capture", id]), headers: [("prefer", "wait=1")])
            let job = try JobAnswer(reply)
            guard job.isRunning else { return job }
            progress(job)
            guard ContinuousClock.now < deadline else { throw .unfinished(job: id) }
            // Where too many wait already the gateway answers at once.
            if reply.headers["preference-applied"] == nil {
                do { try await Task.sleep(for: .milliseconds(250)) } catch { throw .cancelled }
            }
        }
    }

    /// The tenant's capture jobs, the newest first.
    public func jobs(pageSize: Int = 100) -> GatewayList<JobAnswer> {
        GatewayList(
            connection: self, first: RequestTarget.path(["epcis", "capture"], ["perPage": String(pageSize)])
        ) { page throws(GatewayFailure) in try Self.answers(try page.objects()) }
    }

    /// The tenant's records.
    public func records(_ selection: RecordSelection = .init(), pageSize: Int = 100) -> GatewayList<RecordAnswer> {
        let first = RequestTarget.path(
            ["records"],
            [
                "order": selection.isNewestFirst ? nil : "oldest", "job": selection.job,
                "state": selection.state?.rawValue, "acceptedAfter": selection.acceptedAfter,
                "limit": String(pageSize),
            ])
        return GatewayList(connection: self, first: first) { page throws(GatewayFailure) in
            try Self.answers(try page.objects("records"))
        }
    }

    /// A record: its state and its place on the ledger.
    public func record(_ id: String) async throws(GatewayFailure) -> RecordAnswer {
        try RecordAnswer(try await send("GET", RequestTarget.path(["records", id])))
    }

    /// A validator's receipt of a record (COSE, RFC 9942); the node's own if `validator` is nil.
    public func receipt(of id: String, validator: String? = nil) async throws(GatewayFailure) -> [UInt8] {
        try await send("GET", RequestTarget.path(["records", id, "receipt"], ["validator": validator])).body
    }

    /// A record bundle file: all that a stranger needs to check the record offline.
    ///
    /// `trusted`: a validators hash from which the headers lead.
    public func bundle(
        of id: String, receipts: Bool = false, trusted: String? = nil
    ) async throws(GatewayFailure) -> [UInt8] {
        try await send(
            "GET",
            RequestTarget.path(
                ["records", id, "bundle"], ["receipts": receipts ? "true" : nil, "trusted": trusted])
        ).body
    }

    /// A bundle of the same record that rests on the newest block (D24), as full as the given one.
    ///
    /// `record`: the record's id, which the bundle of one that was anchored by interval does not say. `trusted`: a validators
    /// hash from which the headers lead; that of the given bundle's first header if nil.
    /// - Throws: ``GatewayFailure``, `notBundle` where the bytes are none, `unnamedRecord` where they do not say which record
    ///   they are of and `record` does not either, `otherRecord` where `record` is another one.
    public func refreshed(
        _ bundle: [UInt8], record: String? = nil, trusted: String? = nil
    ) async throws(GatewayFailure) -> [UInt8] {
        guard let subject = Verifier.subject(of: bundle) else { throw .notBundle }
        guard let id = record ?? subject.recordID.map(Self.hex) else { throw .unnamedRecord }
        let fresh = try await self.bundle(
            of: id, receipts: subject.hasReceipts, trusted: trusted ?? Self.hex(subject.firstValidatorsHash))
        guard Verifier.subject(of: fresh)?.statement == subject.statement else { throw .otherRecord }
        return fresh
    }

    /// Erases a record's payload, salt and keys; its proof of existence stays.
    ///
    /// It is not sent again by itself: where no answer came, asking for the record tells.
    /// `reason`: 0 not stated, 1 asked for by the data subject, 2 retention ended, 3 captured in error.
    public func erase(_ id: String, reason: UInt64 = 0) async throws(GatewayFailure) -> ErasureAnswer {
        try ErasureAnswer(
            try await send("DELETE", RequestTarget.path(["records", id], ["reason": String(reason)])))
    }

    static func answers<Answer: GatewayAnswer>(_ readers: [AnswerReader]) throws(GatewayFailure) -> [Answer] {
        var answers: [Answer] = []
        for reader in readers { answers.append(try Answer(reader)) }
        return answers
    }
}
