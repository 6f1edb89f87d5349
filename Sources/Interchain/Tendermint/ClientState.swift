package import Codec
package import LedgerModel

/// What a client knows of its ledger as a whole (`ibc.lightclients.tendermint.v1.ClientState`).
///
/// | field | number |
/// |---|---|
/// | chain_id, trust_level {numerator 1, denominator 2} | 1, 2 |
/// | trusting_period, unbonding_period, max_clock_drift | 3, 4, 5 |
/// | frozen_height, latest_height | 6, 7 |
/// | proof_specs, upgrade_path | 8, 9 |
/// | allow_update_after_expiry, allow_update_after_misbehaviour (no longer used) | 10, 11 |
package struct ClientState: Hashable, Sendable, CanonicalMessage {
    package static let typeURL = "/ibc.lightclients.tendermint.v1.ClientState"

    package var chainID: String
    package var trustLevel: TrustLevel
    package var trustingPeriod: Period
    package var unbondingPeriod: Period
    package var clockDriftMax: Period
    /// Not zero once the ledger was found to contradict itself.
    package var frozenHeight: ClientHeight
    package var latestHeight: ClientHeight
    /// From the lowest tree up.
    package var proofSpecs: [PublishedProofSpec]
    /// Where the foreign ledger announces its next revision: [store, key].
    package var upgradePath: [String]
    var allowsUpdateAfterExpiry: Bool
    var allowsUpdateAfterMisbehaviour: Bool

    package init() {
        chainID = ""
        trustLevel = TrustLevel(numerator: 0, denominator: 0)
        trustingPeriod = Period()
        unbondingPeriod = Period()
        clockDriftMax = Period()
        frozenHeight = ClientHeight()
        latestHeight = ClientHeight()
        proofSpecs = []
        upgradePath = []
        allowsUpdateAfterExpiry = false
        allowsUpdateAfterMisbehaviour = false
    }

    package init(decoding bytes: [UInt8]) throws(ClientFailure) {
        do throws(LedgerModelFailure) { try self.init(canonical: bytes) } catch { throw .malformed(error) }
    }

    package var encoded: [UInt8] { protobuf }
    package var isFrozen: Bool { !frozenHeight.isZero }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: chainID = try field.string()
        case 2: try takeTrustLevel(field.bytes())
        case 3: trustingPeriod = try Period(reading: field.bytes())
        case 4: unbondingPeriod = try Period(reading: field.bytes())
        case 5: clockDriftMax = try Period(reading: field.bytes())
        case 6: frozenHeight = try ClientHeight(reading: field.bytes())
        case 7: latestHeight = try ClientHeight(reading: field.bytes())
        case 8: proofSpecs.append(try PublishedProofSpec(reading: field.bytes()))
        case 9: upgradePath.append(try field.string())
        case 10: allowsUpdateAfterExpiry = try field.bool()
        case 11: allowsUpdateAfterMisbehaviour = try field.bool()
        default: throw .unknownField(field.number)
        }
    }

    private mutating func takeTrustLevel(_ bytes: [UInt8]) throws(ProtobufFailure) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: trustLevel.numerator = try field.unsigned()
            case 2: trustLevel.denominator = try field.unsigned()
            default: throw .unknownField(field.number)
            }
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        var level = ProtobufWriter()
        level.unsigned(1, trustLevel.numerator)
        level.unsigned(2, trustLevel.denominator)
        writer.string(1, chainID)
        writer.message(2, level.bytes)
        writer.message(3, trustingPeriod.protobuf)
        writer.message(4, unbondingPeriod.protobuf)
        writer.message(5, clockDriftMax.protobuf)
        writer.message(6, frozenHeight.protobuf)
        writer.message(7, latestHeight.protobuf)
        for spec in proofSpecs { writer.message(8, spec.protobuf) }
        for key in upgradePath { writer.message(9, Array(key.utf8)) }
        writer.bool(10, allowsUpdateAfterExpiry)
        writer.bool(11, allowsUpdateAfterMisbehaviour)
    }

    /// What ibc-go demands at creation and after an upgrade (ClientState.Validate).
    package func validate() throws(ClientFailure) {
        guard !chainID.isEmpty, chainID.contains(where: { !$0.isWhitespace }) else {
            throw .clientState("chain id is blank")
        }
        guard chainID.utf8.count <= ChainID.byteCountMax else { throw .clientState("chain id is longer than 50 bytes") }
        guard let revision = ChainID.revision(of: chainID) else { throw .clientState("revision of the chain id") }
        let (tripleDenominator, wraps) = trustLevel.denominator.multipliedReportingOverflow(by: 3)
        let (tripleNumerator, wrapsToo) = trustLevel.numerator.multipliedReportingOverflow(by: 3)
        guard trustLevel.denominator > 0, !wraps, !wrapsToo, trustLevel.numerator <= trustLevel.denominator,
            tripleNumerator >= trustLevel.denominator, tripleDenominator > 0
        else { throw .clientState("trust level is not within 1/3 and 1") }
        guard let trusting = trustingPeriod.positiveNanoseconds else { throw .clientState("trusting period") }
        guard let unbonding = unbondingPeriod.positiveNanoseconds else { throw .clientState("unbonding period") }
        guard clockDriftMax.positiveNanoseconds != nil else { throw .clientState("clock drift") }
        guard trusting < unbonding else {
            throw .clientState("the trusting period is not shorter than the unbonding period")
        }
        guard latestHeight.revision == revision else {
            throw .clientState("the latest height is of another revision than the chain id")
        }
        guard latestHeight.height > 0 else { throw .clientState("latest height is 0") }
        guard !proofSpecs.isEmpty else { throw .clientState("no proof specs") }
        guard upgradePath.allSatisfy({ $0.contains { !$0.isWhitespace } }) else {
            throw .clientState("a blank key in the upgrade path")
        }
    }

    /// The part that a ledger itself announces for its next revision; what the client chooses is left out.
    var announced: ClientState {
        var state = ClientState()
        state.chainID = chainID
        state.unbondingPeriod = unbondingPeriod
        state.latestHeight = latestHeight
        state.proofSpecs = proofSpecs
        state.upgradePath = upgradePath
        return state
    }

    /// The value as `google.protobuf.Any`, as it is stored and proved.
    package var asAny: [UInt8] { AnyMessage(typeURL: Self.typeURL, value: protobuf).protobuf }
}
