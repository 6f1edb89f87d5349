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

    /// Carries a route out, and does not answer before its line stands in the audit log.
    func audited<Answer>(
        _ input: RouteInput, status: (Answer) -> HTTPResponse.Status, _ carryOut: () async throws -> Answer
    ) async throws -> Answer {
        let result: Result<Answer, any Error>
        do { result = .success(try await carryOut()) } catch { result = .failure(error) }
        if input.route.isAudited, !input.mark.isSet {
            let code =
                switch result {
                case .success(let answer): status(answer).code
                case .failure(let error): ProblemTable.problem(for: error).status.code
                }
            try await trail.append(input.auditLine(status: code))
        }
        return try result.get()
    }
}
