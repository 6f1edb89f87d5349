import LedgerModel

extension TendermintClient {
    /// Looks at two headers that each might have convinced this client.
    ///
    /// Those of one height with different blocks, and a higher one that is not later than the lower one, freeze it.
    package mutating func submit(_ misbehaviour: Misbehaviour) throws(ClientFailure) -> Outcome {
        let client = try activeClient()
        guard let first = misbehaviour.first, let second = misbehaviour.second else {
            throw .message("a header is missing")
        }
        for header in [first, second] { try checkForm(header, client) }
        guard first.height >= second.height else { throw .message("the first header is lower than the second") }
        for header in [first, second] { try checkTrust(header, client) }
        let contradicts =
            first.height == second.height
            ? first.signed.commit.blockID.hash != second.signed.commit.blockID.hash
            : first.signed.header.time <= second.signed.header.time
        guard contradicts else { return .noContradiction }
        freeze(client)
        return .frozen
    }

    /// Header and set belong together, and the set committed to the header.
    private func checkForm(_ header: ClientHeader, _ client: ClientState) throws(ClientFailure) {
        try header.validate(chainID: client.chainID)
        do throws(VerificationFailure) {
            _ = try CommitVerification.verify(header.signed, by: header.validators)
        } catch {
            throw .header(error)
        }
    }

    /// Enough of the trusted set signed, also where heights are adjacent.
    private func checkTrust(_ header: ClientHeader, _ client: ClientState) throws(ClientFailure) {
        _ = try trustedState(of: header, client)
        do throws(VerificationFailure) {
            _ = try CommitVerification.verifyTrusting(
                header.signed, by: header.trustedValidators, level: client.trustLevel)
        } catch {
            throw .header(error)
        }
    }
}
