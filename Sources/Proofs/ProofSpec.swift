import Cryptography

/// What proofs in one kind of binary tree look like (`cosmos.ics23.v1.ProofSpec`), as one flat record.
package struct ProofSpec: Hashable, Sendable {
    package var name: String
    package var leafPrefix: [UInt8]
    package var prehashKey: HashOp
    package var prehashValue: HashOp
    package var length: LengthOp
    /// Width of a child within an inner node: the hash, and whatever frames it.
    package var childBytes: Int
    package var prefixBytesMin: Int
    package var prefixBytesMax: Int
    /// What an inner node begins with; nil where that varies (IAVL).
    package var nodePrefix: [UInt8]?
    package var emptyChild: [UInt8]?
    /// 0 in the published form is read as 128, as the reference does.
    package var depthMax: Int
    package var depthMin = 0
    package var comparesHashedKeys: Bool

    /// `cosmos.ics23.v1.HashOp`.
    package enum HashOp: UInt64, Hashable, Sendable {
        case noHash = 0
        case sha256 = 1
    }

    /// `cosmos.ics23.v1.LengthOp`.
    package enum LengthOp: UInt64, Hashable, Sendable {
        case noPrefix = 0
        case varProto = 1
        case fixed32Big = 3
        case fixed32Little = 4
        case fixed64Big = 5
        case fixed64Little = 6
        case require32Bytes = 7
        case require64Bytes = 8
    }

    /// CometBFT's simple Merkle tree, as published.
    package static let tendermint = ProofSpec(
        name: "tendermint", leafPrefix: [0], prehashKey: .noHash, prehashValue: .sha256, length: .varProto,
        childBytes: 32, prefixBytesMin: 1, prefixBytesMax: 1, nodePrefix: [1], emptyChild: nil, depthMax: 128,
        comparesHashedKeys: false)

    /// The Cosmos SDK's IAVL tree.
    package static let iavl = ProofSpec(
        name: "iavl", leafPrefix: [0], prehashKey: .noHash, prehashValue: .sha256, length: .varProto, childBytes: 33,
        prefixBytesMin: 4, prefixBytesMax: 12, nodePrefix: nil, emptyChild: nil, depthMax: 128,
        comparesHashedKeys: false)

    /// The sparse Merkle tree of the reference.
    package static let smt = ProofSpec(
        name: "smt", leafPrefix: [0], prehashKey: .sha256, prehashValue: .sha256, length: .noPrefix, childBytes: 32,
        prefixBytesMin: 1, prefixBytesMax: 1, nodePrefix: [1], emptyChild: [UInt8](repeating: 0, count: 32),
        depthMax: 256, comparesHashedKeys: true)

    /// Our stores' Jellyfish tree, 256 levels deep (D3).
    package static let jmt = ProofSpec(
        name: "jmt", leafPrefix: Array("JMT::LeafNode".utf8), prehashKey: .sha256, prehashValue: .sha256,
        length: .noPrefix, childBytes: 32, prefixBytesMin: 16, prefixBytesMax: 16,
        nodePrefix: Array("JMT::IntrnalNode".utf8), emptyChild: Jellyfish.placeholder.bytes, depthMax: 256,
        comparesHashedKeys: true)

    /// The specs of our ledger, from the lowest tree up.
    package static let ledger: [ProofSpec] = [.jmt, .tendermint]
}

/// Why a proof is refused.
package enum ProofFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not protobuf in its one spelling, or not a proof at all.
    case malformed(String)
    /// The proof is not one that the spec's tree can have.
    case spec(String)
    /// The proof is about another key or value.
    case differs(String)
    /// The calculated root is not the one that is trusted.
    case root
    /// Neighbours, order or edges do not prove absence.
    case absence(String)
    /// A tree size, index or path length is out of range.
    case range(String)

    package var description: String {
        switch self {
        case .malformed(let what): "not a proof: \(what)"
        case .spec(let what): "not a proof of this kind of tree: \(what)"
        case .differs(let what): "the proof is about something else: \(what)"
        case .root: "the proof leads to another root"
        case .absence(let what): "absence is not proven: \(what)"
        case .range(let what): what
        }
    }
}
