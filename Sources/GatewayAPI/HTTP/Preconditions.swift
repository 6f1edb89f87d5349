import HTTPTypes
import Hummingbird

/// Whether a route that changes something heeds `If-Match`.
enum MatchRule: Sendable {
    /// It changes no representation that has a tag: the condition never holds.
    case none
    /// It does. The change is final or harmless, so whoever has not looked may make it.
    case taken
    /// It wants one: a change by somebody who has not looked would undo another one (RFC 6585 §3).
    case required
}

/// `If-Match` and `If-None-Match` of a change (RFC 9110 §13.1).
///
/// A route asks ``isMet(by:)`` where nothing can come between the answer and the change: inside its SQL transaction.
struct Preconditions: Sendable {
    private var match: EntityTagCondition?
    private var noneMatch: EntityTagCondition?

    /// No condition.
    init() {}

    /// Throws the ``Problem`` of a malformed field.
    init(_ headers: HTTPFields) throws(Problem) {
        if let field = headers[.ifMatch] {
            guard let condition = EntityTagCondition(field) else { throw .malformedTags("If-Match") }
            match = condition
        }
        if let field = headers[.ifNoneMatch] {
            guard let condition = EntityTagCondition(field) else { throw .malformedTags("If-None-Match") }
            noneMatch = condition
        }
    }

    /// Whether `If-Match` is there.
    var namesVersion: Bool { match != nil }

    /// Whether the change may be made of what stands there now: the answer that GET on the same path would give.
    func isMet(by current: Reply) -> Bool {
        let tag = current.tag
        return match?.allowsChange(of: tag) != false && noneMatch?.knows(tag) != true
    }
}

extension Problem {
    static var preconditionFailed: Problem {
        Problem(
            "precondition-failed", .preconditionFailed, title: "It has changed since you saw it",
            detail: "Nothing was changed. Read it again and decide anew.")
    }

    static func preconditionRequired(_ path: String) -> Problem {
        Problem(
            "precondition-required", .preconditionRequired, title: "Say which version you change",
            detail:
                "Somebody may have changed it since you saw it. GET \(path), and send the answer's ETag as If-Match.")
    }
}
