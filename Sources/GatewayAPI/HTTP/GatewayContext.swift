import Cryptography
import Codec
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// The context of one request.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Names this request in its answer, in problems and in the log: ours, never the client's.
    let requestID: String
    /// Whose rate this request counts against.
    let caller: Caller
    /// The connection, or the stream of one.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.init(CoreRequestContextStorage(source: source), channel: source.channel)
    }

    /// `core`: what Hummingbird's parts want to know.
    ///
    /// All requests may share it: its path is never read here, and each has parameters of its own.
    init(_ core: CoreRequestContextStorage, channel: any Channel) {
        coreContext = core
        requestID = RequestNames.next()
        self.channel = channel
        caller = Caller(channel.remoteAddress)
    }
}

/// Names for requests: each once while the process runs, and hardly ever the same in two.
///
/// A name is no secret. So it is a random beginning and a step that visits every number, not random bytes of its own.
enum RequestNames {
    private static let last = Atomic(UInt64(bigEndianBytes: SecureRandom.bytes(8)))
    /// Odd, and near 2^64 divided by the golden ratio: neighbours look unlike.
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    static func next() -> String {
        let number = last.wrappingAdd(step, ordering: .relaxed).newValue
        var digits = [UInt8](repeating: 0, count: 16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> (60 - 4 * index)) & 15
            digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// Answers what no route took: a problem, and counted.
struct UnroutedMiddleware: RouterMiddleware {
    typealias Context = GatewayContext
    let metrics: Metrics
    let stamp: AnswerStamp

    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            metrics.answered(isError: true)
            let problem =
                MethodAnswers.known.contains(request.method)
                ? ProblemTable.problem(for: error) : .unknownMethod
            return problem.reply(requestID: context.requestID).response(
                to: request.method, requestID: context.requestID, stamp)
        }
    }
}

/// What a known path answers to methods that it does not have (RFC 9110 §15.5.6, §9.3.7).
struct MethodAnswers: Sendable {
    static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect, .init("QUERY")!,
    ]
    /// As `Allow` has them.
    let allowed: [HTTPRequest.Method]

    private let stamp: AnswerStamp

    init(_ methods: [HTTPRequest.Method], _ stamp: AnswerStamp) {
        self.stamp = stamp
        let all = Set(methods + [.options] + (methods.contains(.get) ? [.head] : []))
        allowed = Self.known.filter(all.contains)
    }

    /// Methods that no route of the path takes, OPTIONS among them.
    var others: [HTTPRequest.Method] { Self.known.filter { !allowed.contains($0) || $0 == .options } }

    func answer(_ method: HTTPRequest.Method, _ context: GatewayContext) -> Response {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        let reply =
            method == .options
            ? Reply(.noContent, headers: [.allow: names])
            : Problem(
                "method-not-allowed", .methodNotAllowed, title: "The path does not have that method",
                detail: "It takes \(names).", headers: [.allow: names]
            ).reply(requestID: context.requestID)
        return reply.response(to: method, requestID: context.requestID, stamp)
    }
}

extension Problem {
    /// RFC 9110 §15.6.2: the method is not known at all, whatever the path.
    static let unknownMethod = Problem(
        "unknown-method", .notImplemented, title: "The method is not known here",
        detail: "GET /openapi.json lists all routes and their methods.")
}
