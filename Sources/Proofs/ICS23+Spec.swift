// Whether a proof is one that the spec's tree can have: `ExistenceProof.CheckAgainstSpec` of cosmos/ics23, and the
// positions of children.

extension ICS23 {
    /// Which child of an inner node the path comes from.
    enum Side { case left, right }

    /// `ExistenceProof.CheckAgainstSpec`, with the node prefixes of the trees that have one.
    static func checkAgainstSpec(_ spec: ProofSpec, _ proof: ExistenceProof) throws(ProofFailure) {
        guard let leaf = proof.leaf else { throw .spec("no leaf op") }
        let wanted = LeafOp(spec)
        guard leaf.hash == wanted.hash, leaf.prehashKey == wanted.prehashKey, leaf.prehashValue == wanted.prehashValue,
            leaf.length == wanted.length
        else { throw .spec("the leaf op differs from the spec") }
        guard leaf.prefix.starts(with: spec.leafPrefix) else { throw .spec("the leaf prefix differs from the spec") }
        if spec.name == "iavl" {
            try checkIAVLPrefix(leaf.prefix, layer: 0)
        } else {
            // Stricter: only IAVL leaves carry a variable part.
            guard leaf.prefix.count == spec.leafPrefix.count else {
                throw .spec("the leaf prefix is longer than the spec's")
            }
        }
        guard proof.path.count >= spec.depthMin else { throw .spec("\(proof.path.count) inner ops are too few") }
        guard proof.path.count <= spec.depthMax else { throw .spec("\(proof.path.count) inner ops are too many") }
        for (index, step) in proof.path.enumerated() {
            guard step.hash == ProofSpec.HashOp.sha256.rawValue else {
                throw .spec("an inner hash op differs from the spec")
            }
            guard !step.prefix.starts(with: spec.leafPrefix) else { throw .spec("an inner prefix is a leaf prefix") }
            guard step.prefix.count >= spec.prefixBytesMin else { throw .spec("an inner prefix is too short") }
            guard step.prefix.count <= spec.prefixBytesMax + spec.childBytes else {
                throw .spec("an inner prefix is too long")
            }
            guard step.suffix.count.isMultiple(of: spec.childBytes) else { throw .spec("an inner suffix is malformed") }
            if spec.name == "iavl" { try checkIAVLPrefix(step.prefix, layer: UInt64(index + 1)) }
            if let nodePrefix = spec.nodePrefix, !step.prefix.starts(with: nodePrefix) {
                throw .spec("an inner prefix is not the node's")
            }
        }
    }

    /// Height, size and version as zigzag varints that are not negative, then nothing (leaf), a length byte or a sibling.
    private static func checkIAVLPrefix(_ prefix: [UInt8], layer: UInt64) throws(ProofFailure) {
        var offset = 0
        func number() throws(ProofFailure) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                guard offset < prefix.count, shift < 64 else { throw .spec("an IAVL prefix is malformed") }
                let byte = prefix[offset]
                offset += 1
                guard shift < 63 || byte <= 1 else { throw .spec("an IAVL prefix is malformed") }
                value |= UInt64(byte & 0x7f) << shift
                if byte & 0x80 == 0 { return value }
                shift += 7
            }
        }
        let height = try number()
        let size = try number()
        let version = try number()
        guard (height | size | version) & 1 == 0 else { throw .spec("an IAVL prefix holds a negative number") }
        guard height >> 1 >= layer else { throw .spec("an IAVL height is below its layer") }
        let rest = prefix.count - offset
        guard layer == 0 ? rest == 0 : rest == 1 || rest == 34 else { throw .spec("an IAVL prefix is malformed") }
    }

    /// The child's side: a left child has a bare prefix and one sibling behind it, a right child has its sibling in the
    /// prefix and nothing behind it.
    static func side(_ spec: ProofSpec, _ step: InnerOp) throws(ProofFailure) -> Side {
        let extra = step.prefix.count - spec.prefixBytesMin
        let slack = spec.prefixBytesMax - spec.prefixBytesMin
        if 0...slack ~= extra, step.suffix.count == spec.childBytes { return .left }
        if spec.childBytes...spec.childBytes + slack ~= extra, step.suffix.isEmpty { return .right }
        throw .spec("an inner op has no valid place for its child")
    }

    /// Whether every step comes from that side, or its sibling there is the empty subtree.
    static func isEdge(_ spec: ProofSpec, _ path: some Sequence<InnerOp>, _ edge: Side) throws(ProofFailure) -> Bool {
        for step in path where try side(spec, step) != edge {
            let sibling = edge == .left ? Array(step.prefix.suffix(spec.childBytes)) : step.suffix
            guard let empty = spec.emptyChild, sibling == empty else { return false }
        }
        return true
    }

    /// Below their lowest common node the left leaf is right-most of the left child, the right one left-most of the right.
    static func areNeighbours(_ spec: ProofSpec, _ left: [InnerOp], _ right: [InnerOp]) throws(ProofFailure) -> Bool {
        var left = left[...]
        var right = right[...]
        while let one = left.last, let other = right.last, one.prefix == other.prefix, one.suffix == other.suffix {
            left.removeLast()
            right.removeLast()
        }
        // One path inside the other: equal paths, or a leaf posing as a node.
        guard let splitLeft = left.popLast(), let splitRight = right.popLast() else { return false }
        guard try side(spec, splitLeft) == .left, try side(spec, splitRight) == .right else { return false }
        guard try isEdge(spec, left, .right) else { return false }
        return try isEdge(spec, right, .left)
    }
}
