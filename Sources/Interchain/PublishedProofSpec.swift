package import Codec
import LedgerModel
package import Proofs

/// A proof spec as a client state carries it (`cosmos.ics23.v1.ProofSpec`).
///
/// | field | number |
/// |---|---|
/// | leaf_spec {hash 1, prehash_key 2, prehash_value 3, length 4, prefix 5} | 1 |
/// | inner_spec {child_order 1 packed, child_size 2, min_prefix_length 3, max_prefix_length 4, empty_child 5, hash 6} | 2 |
/// | max_depth, min_depth, prehash_key_before_comparison | 3, 4, 5 |
///
/// Leaf and node are kept as they were spelled: only the trees that ``Proofs`` knows can be proved in.
package struct PublishedProofSpec: Hashable, Sendable, CanonicalMessage {
    /// What the reference reads a max_depth of 0 as.
    static let depthMaxDefault = 128

    var leaf: [UInt8]?
    var inner: [UInt8]?
    var depthMax: Int32
    var depthMin: Int32
    var comparesHashedKeys: Bool

    package init() {
        depthMax = 0
        depthMin = 0
        comparesHashedKeys = false
    }

    /// The published form of a tree that is known; `depthMax` 0 stands for 128.
    package init(_ spec: ProofSpec, depthMax: Int32? = nil) {
        leaf = Self.leaf(of: spec)
        inner = Self.inner(of: spec)
        self.depthMax = depthMax ?? (spec.depthMax == Self.depthMaxDefault ? 0 : Int32(spec.depthMax))
        depthMin = Int32(spec.depthMin)
        comparesHashedKeys = spec.comparesHashedKeys
    }

    /// The tree that it describes, or nil where it is none of those that are known.
    package var known: ProofSpec? {
        for var spec in [ProofSpec.jmt, .tendermint, .iavl, .smt]
        where leaf == Self.leaf(of: spec) && inner == Self.inner(of: spec)
            && comparesHashedKeys == spec.comparesHashedKeys
        {
            guard depthMax >= 0, depthMin >= 0 else { return nil }
            spec.depthMax = depthMax == 0 ? Self.depthMaxDefault : Int(depthMax)
            spec.depthMin = Int(depthMin)
            return spec
        }
        return nil
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: leaf = try field.bytes()
        case 2: inner = try field.bytes()
        case 3: depthMax = try field.int32()
        case 4: depthMin = try field.int32()
        case 5: comparesHashedKeys = try field.bool()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        if let leaf { writer.message(1, leaf) }
        if let inner { writer.message(2, inner) }
        writer.int64(3, Int64(depthMax))
        writer.int64(4, Int64(depthMin))
        writer.bool(5, comparesHashedKeys)
    }

    private static func leaf(of spec: ProofSpec) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.unsigned(1, ProofSpec.HashOp.sha256.rawValue)
        writer.unsigned(2, spec.prehashKey.rawValue)
        writer.unsigned(3, spec.prehashValue.rawValue)
        writer.unsigned(4, spec.length.rawValue)
        writer.bytes(5, spec.leafPrefix)
        return writer.bytes
    }

    private static func inner(of spec: ProofSpec) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.packed(1, [0, 1])
        writer.int64(2, Int64(spec.childBytes))
        writer.int64(3, Int64(spec.prefixBytesMin))
        writer.int64(4, Int64(spec.prefixBytesMax))
        writer.bytes(5, spec.emptyChild ?? [])
        writer.unsigned(6, ProofSpec.HashOp.sha256.rawValue)
        return writer.bytes
    }
}
