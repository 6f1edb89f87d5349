import Cryptography

/// The ICS-23 verifier: presence and absence in one tree, and along a path of trees (ibc-go's MerklePath).
///
/// Stricter than cosmos/ics23 v0.11, never laxer: each inner node has one definite place for its child; a leaf prefix
/// equals the spec's (IAVL aside); an absence proof names the key; in a Jellyfish tree the turns are the bits of the
/// hashed key.
package enum ICS23 {
    /// Longest key and value that are looked at, in bytes.
    static let keyBytesMax = 64 << 10
    static let valueBytesMax = 4 << 20

    /// Checks a proof along a path.
    ///
    /// `specs` go from the lowest tree up, `path` from the top tree to the key, such as [store, key]. A nil `value` claims
    /// absence, in the lowest tree only.
    package static func verifyPath(
        root: [UInt8], specs: [ProofSpec], path: [[UInt8]], value: [UInt8]?, proof: MerkleProof
    ) throws(ProofFailure) {
        guard !specs.isEmpty, specs.count == path.count, specs.count == proof.proofs.count else {
            throw .malformed("\(proof.proofs.count) proofs and \(path.count) keys for \(specs.count) trees")
        }
        var current = value
        for (level, spec) in specs.enumerated() {
            let key = path[path.count - 1 - level]
            let step = proof.proofs[level]
            let subroot = level == specs.count - 1 ? root : try impliedRoot(spec, step)
            if level == 0, value == nil {
                try verifyAbsence(spec, root: subroot, key: key, proof: step)
            } else {
                guard let content = current else { throw .differs("value") }
                try verifyPresence(spec, root: subroot, key: key, value: content, proof: step)
            }
            current = subroot
        }
    }

    /// The root that a proof leads to; only a checked parent makes it mean anything.
    static func impliedRoot(_ spec: ProofSpec, _ proof: CommitmentProof) throws(ProofFailure) -> [UInt8] {
        switch proof {
        case .exist(let existence): return try existenceRoot(spec, existence)
        case .nonexist(let absence):
            guard let neighbour = absence.left ?? absence.right else { throw .absence("no neighbours") }
            return try existenceRoot(spec, neighbour)
        }
    }

    /// The tree under `root` holds `value` at `key`.
    package static func verifyPresence(
        _ spec: ProofSpec, root: [UInt8], key: [UInt8], value: [UInt8], proof: CommitmentProof
    ) throws(ProofFailure) {
        guard case .exist(let existence) = proof else { throw .malformed("not a proof of presence") }
        try verifyExistence(spec, root: root, key: key, value: value, proof: existence)
    }

    /// The tree under `root` holds nothing at `key`: two adjacent leaves, or the edge and one, with the key between.
    package static func verifyAbsence(
        _ spec: ProofSpec, root: [UInt8], key: [UInt8], proof: CommitmentProof
    ) throws(ProofFailure) {
        guard case .nonexist(let absence) = proof else { throw .malformed("not a proof of absence") }
        guard !key.isEmpty else { throw .differs("empty key") }
        // The sparse tree's own prover writes the hashed key.
        guard absence.key == key || spec.name == "smt" && absence.key == order(spec, key) else {
            throw .differs("the absence proof is about another key")
        }
        let place = order(spec, key)
        if let left = absence.left {
            try verifyExistence(spec, root: root, key: left.key, value: left.value, proof: left)
            guard order(spec, left.key).lexicographicallyPrecedes(place) else {
                throw .absence("the key is not right of its left neighbour")
            }
        }
        if let right = absence.right {
            try verifyExistence(spec, root: root, key: right.key, value: right.value, proof: right)
            guard place.lexicographicallyPrecedes(order(spec, right.key)) else {
                throw .absence("the key is not left of its right neighbour")
            }
        }
        switch (absence.left, absence.right) {
        case (nil, nil): throw .absence("no neighbours")
        case (nil, let right?):
            guard try isEdge(spec, right.path, .left) else { throw .absence("the right neighbour is not left-most") }
        case (let left?, nil):
            guard try isEdge(spec, left.path, .right) else { throw .absence("the left neighbour is not right-most") }
        case (let left?, let right?):
            guard try areNeighbours(spec, left.path, right.path) else { throw .absence("the leaves are not adjacent") }
        }
    }

    private static func verifyExistence(
        _ spec: ProofSpec, root: [UInt8], key: [UInt8], value: [UInt8], proof: ExistenceProof
    ) throws(ProofFailure) {
        guard proof.key == key else { throw .differs("key") }
        guard proof.value == value else { throw .differs("value") }
        try checkAgainstSpec(spec, proof)
        let hashed = spec.name == "jmt" ? SHA256.hash(key) : nil
        for (index, step) in proof.path.enumerated() {
            // Stricter: each inner op is a left or a right child, and nothing else.
            let turn = try side(spec, step)
            guard let hashed else { continue }
            guard (turn == .right) == hashed.bit(proof.path.count - 1 - index) else {
                throw .spec("the path does not follow the bits of the hashed key")
            }
        }
        guard try existenceRoot(spec, proof) == root else { throw .root }
    }

    /// Hashes the leaf, then each step towards the root.
    static func existenceRoot(_ spec: ProofSpec, _ proof: ExistenceProof) throws(ProofFailure) -> [UInt8] {
        guard let leaf = proof.leaf else { throw .spec("no leaf op") }
        guard proof.path.count <= spec.depthMax else { throw .spec("\(proof.path.count) inner ops are too many") }
        var result = try apply(leaf, key: proof.key, value: proof.value)
        for step in proof.path { result = try apply(step, to: result) }
        return result
    }

    /// The order of keys in the tree.
    private static func order(_ spec: ProofSpec, _ key: [UInt8]) -> [UInt8] {
        spec.comparesHashedKeys && spec.prehashKey == .sha256 ? SHA256.hash(key).bytes : key
    }
}
