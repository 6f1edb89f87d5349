import Codec
import Cryptography

// The operations of a proof: `LeafOp.Apply` and `InnerOp.Apply` of cosmos/ics23.
//
// Departure: of the hash ops only SHA-256 (and none, as prehash) is known, because no tree that we verify uses another.

extension ICS23 {
    /// hash(prefix | length(key') | key' | length(value') | value'), where ' is the prehash.
    static func apply(_ leaf: LeafOp, key: [UInt8], value: [UInt8]) throws(ProofFailure) -> [UInt8] {
        guard !key.isEmpty, key.count <= keyBytesMax else { throw .spec("a leaf's key is empty or too long") }
        guard !value.isEmpty, value.count <= valueBytesMax else { throw .spec("a leaf's value is empty or too long") }
        guard leaf.hash == ProofSpec.HashOp.sha256.rawValue else { throw .spec("leaf hash op \(leaf.hash)") }
        guard let length = ProofSpec.LengthOp(rawValue: leaf.length) else { throw .spec("length op \(leaf.length)") }
        var hash = SHA256()
        hash.update(leaf.prefix)
        for (operation, data) in [(leaf.prehashKey, key), (leaf.prehashValue, value)] {
            let part: [UInt8]
            switch ProofSpec.HashOp(rawValue: operation) {
            case .noHash: part = data
            case .sha256: part = SHA256.hash(data).bytes
            case nil: throw .spec("prehash op \(operation)")
            }
            hash.update(try length.prefix(of: part.count))
            hash.update(part)
        }
        return hash.finalize().bytes
    }

    /// hash(prefix | child | suffix).
    static func apply(_ step: InnerOp, to child: [UInt8]) throws(ProofFailure) -> [UInt8] {
        guard step.hash == ProofSpec.HashOp.sha256.rawValue else { throw .spec("inner hash op \(step.hash)") }
        guard !child.isEmpty else { throw .spec("an inner op needs a child") }
        var hash = SHA256()
        hash.update(step.prefix)
        hash.update(child)
        hash.update(step.suffix)
        return hash.finalize().bytes
    }
}

extension ProofSpec.LengthOp {
    /// What stands before data of that many bytes.
    func prefix(of count: Int) throws(ProofFailure) -> [UInt8] {
        switch self {
        case .noPrefix: return []
        case .varProto: return ProtobufWriter.varint(UInt64(count))
        case .fixed32Big: return Self.littleEndian(count, byteCount: 4).reversed()
        case .fixed32Little: return Self.littleEndian(count, byteCount: 4)
        case .fixed64Big: return Self.littleEndian(count, byteCount: 8).reversed()
        case .fixed64Little: return Self.littleEndian(count, byteCount: 8)
        case .require32Bytes, .require64Bytes:
            guard count == (self == .require32Bytes ? 32 : 64) else { throw .spec("data of \(count) bytes") }
            return []
        }
    }

    private static func littleEndian(_ count: Int, byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }
}
