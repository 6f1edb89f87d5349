import LedgerModel
package import Proofs

extension TendermintClient {
    /// Moves to the revision that the foreign ledger announced in its state at the client's latest height.
    ///
    /// Chain id, unbonding period, height, specs and path are the announced ones. What the client chose stays, but a
    /// shorter unbonding period shortens the trusting period in proportion.
    package mutating func upgrade(
        to announced: ClientState, _ consensus: ConsensusState, clientProof: MerkleProof, consensusProof: MerkleProof
    ) throws(ClientFailure) {
        let client = try activeClient()
        guard let last = client.upgradePath.last else { throw .upgrade("the client has no upgrade path") }
        guard announced.latestHeight > client.latestHeight else { throw .upgrade("the new height is not higher") }
        let root = try consensusState(client.latestHeight).root
        for (name, value, proof) in [
            ("upgradedClient", announced.announced.asAny, clientProof),
            ("upgradedConsState", consensus.asAny, consensusProof),
        ] {
            let key = "\(last)/\(client.latestHeight.height)/\(name)"
            let path = client.upgradePath.dropLast().map { Array($0.utf8) } + [Array(key.utf8)]
            try Self.verify(value, at: path, proof: proof, root: root, client)
        }
        var new = announced.announced
        new.trustLevel = client.trustLevel
        new.clockDriftMax = client.clockDriftMax
        new.trustingPeriod = Self.scaled(client.trustingPeriod, from: client.unbondingPeriod, to: new.unbondingPeriod)
        try new.validate()
        var state = consensus
        state.root = ConsensusState.rootlessMark
        try state.validate()
        try store.insert(state, at: new.latestHeight, entry, above: client.latestHeight)
        store.set(new)
    }

    /// Points a frozen or expired client to a substitute for the same ledger, as governance decides.
    ///
    /// Only chain id, trusting period and height may differ. The substitute must be active, and higher.
    package mutating func recover(from substitute: TendermintClient) throws(ClientFailure) {
        var client = try clientState()
        guard try status() != .active else { throw .substitute("the client is active") }
        guard try substitute.status() == .active else { throw .substitute("the substitute is not active") }
        let other = try substitute.clientState()
        guard other.latestHeight > client.latestHeight else { throw .substitute("the substitute is not higher") }
        var expected = other
        expected.chainID = client.chainID
        expected.trustingPeriod = client.trustingPeriod
        expected.latestHeight = client.latestHeight
        expected.frozenHeight = client.frozenHeight
        guard expected.encoded == client.encoded else { throw .substitute("the substitute is for other terms") }
        let state = try substitute.consensusState(other.latestHeight)
        let entry = try substitute.store.entry(other.latestHeight)
        try store.insert(
            state, at: other.latestHeight,
            ConsensusEntry(processedTime: entry.processedTime, processedHeight: entry.processedHeight),
            above: client.latestHeight)
        client.chainID = other.chainID
        client.trustingPeriod = other.trustingPeriod
        client.latestHeight = other.latestHeight
        client.frozenHeight = ClientHeight()
        store.set(client)
    }

    private static func scaled(_ period: Period, from old: Period, to new: Period) -> Period {
        guard let value = period.positiveNanoseconds, let old = old.positiveNanoseconds,
            let new = new.positiveNanoseconds, new < old
        else { return period }
        return Period(positiveNanoseconds: old.dividingFullWidth(value.multipliedFullWidth(by: new)).quotient)
    }
}
