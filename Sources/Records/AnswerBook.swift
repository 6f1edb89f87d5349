package import GatewayStore

/// A request under an idempotency key: whose it is, and what makes it the same.
package struct IdempotencyClaim: Hashable, Sendable {
    package var tenant: String
    package var key: String
    /// 32 bytes.
    package var fingerprint: [UInt8]

    package init(tenant: String, key: String, fingerprint: [UInt8]) {
        self.tenant = tenant
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// An answer as it is kept: enough to give it again.
package struct StoredAnswer: Sendable {
    package var status: Int
    /// In order; no value has a line break.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What is known of a claim.
package enum ClaimState: Sendable {
    /// Nothing was: the caller carries it out now.
    case begun
    /// Somebody carries it out.
    case inFlight
    /// The key came with another request.
    case otherRequest
    case answered(StoredAnswer)
}

/// Answers by idempotency key: what a client sent twice has one effect, and is answered the same.
///
/// A claim that a dead process left behind is given up at start: carrying it out again is safe, since captures are
/// idempotent by record id and transactions by their own.
package final class AnswerBook: Sendable {
    /// How long an answer is kept, in nanoseconds: a day, as long as clients may retry.
    package static let retention: UInt64 = 86_400_000_000_000

    private let store: GatewayStore
    private let now: @Sendable () -> UInt64

    package init(store: GatewayStore, now: @escaping @Sendable () -> UInt64) throws(RecordsFailure) {
        self.store = store
        self.now = now
        do { try store.abandonAllAnswers() } catch { throw RecordsFailure(error) }
    }

    /// Claims a key for a request, or says what became of it.
    package func begin(_ claim: IdempotencyClaim) throws(RecordsFailure) -> ClaimState {
        let now = now()
        let row: AnswerRow?
        do {
            row = try store.claimAnswer(
                tenant: claim.tenant, key: claim.key, fingerprint: claim.fingerprint, now: now,
                expiredBefore: now > Self.retention ? now - Self.retention : 0)
        } catch { throw RecordsFailure(error) }
        guard let row else { return .begun }
        guard row.fingerprint == claim.fingerprint else { return .otherRequest }
        guard let status = row.status else { return .inFlight }
        let headers = row.headers.split(separator: "\n").compactMap { line in
            line.firstIndex(of: ":").map { (name: String(line[..<$0]), value: String(line[$0...].dropFirst(2))) }
        }
        return .answered(StoredAnswer(status: status, headers: headers, body: row.body))
    }

    package func finish(_ claim: IdempotencyClaim, _ answer: StoredAnswer) throws(RecordsFailure) {
        let headers = answer.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        do {
            try store.keepAnswer(
                tenant: claim.tenant, key: claim.key, status: answer.status, headers: headers, body: answer.body)
        } catch { throw RecordsFailure(error) }
    }

    package func abandon(_ claim: IdempotencyClaim) throws(RecordsFailure) {
        do { try store.abandonAnswer(tenant: claim.tenant, key: claim.key) } catch { throw RecordsFailure(error) }
    }
}
