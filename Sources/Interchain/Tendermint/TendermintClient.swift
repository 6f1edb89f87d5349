import Cryptography
package import LedgerModel

/// A light client of a CometBFT ledger (IBC's 07-tendermint, as ibc-go v10 has it).
///
/// A value that says who it is; what it knows is in the store. Every call is given our block's time and height; a call
/// that throws has written nothing.
package struct TendermintClient<Store: ClientStore> {
    package var store: Store
    /// Our block.
    let now: Timestamp
    let height: UInt64

    package init(_ store: Store, now: Timestamp, height: UInt64) {
        self.store = store
        self.now = now
        self.height = height
    }

    /// What an update did.
    package enum Outcome: Hashable, Sendable {
        /// The state of this height is known now, or was before.
        case updated(ClientHeight)
        /// The ledger contradicts itself: the client is frozen.
        case frozen
        /// Two headers that do not contradict each other.
        case noContradiction
    }

    /// Begins a client at a state that whoever creates it trusts.
    package mutating func create(_ client: ClientState, _ consensus: ConsensusState) throws(ClientFailure) {
        guard try store.clientState() == nil else { throw .clientState("there is a client already") }
        try client.validate()
        try consensus.validate()
        guard !client.isFrozen else { throw .status(.frozen) }
        guard !consensus.isExpired(at: now, trustingPeriod: try client.trustingNanoseconds) else {
            throw .status(.expired)
        }
        store.set(client)
        store.begin(consensus, at: client.latestHeight, entry)
    }

    package func status() throws(ClientFailure) -> ClientStatus {
        let client = try clientState()
        if client.isFrozen { return .frozen }
        guard let latest = try store.consensusState(client.latestHeight) else { return .expired }
        return latest.isExpired(at: now, trustingPeriod: try client.trustingNanoseconds) ? .expired : .active
    }

    package func clientState() throws(ClientFailure) -> ClientState {
        guard let client = try store.clientState() else { throw .clientState("there is no client") }
        return client
    }

    package func consensusState(_ height: ClientHeight) throws(ClientFailure) -> ConsensusState {
        guard let state = try store.consensusState(height) else { throw .unknownHeight(height) }
        return state
    }

    /// Takes a header over.
    ///
    /// One that contradicts what is known, though signed as it must be, freezes the client.
    package mutating func update(_ header: ClientHeader) throws(ClientFailure) -> Outcome {
        var client = try activeClient()
        try verify(header, client)
        let height = header.height
        let new = ConsensusState(header.signed.header)
        if let known = try store.consensusState(height) {
            if known == new {
                try prune(client)
                return .updated(height)
            }
            freeze(client)
            return .frozen
        }
        let (previous, next) = try store.neighbours(of: height, from: header.trustedHeight)
        let isEarly = try consensusState(previous).timestamp >= new.timestamp
        let isLate = try next.map { next throws(ClientFailure) in try consensusState(next).timestamp <= new.timestamp }
        if isEarly || isLate == true {
            freeze(client)
            return .frozen
        }
        try store.insert(new, at: height, entry, above: previous)
        if client.latestHeight < height {
            client.latestHeight = height
            store.set(client)
        }
        try prune(client)
        return .updated(height)
    }

    /// CometBFT's light.Verify: adjacent heights by the announced set, others by enough of the trusted set first.
    private func verify(_ header: ClientHeader, _ client: ClientState) throws(ClientFailure) {
        try header.validate(chainID: client.chainID)
        let trusted = try trustedState(of: header, client)
        let new = header.signed.header
        guard new.time > trusted.timestamp else {
            throw .header(.step("time does not rise from \(header.trustedHeight)"))
        }
        guard let drift = client.clockDriftMax.positiveNanoseconds, new.time < now.advanced(byNanoseconds: drift) else {
            throw .header(.step("the header is from the future"))
        }
        do throws(VerificationFailure) {
            if header.height.height == header.trustedHeight.height + 1 {
                guard new.validatorsHash == trusted.nextValidatorsHash else {
                    throw VerificationFailure.step("not the validators that \(header.trustedHeight) announced")
                }
            } else {
                _ = try CommitVerification.verifyTrusting(
                    header.signed, by: header.trustedValidators, level: client.trustLevel)
            }
            _ = try CommitVerification.verify(header.signed, by: header.validators)
        } catch {
            throw .header(error)
        }
    }

    /// The stored state that a header builds on: within the trusting period, and the header's trusted set is its next.
    func trustedState(of header: ClientHeader, _ client: ClientState) throws(ClientFailure) -> ConsensusState {
        let trusted = try consensusState(header.trustedHeight)
        guard !trusted.isExpired(at: now, trustingPeriod: try client.trustingNanoseconds) else {
            throw .trustExpired(header.trustedHeight)
        }
        guard header.trustedValidators.hash.bytes == trusted.nextValidatorsHash else {
            throw .message("the trusted validators are not the next ones of \(header.trustedHeight)")
        }
        // CometBFT refuses where this product leaves 63 bits.
        let power = UInt64(header.trustedValidators.power)
        let (product, wraps) = power.multipliedReportingOverflow(by: client.trustLevel.numerator)
        guard !wraps, product <= UInt64(Int64.max) else { throw .message("trust level times power exceeds 63 bits") }
        return trusted
    }

    func activeClient() throws(ClientFailure) -> ClientState {
        let status = try status()
        guard status == .active else { throw .status(status) }
        return try clientState()
    }

    mutating func freeze(_ client: ClientState) {
        var client = client
        client.frozenHeight = ClientHeight(revision: 0, height: 1)
        store.set(client)
    }

    /// Forgets the oldest state where its trusting period is over: one an update.
    private mutating func prune(_ client: ClientState) throws(ClientFailure) {
        guard let oldest = try store.oldest(), oldest != client.latestHeight,
            try consensusState(oldest).isExpired(at: now, trustingPeriod: try client.trustingNanoseconds)
        else { return }
        try store.removeOldest()
    }

    var entry: ConsensusEntry { ConsensusEntry(processedTime: now, processedHeight: height) }
}

extension ClientState {
    /// The trusting period; a stored state has passed ``validate()``.
    var trustingNanoseconds: UInt64 {
        get throws(ClientFailure) {
            guard let value = trustingPeriod.positiveNanoseconds else { throw .clientState("trusting period") }
            return value
        }
    }
}
