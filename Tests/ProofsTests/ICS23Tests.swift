import Cryptography
import Testing

@testable import Proofs

/// The rules of the verifier that go beyond the reference, and the damage that no proof survives.
struct ICS23Tests {
    static let prefix = Array("JMT::IntrnalNode".utf8)

    /// A store of four keys, one for each pair of leading bits, in a tree of three stores.
    struct Ledger {
        var keys: [[UInt8]] = []
        var appHash: [UInt8] = []
        var proofs: [MerkleProof] = []

        init() {
            let found = (0..<4).map { wanted in
                (0...).lazy.map { Array("key \($0)".utf8) }.first { key in
                    let hash = SHA256.hash(key)
                    return (hash.bit(0) ? 2 : 0) + (hash.bit(1) ? 1 : 0) == wanted
                }!
            }
            keys = found
            let leaves = found.map {
                Jellyfish.leafHash(keyHash: SHA256.hash($0), valueHash: SHA256.hash(value(of: $0)))
            }
            let halves = [Jellyfish.innerHash(leaves[0], leaves[1]), Jellyfish.innerHash(leaves[2], leaves[3])]
            let stores = SimpleMerkle.StoreTree([
                (name: "anchor", value: Jellyfish.innerHash(halves[0], halves[1])), (name: "bank", value: .zero),
                (name: "ibc", value: .zero),
            ])
            appHash = stores.root.bytes
            proofs = (0..<4).map { index in
                let path = Jellyfish.LeafPath(
                    key: found[index], value: value(of: found[index]),
                    siblings: [halves[1 - index / 2], leaves[index ^ 1]])
                return MerkleProof(proofs: [.exist(path.existence), stores.proof(of: 0)])
            }
        }

        func value(of key: [UInt8]) -> [UInt8] { key + [33] }

        func existence(_ index: Int) -> ExistenceProof {
            guard case .exist(let existence) = proofs[index].proofs[0] else { preconditionFailure("made as presence") }
            return existence
        }

        /// A key that is absent, between these two in the order of hashed keys.
        func absentKey(between left: Int, and right: Int) -> [UInt8] {
            (0...).lazy.map { Array("absent \($0)".utf8) }.first {
                SHA256.hash(keys[left]) < SHA256.hash($0) && SHA256.hash($0) < SHA256.hash(keys[right])
            }!
        }

        func verify(_ key: [UInt8], _ value: [UInt8]?, _ proof: MerkleProof) throws(ProofFailure) {
            try ICS23.verifyPath(
                root: appHash, specs: ProofSpec.ledger, path: [Array("anchor".utf8), key], value: value, proof: proof)
        }
    }

    @Test func `presence of each key holds`() throws {
        let ledger = Ledger()
        for (key, proof) in zip(ledger.keys, ledger.proofs) { try ledger.verify(key, ledger.value(of: key), proof) }
    }

    @Test func `absence holds between neighbours, and not between others`() throws {
        let ledger = Ledger()
        let key = ledger.absentKey(between: 1, and: 2)
        func proof(_ named: [UInt8], _ left: Int?, _ right: Int?) -> MerkleProof {
            let absence = NonExistenceProof(
                key: named, left: left.map(ledger.existence), right: right.map(ledger.existence))
            return MerkleProof(proofs: [.nonexist(absence), ledger.proofs[0].proofs[1]])
        }
        try ledger.verify(key, nil, proof(key, 1, 2))
        for (left, right) in [(0, 2), (1, 3), (0, 3), (2, 1), (1, nil), (nil, 2), (nil, nil)] as [(Int?, Int?)] {
            #expect(throws: ProofFailure.self) { try ledger.verify(key, nil, proof(key, left, right)) }
        }
        #expect(throws: ProofFailure.differs("the absence proof is about another key")) {
            try ledger.verify(key, nil, proof(ledger.absentKey(between: 0, and: 1), 1, 2))
        }
        // A key that is there is absent nowhere.
        for index in 0..<4 {
            for (left, right) in [(0, 1), (1, 2), (2, 3), (0, nil), (nil, 3)] as [(Int?, Int?)] {
                #expect(throws: ProofFailure.self) {
                    try ledger.verify(ledger.keys[index], nil, proof(ledger.keys[index], left, right))
                }
            }
        }
    }

    @Test func `no bit of an accepted proof can be flipped`() throws {
        let ledger = Ledger()
        let absent = ledger.absentKey(between: 1, and: 2)
        let absence = NonExistenceProof(key: absent, left: ledger.existence(1), right: ledger.existence(2))
        let cases: [(key: [UInt8], value: [UInt8]?, proof: MerkleProof)] = [
            (ledger.keys[1], ledger.value(of: ledger.keys[1]), ledger.proofs[1]),
            (absent, nil, MerkleProof(proofs: [.nonexist(absence), ledger.proofs[0].proofs[1]])),
        ]
        for (key, value, proof) in cases {
            var bytes = proof.encoded()
            try ledger.verify(key, value, MerkleProof(decoding: bytes))
            for bit in 0..<bytes.count * 8 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                let isAccepted = (try? ledger.verify(key, value, MerkleProof(decoding: bytes))) != nil
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!isAccepted, "bit \(bit)")
            }
            for count in 0..<bytes.count {
                #expect((try? ledger.verify(key, value, MerkleProof(decoding: Array(bytes[..<count])))) == nil)
            }
        }
    }

    /// Changes to the first inner op of an honest proof, none of which is the node that it was.
    static let damages: [(name: String, change: @Sendable (inout ExistenceProof) -> Void)] = [
        ("both children beside it", { $0.path[0].suffix += [UInt8](repeating: 7, count: 32) }),
        ("a child of neither side", { $0.path[0].suffix = [] }),
        ("a longer node prefix", { $0.path[0].prefix.append(0) }),
        ("a node prefix of another tree", { $0.path[0].prefix = [1] }),
        ("a leaf's prefix on a node", { $0.path[0].prefix = Array("JMT::LeafNodexxx".utf8) }),
        ("another hash op", { $0.path[0].hash = 2 }),
        ("a missing step", { $0.path.removeFirst() }),
        ("a step given twice", { $0.path.append($0.path[0]) }),
        ("no leaf", { $0.leaf = nil }),
        ("a longer leaf prefix", { $0.leaf?.prefix.append(0) }),
        ("an empty leaf prefix", { $0.leaf?.prefix = [] }),
        ("a value that is not hashed", { $0.leaf?.prehashValue = 0 }),
        ("a key that is not hashed", { $0.leaf?.prehashKey = 0 }),
        ("lengths before the hashes", { $0.leaf?.length = 1 }),
        ("an empty value", { $0.value = [] }),
        (
            "more steps than the tree has levels",
            { $0.path += Array(repeating: $0.path[0], count: ProofSpec.jmt.depthMax) }
        ),
    ]

    @Test(arguments: damages.indices)
    func `a step that the tree cannot have is refused`(index: Int) throws {
        let ledger = Ledger()
        var existence = ledger.existence(0)
        Self.damages[index].change(&existence)
        let proof = MerkleProof(proofs: [.exist(existence), ledger.proofs[0].proofs[1]])
        #expect(throws: ProofFailure.self, "\(Self.damages[index].name)") {
            try ledger.verify(ledger.keys[0], existence.value, proof)
        }
    }

    @Test func `a path with turns other than the bits of the hashed key is refused, though its root is right`() throws {
        // A tree that whoever makes it has put together in the wrong order.
        let key = Ledger().keys[0]
        var existence = Jellyfish.LeafPath(key: key, value: [1], siblings: [.zero]).existence
        existence.path[0] = InnerOp(prefix: Self.prefix + Digest.zero.bytes, suffix: [])
        let root = try ICS23.existenceRoot(.jmt, existence)
        #expect(throws: ProofFailure.spec("the path does not follow the bits of the hashed key")) {
            try ICS23.verifyPresence(.jmt, root: root, key: key, value: [1], proof: .exist(existence))
        }
    }

    @Test func `as many proofs as trees, in their order`() throws {
        let ledger = Ledger()
        let proof = ledger.proofs[0]
        for proofs in [[], [proof.proofs[0]], proof.proofs + [proof.proofs[1]], Array(proof.proofs.reversed())] {
            #expect(throws: ProofFailure.self) {
                try ledger.verify(ledger.keys[0], ledger.value(of: ledger.keys[0]), MerkleProof(proofs: proofs))
            }
        }
    }

    @Test(
        arguments: [
            [], [0x0a, 0x00], [0x0a, 0x02, 0x1a, 0x00], [0x12, 0x00], [0x0a], [0x0a, 0x80, 0x00], [0x08, 0x01],
        ] as [[UInt8]])
    func `bytes that are no proof hold for nothing`(bytes: [UInt8]) {
        let ledger = Ledger()
        #expect(throws: ProofFailure.self) {
            try ledger.verify(ledger.keys[0], ledger.value(of: ledger.keys[0]), MerkleProof(decoding: bytes))
        }
    }
}
