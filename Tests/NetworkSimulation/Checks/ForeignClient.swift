import Interchain
import LedgerModel
import Proofs

/// An IBC client of another ledger that follows the simulated one, skipping heights.
///
/// Only where signatures are real: it knows no other.
struct ForeignClient {
    /// A client's store in memory.
    private struct MemoryStore: ClientStore {
        var content: [[UInt8]: [UInt8]] = [:]

        func value(_ key: [UInt8]) -> [UInt8]? { content[key] }
        mutating func set(_ key: [UInt8], _ value: [UInt8]) { content[key] = value }
        mutating func remove(_ key: [UInt8]) { content[key] = nil }
    }

    private var client: TendermintClient<MemoryStore>
    private let plan: SetPlan
    private let chainID: ChainID
    private var trusted: Int64

    /// Begins at a header that its maker trusts; `now` is the other ledger's time.
    init(_ header: BlockHeader, plan: SetPlan, chainID: ChainID, now: Timestamp) throws {
        self.plan = plan
        self.chainID = chainID
        trusted = header.height
        client = TendermintClient(MemoryStore(), now: now, height: 1)
        var state = ClientState()
        state.chainID = chainID.text
        state.trustLevel = .oneThird
        state.trustingPeriod = Period(seconds: 14 * 86_400)
        state.unbondingPeriod = Period(seconds: 21 * 86_400)
        state.clockDriftMax = Period(seconds: 1 * 86_400)
        state.latestHeight = ClientHeight(revision: chainID.revision, height: UInt64(header.height))
        state.proofSpecs = [PublishedProofSpec(.jmt), PublishedProofSpec(.tendermint)]
        state.upgradePath = ["upgrade", "upgradedIBCState"]
        try client.create(
            state,
            ConsensusState(
                timestamp: header.time, root: header.appHash, nextValidatorsHash: header.nextValidatorsHash))
    }

    /// A set as relayers send it: with a proposer, whoever that is.
    private static func named(_ set: ValidatorSet) -> ValidatorSet { set.withProposer(set.members[0].address) }

    /// Follows to a later header.
    mutating func follow(_ signed: SignedHeader) throws {
        let header = ClientHeader(
            signed: signed, validators: Self.named(plan.inForce(at: signed.header.height)),
            trustedHeight: ClientHeight(revision: chainID.revision, height: UInt64(trusted)),
            trustedValidators: Self.named(plan.inForce(at: trusted + 1)))
        guard case .updated = try client.update(header) else { throw VerificationFailure.step("the client froze") }
        trusted = signed.header.height
    }
}
