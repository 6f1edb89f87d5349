package import Codec
package import LedgerModel

/// One step of a client (`Header`: signed_header 1, validator_set 2, trusted_height 3, trusted_validators 4).
///
/// Relayers may spell it in any way that protobuf has, but with no field unknown or given twice: only its content counts,
/// and that is signed.
package struct ClientHeader: Hashable, Sendable, CanonicalMessage {
    package var signed: SignedHeader
    package var validators: ValidatorSet
    /// Whose state the client already has.
    package var trustedHeight: ClientHeight
    /// Its next validators.
    package var trustedValidators: ValidatorSet
    /// The fields that were given.
    private var present: Set<Int> = [1, 2, 3, 4]

    package init(
        signed: SignedHeader, validators: ValidatorSet, trustedHeight: ClientHeight, trustedValidators: ValidatorSet
    ) {
        self.signed = signed
        self.validators = validators
        self.trustedHeight = trustedHeight
        self.trustedValidators = trustedValidators
    }

    package init() {
        self.init(
            signed: SignedHeader(), validators: ValidatorSet(), trustedHeight: ClientHeight(),
            trustedValidators: ValidatorSet())
        present = []
    }

    package init(decoding bytes: [UInt8]) throws(ClientFailure) {
        do throws(ProtobufFailure) { try self.init(reading: bytes) } catch { throw .malformed(.protobuf(error)) }
    }

    package var encoded: [UInt8] { protobuf }

    /// Revision by the chain id; only of a header that ``validate()`` passed.
    package var height: ClientHeight {
        ClientHeight(
            revision: ChainID.revision(of: signed.header.chainID) ?? 0, height: UInt64(max(signed.header.height, 0)))
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        guard present.insert(field.number).inserted else { throw .repeatedField(field.number) }
        switch field.number {
        case 1: signed = try SignedHeader(reading: field.bytes())
        case 2: validators = try ValidatorSet(reading: field.bytes())
        case 3: trustedHeight = try ClientHeight(reading: field.bytes())
        case 4: trustedValidators = try ValidatorSet(reading: field.bytes())
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        if present.contains(1) { writer.message(1, signed.protobuf) }
        if present.contains(2) { writer.message(2, validators.protobuf) }
        writer.message(3, trustedHeight.protobuf)
        if present.contains(4) { writer.message(4, trustedValidators.protobuf) }
    }

    /// Header.ValidateBasic and the conversions of both sets: the header is one of that chain, its parts belong
    /// together, and it builds on an earlier height of the same revision.
    package func validate(chainID: String) throws(ClientFailure) {
        guard present.isSuperset(of: [1, 2, 4]), signed.isComplete else {
            throw .message("signed header, validators or trusted validators are missing")
        }
        do throws(VerificationFailure) {
            try HeaderStep.checkForm(UnverifiedHeader(signed: signed, validators: validators), chainID: chainID)
            try trustedValidators.validate()
            try validators.checkProposer()
            try trustedValidators.checkProposer()
        } catch {
            throw .header(error)
        }
        guard trustedHeight.revision == height.revision else { throw .message("trusted height is of another revision") }
        guard trustedHeight.height > 0 else { throw .message("trusted height is 0") }
        guard trustedHeight < height else { throw .header(.step("height does not rise from \(trustedHeight)")) }
    }
}

extension ValidatorSet {
    /// ibc-go wants a proposer who is a member; the power that it carries must be one that a member could have.
    func checkProposer() throws(VerificationFailure) {
        guard let proposer else { throw .validators("no proposer") }
        guard members.contains(where: { $0.address == proposer.address && $0.publicKey == proposer.publicKey }) else {
            throw .validators("the proposer is not a member")
        }
        guard 1...Self.powerMax ~= proposer.votingPower else {
            throw .validators("the proposer's power is out of range")
        }
    }
}

/// Two headers that contradict each other (`Misbehaviour`: client_id 1 (no longer used), header_1 2, header_2 3).
package struct Misbehaviour: Hashable, Sendable, CanonicalMessage {
    package var clientID: String
    /// The higher one, where heights differ.
    package var first: ClientHeader?
    package var second: ClientHeader?

    package init(first: ClientHeader, second: ClientHeader) {
        clientID = ""
        self.first = first
        self.second = second
    }

    package init() { clientID = "" }

    package init(decoding bytes: [UInt8]) throws(ClientFailure) {
        do throws(ProtobufFailure) { try self.init(reading: bytes) } catch { throw .malformed(.protobuf(error)) }
    }

    package var encoded: [UInt8] { protobuf }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: clientID = try field.string()
        case 2 where first == nil: first = try ClientHeader(reading: field.bytes())
        case 3 where second == nil: second = try ClientHeader(reading: field.bytes())
        case 2, 3: throw .repeatedField(field.number)
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.string(1, clientID)
        if let first { writer.message(2, first.protobuf) }
        if let second { writer.message(3, second.protobuf) }
    }
}
