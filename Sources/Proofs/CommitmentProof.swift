import Codec

/// `cosmos.ics23.v1.LeafOp`: how a leaf is hashed.
///
/// | field | number | type |
/// |---|---|---|
/// | hash, prehash_key, prehash_value, length | 1 to 4 | enum |
/// | prefix | 5 | bytes |
package struct LeafOp: Hashable, Sendable {
    package var hash: UInt64
    package var prehashKey: UInt64
    package var prehashValue: UInt64
    package var length: UInt64
    package var prefix: [UInt8]

    package init(hash: UInt64, prehashKey: UInt64, prehashValue: UInt64, length: UInt64, prefix: [UInt8]) {
        self.hash = hash
        self.prehashKey = prehashKey
        self.prehashValue = prehashValue
        self.length = length
        self.prefix = prefix
    }

    /// The leaf op of a spec.
    package init(_ spec: ProofSpec) {
        self.init(
            hash: ProofSpec.HashOp.sha256.rawValue, prehashKey: spec.prehashKey.rawValue,
            prehashValue: spec.prehashValue.rawValue, length: spec.length.rawValue, prefix: spec.leafPrefix)
    }
}

/// `cosmos.ics23.v1.InnerOp`: one step towards the root (hash = 1, prefix = 2, suffix = 3).
package struct InnerOp: Hashable, Sendable {
    package var hash: UInt64
    package var prefix: [UInt8]
    package var suffix: [UInt8]

    package init(hash: UInt64 = ProofSpec.HashOp.sha256.rawValue, prefix: [UInt8], suffix: [UInt8]) {
        self.hash = hash
        self.prefix = prefix
        self.suffix = suffix
    }
}

/// `cosmos.ics23.v1.ExistenceProof` (key = 1, value = 2, leaf = 3, path = 4 from the leaf up).
package struct ExistenceProof: Hashable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]
    package var leaf: LeafOp?
    package var path: [InnerOp]

    package init(key: [UInt8], value: [UInt8], leaf: LeafOp?, path: [InnerOp]) {
        self.key = key
        self.value = value
        self.leaf = leaf
        self.path = path
    }
}

/// `cosmos.ics23.v1.NonExistenceProof` (key = 1, left = 2, right = 3).
package struct NonExistenceProof: Hashable, Sendable {
    package var key: [UInt8]
    package var left: ExistenceProof?
    package var right: ExistenceProof?

    package init(key: [UInt8], left: ExistenceProof?, right: ExistenceProof?) {
        self.key = key
        self.left = left
        self.right = right
    }
}

/// `cosmos.ics23.v1.CommitmentProof`: presence (exist = 1) or absence (nonexist = 2).
///
/// Batches and compressed batches are part of no IBC message and are refused.
package enum CommitmentProof: Hashable, Sendable {
    case exist(ExistenceProof)
    case nonexist(NonExistenceProof)
}

/// `ibc.core.commitment.v1.MerkleProof`: one proof a tree, from the lowest up (proofs = 1).
package struct MerkleProof: Hashable, Sendable {
    package var proofs: [CommitmentProof]

    package init(proofs: [CommitmentProof]) { self.proofs = proofs }
}

// MARK: Protobuf, in its one spelling

extension LeafOp {
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, hash)
        writer.unsigned(2, prehashKey)
        writer.unsigned(3, prehashValue)
        writer.unsigned(4, length)
        writer.bytes(5, prefix)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(ProtobufFailure) {
        self.init(hash: 0, prehashKey: 0, prehashValue: 0, length: 0, prefix: [])
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: hash = try field.unsigned()
            case 2: prehashKey = try field.unsigned()
            case 3: prehashValue = try field.unsigned()
            case 4: length = try field.unsigned()
            case 5: prefix = try field.bytes()
            default: throw .unknownField(field.number)
            }
        }
    }
}

extension InnerOp {
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, hash)
        writer.bytes(2, prefix)
        writer.bytes(3, suffix)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(ProtobufFailure) {
        self.init(hash: 0, prefix: [], suffix: [])
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: hash = try field.unsigned()
            case 2: prefix = try field.bytes()
            case 3: suffix = try field.bytes()
            default: throw .unknownField(field.number)
            }
        }
    }
}

extension ExistenceProof {
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes(1, key)
        writer.bytes(2, value)
        if let leaf { writer.message(3, leaf.encoded) }
        for step in path { writer.message(4, step.encoded) }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(ProtobufFailure) {
        self.init(key: [], value: [], leaf: nil, path: [])
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.bytes()
            case 2: value = try field.bytes()
            case 3: leaf = try LeafOp(decoding: field.bytes())
            case 4: path.append(try InnerOp(decoding: field.bytes()))
            default: throw .unknownField(field.number)
            }
        }
    }
}

extension NonExistenceProof {
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes(1, key)
        if let left { writer.message(2, left.encoded) }
        if let right { writer.message(3, right.encoded) }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(ProtobufFailure) {
        self.init(key: [], left: nil, right: nil)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.bytes()
            case 2: left = try ExistenceProof(decoding: field.bytes())
            case 3: right = try ExistenceProof(decoding: field.bytes())
            default: throw .unknownField(field.number)
            }
        }
    }
}

extension CommitmentProof {
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .exist(let proof): writer.message(1, proof.encoded)
        case .nonexist(let proof): writer.message(2, proof.encoded)
        }
        return writer.bytes
    }

    /// Reads one proof, refusing any other spelling of it.
    package init(decoding bytes: [UInt8]) throws(ProofFailure) {
        do {
            try self.init(reading: bytes)
        } catch {
            throw .malformed("\(error)")
        }
        guard encoded() == bytes else { throw .malformed("not in its one spelling") }
    }

    /// Reads one proof in any order of fields; whoever calls compares the spelling.
    init(reading bytes: [UInt8]) throws(ProtobufFailure) {
        var reader = ProtobufReader(bytes)
        guard let field = try reader.next() else { throw .notCanonical }
        switch field.number {
        case 1: self = .exist(try ExistenceProof(decoding: field.bytes()))
        case 2: self = .nonexist(try NonExistenceProof(decoding: field.bytes()))
        default: throw .unknownField(field.number)
        }
    }
}

extension MerkleProof {
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        for proof in proofs { writer.message(1, proof.encoded()) }
        return writer.bytes
    }

    /// Reads a proof along a path of trees, refusing any other spelling of it.
    package init(decoding bytes: [UInt8]) throws(ProofFailure) {
        do {
            try self.init(reading: bytes)
        } catch {
            throw .malformed("\(error)")
        }
        guard encoded() == bytes else { throw .malformed("not in its one spelling") }
    }

    private init(reading bytes: [UInt8]) throws(ProtobufFailure) {
        proofs = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard field.number == 1 else { throw .unknownField(field.number) }
            proofs.append(try CommitmentProof(reading: field.bytes()))
        }
    }
}
