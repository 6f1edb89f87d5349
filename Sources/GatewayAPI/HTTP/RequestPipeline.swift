import Codec
import Compression
import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import Records

/// What is done to every request of a route, in this order: admission, rate, who asks and whether
/// they may, parameters, body, preconditions, one
/// effect a key, the route itself, validators, coding.
///
/// A step that refuses throws a ``Problem``; all of them become answers here, at one place.
final class RequestPipeline: Sendable {
    let route: Route
    let operation: Contract.Operation
    /// The route that reads what this one changes: whose entity tag `If-Match` names.
    let reading: Route?
    let parts: GatewayParts
    let gate: Gate
    let shared: SharedLimits
    let stamp: AnswerStamp
    private let packed = PackedAnswers()
    private let kept = KeptAnswers()
    /// Nobody but the client keeps an answer, and asks whether it is the newest.
    static let privately = "private, no-cache"

    init(
        route: Route, operation: Contract.Operation, reading: Route?, parts: GatewayParts, gate: Gate,
        shared: SharedLimits, stamp: AnswerStamp
    ) {
        self.route = route
        self.operation = operation
        self.reading = reading
        self.parts = parts
        self.gate = gate
        self.shared = shared
        self.stamp = stamp
    }

    func answer(_ request: Request, _ context: GatewayContext) async -> Response {
        let response: Response
        do {
            response =
                route.isLight
                ? try await carryOut(request, context)
                : try await EventLoopExecutor.aside { try await carryOut(request, context) }
        } catch {
            let problem = ProblemTable.problem(for: error)
            if problem.name == "internal" {
                context.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            }
            response = problem.reply(requestID: context.requestID).response(
                to: request.method, requestID: context.requestID, stamp)
        }
        parts.metrics.answered(isError: response.status.code >= 400)
        return response
    }

    private func carryOut(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var permit = try shared.admission.enter(context.caller, isExempt: route.access == .open)
        let rate = shared.rate(of: context.caller)
        guard rate.isAllowed else { throw Problem.tooManyRequests(rate, shared.policy) }
        let input = try await gate.admit(request, context, to: route)
        var reply =
            route.isAudited
            ? try await gate.audited(input, status: \.status, target: \.locationID) {
                try await answered(input, permit: &permit)
            } : try await answered(input, permit: &permit)
        reply = encoded(reply, request)
        if let representation = reply.kept {
            return kept.response(
                representation, to: request.method, requestID: context.requestID, rate, policy: shared.policyField,
                stamp)
        }
        // Nothing before has set these: appending looks for no earlier one.
        reply.headers.append(shared.policyField)
        reply.headers.append(.once(.rateLimit, rate.field))
        return reply.response(to: request.method, requestID: context.requestID, stamp)
    }

    private func answered(_ admitted: RouteInput, permit: inout Admission.Permit) async throws -> Reply {
        var input = admitted
        let request = input.request
        try demandVersion(request)
        if !operation.parameters.isEmpty || request.uri.query != nil {
            try operation.checkParameters(
                path: input.pathParameters(route), query: input.queryItems, headers: request.headers)
        }
        guard ContentNegotiation.accepts(request.headers[.accept], oneOf: operation.answerTypes) else {
            throw Problem.notAcceptable(operation.answerTypes)
        }
        if route.bodyBytesMax > 0 {
            let type = try operation.checkMediaType(request.headers[.contentType])
            input.body = try await BodyReader.body(
                of: request, max: route.bodyBytesMax, permit: &permit, patience: shared.patience)
            try operation.checkBody(input.body, type: type)
        }
        if route.method != .get {
            input.preconditions = try Preconditions(request.headers)
            try await checkIfMatch(input)
        }
        var reply = route.isReplayed ? try await once(input) : try await route.handle(input)
        // What was sent is dealt with: while somebody waits, it is not kept.
        input.body = []
        permit.releaseBody()
        if let field = request.headers[.prefer] { reply = try await preferred(reply, Preferences(field), input) }
        if reply.status == .ok, route.method == .get, reply.stream == nil { reply = try validated(reply, request) }
        return reply
    }

    /// The answer as the client would like it (RFC 7240): after a while, and said so.
    private func preferred(
        _ reply: Reply, _ preferences: Preferences, _ input: RouteInput
    ) async throws -> Reply {
        var reply = reply
        var applied: [String] = []
        if let seconds = preferences.waitSeconds, let awaited = route.awaited, reply.status.kind == .successful,
            let later = try await awaited(input, reply, .seconds(seconds))
        {
            // Marks of the first answer, such as that it was replayed, stay.
            reply = Reply(
                later.status,
                headers: HTTPFields(reply.headers + later.headers.filter { reply.headers[$0.name] == nil }),
                body: later.body)
            applied.append("wait=\(seconds)")
        }
        if preferences.respondAsync, reply.status == .accepted { applied.insert("respond-async", at: 0) }
        if !applied.isEmpty { reply.headers[.preferenceApplied] = applied.joined(separator: ", ") }
        return reply
    }

    // MARK: Preconditions

    /// Refuses a change by somebody who does not say what they have seen, where the route wants that.
    private func demandVersion(_ request: Request) throws(Problem) {
        guard route.match == .required, request.headers[.ifMatch] == nil else { return }
        throw .preconditionRequired(request.uri.path)
    }

    /// `If-Match` on a change: what is there now must be what the client saw (RFC 9110 §13.1.1).
    ///
    /// This first look spares work. The one that counts is the route's own, together with the change.
    private func checkIfMatch(_ input: RouteInput) async throws {
        guard input.preconditions.namesVersion else { return }
        guard route.match != .none, let reading else { throw Problem.preconditionFailed }
        // What is not there is the route's to say (RFC 9110 §13.2.1).
        guard let current = try? await reading.handle(input), current.status == .ok else { return }
        guard input.preconditions.isMet(by: current) else { throw Problem.preconditionFailed }
    }

    /// A representation with its tag, or 304 where the client has it.
    private func validated(_ reply: Reply, _ request: Request) throws(Problem) -> Reply {
        var reply = reply
        let tag = reply.tag
        if reply.kept == nil {
            reply.headers.append(HTTPField(name: .eTag, value: tag.field))
            if !reply.headers.contains(.cacheControl) {
                reply.headers.append(HTTPField(name: .cacheControl, value: Self.privately))
            }
        }
        if let field = request.headers[.ifMatch] {
            guard let condition = EntityTagCondition(field) else { throw .malformedTags("If-Match") }
            guard condition.allowsChange(of: tag) else {
                throw Problem(
                    "precondition-failed", .preconditionFailed, title: "It has changed since you saw it",
                    detail: "Ask without If-Match.")
            }
        }
        guard let field = request.headers[.ifNoneMatch] else { return reply }
        guard let condition = EntityTagCondition(field) else { throw .malformedTags("If-None-Match") }
        guard reply.version == nil, condition.knows(tag) else { return reply }
        reply.headers[.contentType] = nil
        return Reply(.notModified, headers: reply.headers)
    }

    // MARK: One effect a key

    /// Carries the route out, or answers as it did the first time under the same `Idempotency-Key`.
    private func once(_ input: RouteInput) async throws -> Reply {
        guard let field = input.request.headers[.idempotencyKey] else {
            return try await route.handle(input)
        }
        let claim = IdempotencyClaim(
            tenant: input.tenant, key: try IdempotencyKey.parse(field),
            fingerprint: IdempotencyKey.fingerprint(
                method: route.method.rawValue, target: input.request.uri.string,
                type: input.request.headers[.contentType] ?? "", body: input.body
            ).bytes)
        switch try parts.answers.begin(claim) {
        case .otherRequest:
            throw Problem(
                "idempotency-key-reused", .unprocessableContent, title: "The key belongs to another request",
                detail: "This Idempotency-Key came with another method, target or body before. Use a new one.")
        case .inFlight:
            throw Problem(
                "idempotency-key-in-flight", .conflict, title: "The first request is still being carried out",
                detail: "Ask again in a moment; the answer will be the first one's.", retryAfterSeconds: 1)
        case .answered(let answer):
            var reply = Reply(stored: answer)
            reply.headers[.idempotentReplayed] = "true"
            return reply
        case .begun: break
        }
        do {
            let reply = try await route.handle(input)
            try parts.answers.finish(claim, reply.stored)
            return reply
        } catch {
            // What may succeed later is not remembered as refused.
            let problem = ProblemTable.problem(for: error)
            if problem.status.code < 500, problem.retryAfterSeconds == nil {
                try parts.answers.finish(claim, problem.reply(requestID: input.context.requestID).stored)
            } else {
                try parts.answers.abandon(claim)
            }
            throw error
        }
    }

    // MARK: Coding

    private func encoded(_ reply: Reply, _ request: Request) -> Reply {
        guard reply.stream == nil, reply.body.count >= ContentNegotiation.compressibleBytesMin,
            let type = reply.headers[.contentType], ContentNegotiation.isCompressible(type)
        else { return reply }
        let known = reply.kept?.tag
        var reply = reply
        reply.headers[.vary] = "Accept-Encoding"
        guard let coding = ContentNegotiation.coding(request.headers[.acceptEncoding])
        else { return reply }
        let tag = known ?? reply.tag
        if reply.headers[.eTag] != nil { reply.headers[.eTag] = tag.inCoding(coding.rawValue).field }
        // What everybody may read is packed once: else whoever shows nothing could have it packed again and again.
        reply.body =
            route.access == .open
            ? packed.body(of: tag, in: coding) { coding.compress(reply.body) } : coding.compress(reply.body)
        reply.headers[.contentEncoding] = coding.rawValue
        return reply
    }
}

extension HTTPField {
    /// A field that every answer has with another value.
    ///
    /// The table of fields of an HTTP/2 connection is left alone: there each would drive out one that comes again, and
    /// the longer the table, the longer every field is looked for (RFC 7541 §6.2.2).
    static func once(_ name: Name, _ value: String) -> HTTPField {
        var field = HTTPField(name: name, value: value)
        field.indexingStrategy = .avoid
        return field
    }
}

extension Reply {
    /// The id of what the answer's `Location` names, or nil.
    fileprivate var locationID: String? { headers[.location]?.split(separator: "/").last.map(String.init) }

    /// What is kept of an answer: enough to give it again.
    fileprivate var stored: StoredAnswer {
        StoredAnswer(
            status: status.code,
            headers: [.contentType, .location, .contentDisposition].compactMap { name in
                headers[name].map { (name: name.rawName, value: $0) }
            }, body: body)
    }

    fileprivate init(stored: StoredAnswer) {
        self.init(HTTPResponse.Status(code: stored.status), body: stored.body)
        for (name, value) in stored.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}

extension Problem {
    static func malformedTags(_ field: String) -> Problem {
        Problem(
            "bad-entity-tag", .badRequest, title: "\(field) is malformed",
            detail: "Send * or at most \(EntityTagCondition.countMax) entity tags such as \"abc\" (RFC 9110 §8.8.3).")
    }

    static func notAcceptable(_ types: [String]) -> Problem {
        Problem(
            "not-acceptable", .notAcceptable, title: "None of the wanted media types is served",
            detail: "This route answers \(types.joined(separator: ", ")).")
    }

    static func tooManyRequests(_ rate: RateDecision, _ policy: RatePolicy) -> Problem {
        Problem(
            "too-many-requests", .tooManyRequests, title: "Too many requests",
            detail: "\(policy.perSecond) requests a second are served in the long run, \(policy.burst) at once.",
            retryAfterSeconds: Int(max(rate.retryAfterSeconds, 1)))
    }
}
