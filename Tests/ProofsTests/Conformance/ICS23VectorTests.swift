import Codec
import Foundation
import TestSupport
import Testing

@testable import Proofs

/// The vectors of cosmos/ics23: single trees, and the cases of its operations.
@Suite(.enabled(if: VectorFolder.shouldRun("ics23")))
struct ICS23VectorTests {
    struct Vector: Sendable, CustomStringConvertible {
        var name: String
        var spec: ProofSpec
        var root: [UInt8]
        var key: [UInt8]
        /// Empty claims absence.
        var value: [UInt8]
        var proof: [UInt8]
        var description: String { name }
    }

    static let trees: [Vector] = [ProofSpec.iavl, .tendermint, .smt].flatMap { spec in
        VectorFolder.files("ics23/\(spec.name)", endingWith: ".json").compactMap { file in
            guard let bytes = try? VectorFolder.bytes(of: file), let root = try? JSONDocument(parsing: bytes).root
            else { return nil }
            return try? Vector(
                name: "\(spec.name) \(file.lastPathComponent)", spec: spec, root: root.hex("root"),
                key: root.hex("key"), value: root.hex("value"), proof: root.hex("proof"))
        }
    }

    /// Files of operations, each read by a test below.
    static let operations: Set = [
        "TestCheckAgainstSpecData.json", "TestDoHashData.json", "TestExistenceProofData.json", "TestInnerOpData.json",
        "TestLeafOpData.json",
    ]

    @Test func `the set is there, and every file of it is read`() {
        #expect(Self.trees.count >= 12)
        let files = VectorFolder.files("ics23", endingWith: ".json").map(\.lastPathComponent)
        #expect(Set(files).isSuperset(of: Self.operations))
        #expect(files.count { !Self.operations.contains($0) } == Self.trees.count)
    }

    @Test(arguments: trees)
    func `a proof in a single tree holds`(vector: Vector) throws {
        let proof = try CommitmentProof(decoding: vector.proof)
        #expect(proof.encoded() == vector.proof)
        if vector.value.isEmpty {
            try ICS23.verifyAbsence(vector.spec, root: vector.root, key: vector.key, proof: proof)
        } else {
            try ICS23.verifyPresence(
                vector.spec, root: vector.root, key: vector.key, value: vector.value, proof: proof)
        }
    }

    @Test(arguments: trees)
    func `a proof holds under no other root, for no other key, value or spec`(vector: Vector) throws {
        let proof = try CommitmentProof(decoding: vector.proof)
        func holds(_ spec: ProofSpec, _ root: [UInt8], _ key: [UInt8], _ value: [UInt8]) -> Bool {
            if value.isEmpty { return (try? ICS23.verifyAbsence(spec, root: root, key: key, proof: proof)) != nil }
            return (try? ICS23.verifyPresence(spec, root: root, key: key, value: value, proof: proof)) != nil
        }
        let otherRoot = vector.root.dropLast() + [vector.root.last! ^ 1]
        #expect(!holds(vector.spec, Array(otherRoot), vector.key, vector.value))
        #expect(!holds(vector.spec, vector.root, vector.key + [0], vector.value))
        #expect(!holds(vector.spec, vector.root, vector.key, vector.value.isEmpty ? [1] : vector.value + [0]))
        for spec in [ProofSpec.iavl, .tendermint, .smt, .jmt] where spec != vector.spec {
            #expect(!holds(spec, vector.root, vector.key, vector.value))
        }
    }

    // MARK: Operations

    static func leafOp(_ node: JSONNode) throws -> LeafOp {
        LeafOp(
            hash: try node.number("hash"), prehashKey: try node.number("prehash_key"),
            prehashValue: try node.number("prehash_value"), length: try node.number("length"),
            prefix: try node.base64("prefix"))
    }

    static func innerOp(_ node: JSONNode) throws -> InnerOp {
        InnerOp(
            hash: try node.number("hash"), prefix: try node.base64("prefix"), suffix: try node.base64("suffix"))
    }

    static func existence(_ node: JSONNode?) throws -> ExistenceProof {
        guard let node else { return ExistenceProof(key: [], value: [], leaf: nil, path: []) }
        return ExistenceProof(
            key: try node.base64("key"), value: try node.base64("value"), leaf: try node["leaf"].map(leafOp),
            path: try node.list("path").map(innerOp))
    }

    static func expected(_ node: JSONNode) throws -> [UInt8]? {
        try node["IsErr"]?.bool == true ? nil : node.base64("Expected")
    }

    @Test func `a leaf is hashed as the vectors say; hash functions of no tree of ours are refused`() throws {
        for (name, node) in try vectorDocument("ics23", "TestLeafOpData.json").root.members {
            let operation = try Self.leafOp(#require(node["Op"]))
            let result = try? ICS23.apply(operation, key: node.base64("Key"), value: node.base64("Value"))
            #expect(try result == (operation.hash == 1 ? Self.expected(node) : nil), "\(name)")
        }
    }

    @Test func `SHA-256 hashes as the vectors say; every other function is refused`() throws {
        let members = try vectorDocument("ics23", "TestDoHashData.json").root.members
        #expect(members.contains { (try? $0.value.number("HashOp")) == 1 })
        for (name, node) in members {
            let text = try node["Preimage"]?.string ?? node.text("PreImage")
            let bytes = Array(text.utf8)
            let operation = LeafOp(
                hash: try node.number("HashOp"), prehashKey: 0, prehashValue: 0, length: 0, prefix: [])
            let result = try? ICS23.apply(operation, key: Array(bytes.prefix(1)), value: Array(bytes.dropFirst()))
            #expect(try result == (operation.hash == 1 ? node.hex("ExpectedHash") : nil), "\(name)")
        }
    }

    @Test func `an inner node is hashed as the vectors say`() throws {
        for (name, node) in try vectorDocument("ics23", "TestInnerOpData.json").root.members {
            let operation = try Self.innerOp(#require(node["Op"]))
            #expect(try (try? ICS23.apply(operation, to: node.base64("Child"))) == Self.expected(node), "\(name)")
        }
    }

    @Test func `a path leads to the root that the vectors say`() throws {
        for (name, node) in try vectorDocument("ics23", "TestExistenceProofData.json").root.members {
            let result = try? ICS23.existenceRoot(.iavl, Self.existence(node["Proof"]))
            #expect(try result == Self.expected(node), "\(name)")
        }
    }

    @Test func `a proof is held against its spec as the vectors say`() throws {
        for (name, node) in try vectorDocument("ics23", "TestCheckAgainstSpecData.json").root.members {
            var spec = ProofSpec.iavl
            let limits = try #require(node["Spec"])
            let depth = try limits.number("max_depth")
            spec.depthMax = depth == 0 ? 128 : Int(depth)
            spec.depthMin = Int(try limits.number("min_depth"))
            let isAccepted = (try? ICS23.checkAgainstSpec(spec, Self.existence(node["Proof"]))) != nil
            #expect(try isAccepted == node.text("Err").isEmpty, "\(name)")
        }
    }
}
