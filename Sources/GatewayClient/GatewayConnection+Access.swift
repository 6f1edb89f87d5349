import Codec

/// API keys and the audit log of one's own tenant.
extension GatewayConnection {
    /// Makes a key; the answer's secret is shown this once.
    ///
    /// It is not sent again by itself: a key whose answer was lost is of no use, and is found in the list.
    /// `expiresInSeconds`: from now; never if nil.
    public func makeAPIKey(
        label: String, scopes: [String], expiresInSeconds: Int? = nil
    ) async throws(GatewayFailure) -> APIKeyAnswer {
        var wish: [JSON.Member] = [
            .init("label", .string(label)), .init("scopes", .array(scopes.map { .string($0) })),
        ]
        if let expiresInSeconds { wish.append(.init("expiresInSeconds", .integer(expiresInSeconds))) }
        return try APIKeyAnswer(
            try await send(
                "POST", RequestTarget.path(["api-keys"]), headers: [("content-type", "application/json")],
                body: JSON.object(wish).serialized()))
    }

    /// The tenant's keys by time of creation.
    public func apiKeys(pageSize: Int = 1_000) -> GatewayList<APIKeyAnswer> {
        GatewayList(
            connection: self, first: RequestTarget.path(["api-keys"], ["limit": String(pageSize)])
        ) { page throws(GatewayFailure) in try Self.answers(try page.objects("keys")) }
    }

    /// One key, and the entity tag that a change of it wants to see.
    public func apiKey(_ id: String) async throws(GatewayFailure) -> (key: APIKeyAnswer, tag: String) {
        let reply = try await send("GET", RequestTarget.path(["api-keys", id]))
        guard let tag = reply.entityTag else { throw .unreadable("the key has no entity tag") }
        return (try APIKeyAnswer(reply), tag)
    }

    /// Changes a key of which the caller has seen the version that `tag` names.
    /// - Throws: ``GatewayFailure``; `refused` with `precondition-failed` where somebody changed it meanwhile: look again.
    public func changeAPIKey(
        _ id: String, tag: String, _ change: APIKeyChange
    ) async throws(GatewayFailure) -> APIKeyAnswer {
        var patch: [JSON.Member] = []
        if let label = change.label { patch.append(.init("label", .string(label))) }
        if let scopes = change.scopes { patch.append(.init("scopes", .array(scopes.map { .string($0) }))) }
        switch change.expiry {
        case .never: patch.append(.init("expiresAt", .null))
        case .at(let time): patch.append(.init("expiresAt", .string(time)))
        case nil: break
        }
        return try APIKeyAnswer(
            try await send(
                "PATCH", RequestTarget.path(["api-keys", id]),
                headers: [("content-type", "application/merge-patch+json"), ("if-match", tag)],
                body: JSON.object(patch).serialized()))
    }

    /// Revokes a key.
    /// - Returns: whether this call did it; false where it was revoked before.
    public func revokeAPIKey(_ id: String) async throws(GatewayFailure) -> Bool {
        let reply = try await send("DELETE", RequestTarget.path(["api-keys", id]))
        return try !AnswerReader(reply).flag("alreadyRevoked")
    }

    /// Who did what in the tenant, oldest first.
    public func audit(pageSize: Int = 1_000) -> GatewayList<AuditAnswer> {
        GatewayList(
            connection: self, first: RequestTarget.path(["audit"], ["limit": String(pageSize)])
        ) { page throws(GatewayFailure) in try Self.answers(try page.objects("entries")) }
    }

    static func hex(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }
}
