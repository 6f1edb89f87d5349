package import Codec
package import LedgerModel

/// What a client knows of one height (`ConsensusState`: timestamp 1, root {hash 1} 2, next_validators_hash 3).
package struct ConsensusState: Hashable, Sendable, CanonicalMessage {
    package static let typeURL = "/ibc.lightclients.tendermint.v1.ConsensusState"
    /// Stands for a root until the first header of a new revision: no proof leads to it.
    static let rootlessMark = Array("sentinel_root".utf8)

    package var timestamp: Timestamp
    /// The header's app_hash.
    package var root: [UInt8]
    package var nextValidatorsHash: [UInt8]

    package init(timestamp: Timestamp, root: [UInt8], nextValidatorsHash: [UInt8]) {
        self.timestamp = timestamp
        self.root = root
        self.nextValidatorsHash = nextValidatorsHash
    }

    package init() { self.init(timestamp: Timestamp(), root: [], nextValidatorsHash: []) }

    init(_ header: BlockHeader) {
        self.init(timestamp: header.time, root: header.appHash, nextValidatorsHash: header.nextValidatorsHash)
    }

    package init(decoding bytes: [UInt8]) throws(ClientFailure) {
        do throws(LedgerModelFailure) { try self.init(canonical: bytes) } catch { throw .malformed(error) }
    }

    package var encoded: [UInt8] { protobuf }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: timestamp = try Timestamp(reading: field.bytes())
        case 2: root = try MerkleRoot(reading: field.bytes()).hash
        case 3: nextValidatorsHash = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.message(1, timestamp.protobuf)
        writer.message(2, MerkleRoot(hash: root).protobuf)
        writer.bytes(3, nextValidatorsHash)
    }

    /// ConsensusState.ValidateBasic.
    ///
    /// Only a state announced for a new revision may be without a root.
    package func validate(withRoot: Bool = true) throws(ClientFailure) {
        guard !withRoot || !root.isEmpty else { throw .consensusState("root is empty") }
        guard [0, 32].contains(nextValidatorsHash.count) else {
            throw .consensusState("next_validators_hash is not 32 bytes")
        }
        guard timestamp.isValid, timestamp.seconds > 0 else { throw .consensusState("time is not after 1970") }
    }

    /// Whether the trusting period that began with this state is over.
    func isExpired(at now: Timestamp, trustingPeriod: UInt64) -> Bool {
        timestamp.advanced(byNanoseconds: trustingPeriod) <= now
    }

    /// The value as `google.protobuf.Any`, as it is stored and proved.
    package var asAny: [UInt8] { AnyMessage(typeURL: Self.typeURL, value: protobuf).protobuf }
}

/// `ibc.core.commitment.v1.MerkleRoot` {hash 1}.
private struct MerkleRoot: CanonicalMessage {
    var hash: [UInt8]

    init(hash: [UInt8]) { self.hash = hash }
    init() { hash = [] }

    mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        guard field.number == 1 else { throw .unknownField(field.number) }
        hash = try field.bytes()
    }

    func write(to writer: inout ProtobufWriter) { writer.bytes(1, hash) }
}

/// `google.protobuf.Any`: type_url 1, value 2.
struct AnyMessage: Hashable, Sendable, CanonicalMessage {
    var typeURL: String
    var value: [UInt8]

    init(typeURL: String, value: [UInt8]) {
        self.typeURL = typeURL
        self.value = value
    }

    init() { self.init(typeURL: "", value: []) }

    mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: typeURL = try field.string()
        case 2: value = try field.bytes()
        default: throw .unknownField(field.number)
        }
    }

    func write(to writer: inout ProtobufWriter) {
        writer.string(1, typeURL)
        writer.bytes(2, value)
    }
}
