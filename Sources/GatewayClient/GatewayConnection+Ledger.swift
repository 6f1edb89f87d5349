import Codec

/// The ledger itself.
extension GatewayConnection {
    /// Where the ledger stands.
    public func status() async throws(GatewayFailure) -> StatusAnswer {
        try StatusAnswer(try await send("GET", RequestTarget.path(["status"])))
    }

    /// One key of one store, in the state after a block; the newest provable one if nil.
    public func state(
        store: String, key: [UInt8], height: UInt64? = nil
    ) async throws(GatewayFailure) -> StateAnswer {
        try StateAnswer(try await send("GET", Self.statePath(store, key, height: height)))
    }

    /// The same as a state proof file, which anybody can verify offline.
    ///
    /// `trusted`: a validators hash from which the headers lead.
    public func stateProof(
        store: String, key: [UInt8], height: UInt64? = nil, trusted: String? = nil
    ) async throws(GatewayFailure) -> [UInt8] {
        try await send("GET", Self.statePath(store, key, height: height, trusted: trusted, isProven: true)).body
    }

    private static func statePath(
        _ store: String, _ key: [UInt8], height: UInt64?, trusted: String? = nil, isProven: Bool = false
    ) -> String {
        RequestTarget.path(
            ["state", store, Base64.encodeURL(key)],
            ["prove": isProven ? "true" : nil, "height": height.map { String($0) }, "trusted": trusted])
    }

    /// One block.
    public func block(_ height: UInt64) async throws(GatewayFailure) -> BlockAnswer {
        try BlockAnswer(try await send("GET", RequestTarget.path(["blocks", String(height)])))
    }

    /// Hands in the bytes of a signed transaction (COSE).
    ///
    /// Once is enough: it is sent again by itself where no answer came.
    public func submit(
        _ transaction: [UInt8], key: IdempotencyToken = .random()
    ) async throws(GatewayFailure) -> TransactionAnswer {
        try TransactionAnswer(
            try await send(
                "POST", RequestTarget.path(["transactions"]),
                headers: [("content-type", "application/cose"), ("idempotency-key", key.text)], body: transaction))
    }

    /// Hands in proof that validators signed two blocks (`tendermint.types.Evidence`).
    /// - Throws: ``GatewayFailure``, `refused` where it proves nothing that the ledger does not have.
    public func submit(evidence: [UInt8], key: IdempotencyToken = .random()) async throws(GatewayFailure) {
        _ = try await send(
            "POST", RequestTarget.path(["evidence"]),
            headers: [("content-type", "application/protobuf"), ("idempotency-key", key.text)], body: evidence)
    }

    /// What became of a transaction.
    public func transaction(_ id: String) async throws(GatewayFailure) -> TransactionAnswer {
        try TransactionAnswer(try await send("GET", RequestTarget.path(["transactions", id])))
    }
}
