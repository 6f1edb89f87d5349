import HTTPTypes
import Hummingbird

/// What stands between the router and every route: who asks, whether they may, and a line in the audit log.
///
/// There is no way around it: the router knows routes only through the gate, and a route cannot be named without its
/// ``RouteAccess``.
struct Gate: Sendable {
    let access: AccessControl
    let metrics: Metrics
    private let trail: AuditTrail

    init(access: AccessControl, metrics: Metrics) {
        self.access = access
        self.metrics = metrics
        trail = AuditTrail(access.book)
    }

    /// The request as its route may see it.
    ///
    /// Throws the ``Problem`` of a caller who may not; one who is known stands in the audit log then.
    func admit(_ request: Request, _ context: GatewayContext, to route: Route) async throws -> RouteInput {
        guard case .scope(let scope) = route.access else {
            let nobody = Principal.anonymous(tenant: .standard, scopes: [])
            return RouteInput(request: request, context: context, route: route, principal: nobody, now: access.now)
        }
        let principal: Principal
        do {
            principal = try await access.principal(request.headers) {
                await PeerCertificate.thumbprint(context.channel)
            }
        } catch {
            metrics.count("requests_unauthenticated")
            throw error
        }
        let input = RouteInput(
            request: request, context: context, route: route, principal: principal, now: access.now)
        if principal.scopes.contains(scope) { return input }
        // Nothing was shown, and what everybody may do is less.
        guard principal.authentication != .anonymous else {
            metrics.count("requests_unauthenticated")
            throw Problem.unauthenticated
        }
        metrics.count("requests_forbidden")
        let problem = Problem.insufficientScope(scope)
        try await trail.append(input.auditLine(status: problem.status.code))
        throw problem
    }

    /// Carries an audited route out, and does not answer before its line stands in the audit log.
    ///
    /// `target`: the id of what the answer names, for routes whose path names nothing; so a replayed answer's line names
    /// what the first one's did.
    func audited<Answer>(
        _ input: RouteInput, status: (Answer) -> HTTPResponse.Status, target: (Answer) -> String?,
        _ carryOut: () async throws -> Answer
    ) async throws -> Answer {
        let result: Result<Answer, any Error>
        do { result = .success(try await carryOut()) } catch { result = .failure(error) }
        if !input.mark.isSet {
            let line =
                switch result {
                case .success(let answer):
                    input.auditLine(
                        status: status(answer).code, target: input.parameter("id").isEmpty ? target(answer) : nil)
                case .failure(let error): input.auditLine(status: ProblemTable.problem(for: error).status.code)
                }
            try await trail.append(line)
        }
        return try result.get()
    }
}
