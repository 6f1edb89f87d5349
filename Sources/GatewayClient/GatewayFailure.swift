import Codec

/// Why a call has no result.
///
/// It never holds a document, a key or a credential.
public enum GatewayFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The gateway refused, and says why.
    case refused(ProblemDocument)
    /// No answer came; whether the request was carried out is not known unless it was sent under an idempotency key.
    case unreachable(String)
    /// The answer is not what the API's contract says.
    case unreadable(String)
    /// The capture job was still going on when the time was over.
    case unfinished(job: String)
    /// The bytes are no record bundle.
    case notBundle
    /// A record that was anchored by interval: its bundle does not say which one it is of.
    case unnamedRecord
    /// The gateway's bundle is of another statement than the one that was to be renewed.
    case otherRecord
    /// The address is none that a credential may be sent to.
    case badAddress(String)
    /// The task was cancelled.
    case cancelled

    /// In words, for people.
    public var description: String {
        switch self {
        case .refused(let problem): problem.description
        case .unreachable(let what): what
        case .unreadable(let what): "the gateway's answer cannot be used: \(what)"
        case .unfinished(let job): "job \(job) is not on the ledger yet"
        case .notBundle: "this is no record bundle"
        case .unnamedRecord: "the bundle is of a record that was anchored by interval and does not name it; give its id"
        case .otherRecord: "the gateway's bundle is of another record than the one that was to be renewed"
        case .badAddress(let address): "\(address) is no gateway's address; it begins with https:// and names a host"
        case .cancelled: "the call was cancelled"
        }
    }

    /// The problem document, where the gateway refused.
    public var problem: ProblemDocument? {
        guard case .refused(let problem) = self else { return nil }
        return problem
    }
}

/// A problem document (RFC 9457): what went wrong, where, and what to do.
public struct ProblemDocument: Hashable, Sendable, CustomStringConvertible {
    /// One rule that a document or a parameter breaks.
    public struct Violation: Hashable, Sendable {
        /// JSON pointer into the document, or such as `/query/limit`.
        public let pointer: String
        /// From 1; 0 where it is in no text.
        public let line: Int
        /// From 1; 0 where it is in no text.
        public let column: Int
        /// The rule that is broken, such as `enum`.
        public let rule: String
        /// What is wrong, in words.
        public let message: String
    }

    /// `urn:vivian:problem:NAME`, or `about:blank` where no document came.
    public let type: String
    /// What kind of problem it is, in words.
    public let title: String
    /// The HTTP status.
    public let status: Int
    /// What happened, and what to do.
    public let detail: String
    /// Names this occurrence, as the gateway's log does.
    public let instance: String?
    /// What is wrong with a document or parameters.
    public let violations: [Violation]
    /// Seconds after which a new try may succeed.
    public let retryAfterSeconds: UInt64?
    /// The document as it came; empty where there was none.
    public let json: [UInt8]

    private static let prefix = "urn:vivian:problem:"

    /// The last part of ``type``, by which programs tell problems apart: its meaning never changes.
    public var name: String { type.hasPrefix(Self.prefix) ? String(type.dropFirst(Self.prefix.count)) : type }

    /// In words, for people.
    public var description: String {
        var lines = [detail.isEmpty ? title : "\(title). \(detail)"]
        for violation in violations {
            let line = violation.line > 0 ? "line \(violation.line) " : ""
            lines.append("  \(line)\(violation.pointer): \(violation.message)")
        }
        return lines.joined(separator: "\n")
    }

    /// What an answer of status 400 or above says; a body that is no problem document says nothing.
    init(_ reply: GatewayReply) {
        status = reply.status
        retryAfterSeconds = reply.retryAfterSeconds
        guard let root = try? JSONDocument(parsing: reply.body).root, let title = root["title"]?.string else {
            type = "about:blank"
            title = "the gateway answered \(reply.status)"
            detail = ""
            instance = nil
            violations = []
            json = []
            return
        }
        self.title = title
        type = root["type"]?.string ?? "about:blank"
        detail = root["detail"]?.string ?? ""
        instance = root["instance"]?.string
        json = reply.body
        violations =
            root["violations"]?.elements.map { violation in
                Violation(
                    pointer: violation["pointer"]?.string ?? "",
                    line: violation["line"]?.numberLexeme.flatMap { Int($0) } ?? 0,
                    column: violation["column"]?.numberLexeme.flatMap { Int($0) } ?? 0,
                    rule: violation["rule"]?.string ?? "", message: violation["message"]?.string ?? "")
            } ?? []
    }
}
