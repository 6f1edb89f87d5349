import Codec
import HTTPClientKit
import HTTPTypes
import Hummingbird
import LedgerAccess
import LedgerModel
import Records
import SchemaValidation

/// The one table from a failure to its problem.
enum ProblemTable {
    static func problem(for error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let failure as RecordsFailure: records(failure)
        case let failure as LedgerAccessFailure: ledger(failure)
        case let error as any HTTPResponseError: http(error)
        default:
            Problem(
                "internal", .internalServerError, title: "The gateway failed",
                detail: "The request was not carried out. The gateway's log says more under this request's id.")
        }
    }

    private static func records(_ failure: RecordsFailure) -> Problem {
        switch failure {
        case .busy:
            Problem(
                "busy", .serviceUnavailable, title: "The gateway is busy",
                detail: "More captures wait than the gateway may hold. Nothing was stored; try again.",
                retryAfterSeconds: 1)
        case .unreadable(let violation):
            Problem(
                "unreadable-document", .badRequest, title: "The document cannot be read",
                detail: "Line \(violation.line), column \(violation.column): \(violation.message). Nothing was stored.",
                violations: [violation])
        case .invalid(let violations):
            Problem(
                "invalid-document", .unprocessableContent, title: "The document breaks its schema",
                detail: "\(violations.count) violation(s), the first at \(violations.first.map(place) ?? "the root"). "
                    + "Nothing was stored.", violations: violations)
        case .tooManyEvents(let count, let max):
            Problem(
                "too-many-events", .contentTooLarge, title: "Too many events in one capture",
                detail: "The document has \(count) events, one capture takes \(max). Split it.")
        case .unsupportedMediaType(let type):
            Problem(
                "unsupported-media-type", .unsupportedMediaType, title: "The media type is not taken here",
                detail:
                    "\(type.isEmpty ? "No media type" : type) was sent; send application/ld+json, application/json, "
                    + "application/xml or text/xml.")
        case .notFound:
            Problem(
                "not-found", .notFound, title: "There is no such thing here",
                detail: "The id is not one of this tenant's records or jobs.")
        case .notAnchored:
            Problem(
                "not-anchored", .conflict, title: "The record is not provable yet",
                detail: "It is accepted and on its way to the ledger; ask again in a moment.", retryAfterSeconds: 1)
        case .erased:
            Problem(
                "erased", .gone, title: "The record was erased",
                detail: "Its payload and salt are destroyed; its bundle proves existence only.")
        case .sealBroken:
            Problem(
                "seal-broken", .internalServerError, title: "The stored payload does not open",
                detail: "Its key or its bytes are damaged. Restore keys/ and gateway/ from the same backup.")
        case .changedMeanwhile: .preconditionFailed
        case .tooManyKeys(let detail):
            Problem("too-many-keys", .conflict, title: "No further key", detail: detail)
        case .eventsGone(let oldest):
            Problem(
                "events-gone", .gone, title: "Events behind that place are no longer held",
                detail: "Read the records that you follow once more, then go on from the oldest place that is held.",
                members: [(name: "oldest", value: .string("\(oldest)"))])
        case .tooManyWebhooks(let detail):
            Problem("too-many-webhooks", .conflict, title: "No further webhook", detail: detail)
        case .addressRefused(let refusal):
            Problem(
                "address-refused", .unprocessableContent, title: "The URL is not one that is called from here",
                detail: "\(refusal.rawValue). The operator can open ranges in vivian.json.")
        case .schema(let refusal): .schema(refusal)
        case .indexing:
            Problem(
                "indexing", .serviceUnavailable, title: "The private index is being made",
                detail: "Ask again in a moment: each question takes it further.", retryAfterSeconds: 1)
        case .indexOff:
            Problem(
                "index-off", .notFound, title: "This gateway has no private index",
                detail: "Its operator has switched it off: `similar.enabled` in vivian.json.")
        case .commitment(let refusal): commitment(refusal)
        case .ledger(let failure): ledger(failure)
        case .store(let isDiskFull, let detail): store(isDiskFull: isDiskFull, detail: detail)
        }
    }

    private static func place(_ violation: SchemaViolation) -> String {
        violation.instancePointer.isEmpty ? "line \(violation.line)" : violation.instancePointer
    }

    private static func commitment(_ refusal: CommitmentRefusal) -> Problem {
        switch refusal {
        case .nothingHeld:
            Problem(
                "nothing-to-commit", .conflict, title: "The private index is empty",
                detail: "It holds EPCIS events: capture some first.")
        case .inProgress:
            Problem(
                "busy", .serviceUnavailable, title: "Another commitment or proof is being made",
                detail: "The gateway makes one at a time, of all tenants: ask again in a moment.", retryAfterSeconds: 3)
        case .noCommitment:
            Problem(
                "no-commitment", .unprocessableContent, title: "The record is no commitment",
                detail: "Name the record that `vivian similar --commit`, POST /records/commitments, gave.")
        case .outdated:
            Problem(
                "commitment-outdated", .gone, title: "The index of that commitment cannot be made again",
                detail: "A record of it was erased or is no longer among those that are compared, or a newer version "
                    + "compares by other rules. Commit anew: `vivian similar --commit`, POST /records/commitments.")
        case .notCompared:
            Problem(
                "not-compared", .unprocessableContent, title: "The record is not one of those that are compared",
                detail: "Only EPCIS events are.")
        case .search(let reason):
            Problem(
                "search-refused", .unprocessableContent, title: "The search cannot be proven", detail: reason)
        }
    }

    private static func ledger(_ failure: LedgerAccessFailure) -> Problem {
        switch failure {
        case .notFound(let what):
            Problem("not-found", .notFound, title: "The ledger has no such thing", detail: what)
        case .pruned(let nearest):
            Problem(
                "pruned", .gone, title: "That height is no longer held",
                detail: "The nearest height that is served is \(nearest.value).",
                members: [(name: "nearestHeight", value: .string(String(nearest.value)))])
        case .notYet(let newest) where newest.value == 0:
            Problem(
                "unavailable", .serviceUnavailable, title: "Nothing can be proven yet",
                detail: "The ledger has just begun: its first state is proven by its second block. Ask again.",
                retryAfterSeconds: 1)
        case .notYet(let newest):
            Problem(
                "not-yet", .notFound, title: "That height is not there yet",
                detail: "The newest height that can be proven is \(newest.value).",
                members: [(name: "newestHeight", value: .string(String(newest.value)))])
        case .refused(let reason):
            Problem(
                "transaction-refused", .unprocessableContent, title: "The ledger refuses the transaction",
                detail: reason)
        case .searchRefused(let reason):
            Problem(
                "search-refused", .unprocessableContent, title: "The collection does not take this search",
                detail: reason)
        case .queriesRefused(let refusals): queries(refusals)
        case .batchTooLarge(let most):
            Problem(
                "batch-too-large", .unprocessableContent, title: "The batch is too much for one request",
                detail: "At most \(most) queries like these are answered at once: send fewer at a time, or let each "
                    + "ask for less (limit, lists, finalists).")
        case .unknownTrustedSet(let first):
            Problem(
                "unknown-trusted-set", .notFound, title: "No header of that validator set leads there",
                detail: first.map {
                    "That set validates from block \($0.value) on: ask for a state from then on, or without `trusted`."
                } ?? "Ask without `trusted`, or with the hash that GET /status names.")
        case .unavailable(let reason):
            Problem(
                "unavailable", .serviceUnavailable, title: "The ledger cannot be reached now", detail: reason,
                retryAfterSeconds: 1)
        }
    }

    private static func queries(_ refusals: [QueryRefusal]) -> Problem {
        let first = refusals.first.map { "queries[\($0.index)]: \($0.reason)" } ?? ""
        let more = refusals.count > 1 ? "; \(refusals.count - 1) more are refused, see violations" : ""
        return Problem(
            "search-refused", .unprocessableContent, title: "The collection does not take this search",
            detail: "\(first)\(more). Nothing was searched.",
            violations: refusals.map { refusal in
                SchemaViolation(
                    instancePointer: "/queries/\(refusal.index)", schemaPointer: "", rule: "query",
                    message: refusal.reason, line: 0, column: 0)
            })
    }

    private static func store(isDiskFull: Bool, detail: String) -> Problem {
        Problem(
            isDiskFull ? "disk-full" : "store-unavailable", isDiskFull ? .insufficientStorage : .serviceUnavailable,
            title: "The gateway cannot store anything now", detail: detail)
    }

    private static func http(_ error: any HTTPResponseError) -> Problem {
        switch error.status {
        case .notFound:
            Problem("no-such-route", .notFound, title: "There is no such route", detail: "GET /openapi.json lists all.")
        case .contentTooLarge:
            Problem(
                "too-large", .contentTooLarge, title: "The body is too large",
                detail: "Send less at a time; GET /openapi.json names the limit.")
        default:
            Problem("http", error.status, title: error.status.reasonPhrase, detail: "See RFC 9110.")
        }
    }
}

extension HTTPResponse.Status {
    static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}
