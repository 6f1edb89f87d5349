import Codec
import Cryptography
import Foundation
import Proofs
import TestSupport
import Testing

@testable import StateTree

/// Roots as penumbra-zone/jmt computes them: `jmt`.
@Suite(.enabled(if: VectorFolder.shouldRun("jmt")))
struct JellyfishVectorTests {
    @Test func `roots are those of the reference`() throws {
        var count = 0
        for file in VectorFolder.files("jmt", endingWith: "vectors.json") {
            let document = try JSONDocument(parsing: VectorFolder.bytes(of: file))
            for vector in try #require(document.root["vectors"]).elements {
                let changes = try #require(vector["data"]).elements.map { pair in
                    let key = try #require(pair["key"]?.string.flatMap { Hex.decode($0) })
                    return (key: key, value: pair["value"]?.string.flatMap { Hex.decode($0) })
                }
                let root = StateRoot().updated(by: changes).root
                #expect(root.hash.hex == vector["expected_root"]?.string)
                #expect(root.count == changes.count)
                count += 1
            }
        }
        #expect(count >= 3)
    }
}

/// Two real keys whose SHA-256 agree in their first 64 bits: `ibc-verdicts`.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-verdicts")))
struct DeepKeyTests {
    static let keys: [[UInt8]] = {
        guard let bytes = try? VectorFolder.bytes("ibc-verdicts", "membership.json"),
            let document = try? JSONDocument(parsing: bytes), let cases = document.root["cases"]
        else { return [] }
        let keys = cases.elements.compactMap { item -> [UInt8]? in
            guard item["shows"]?.string == "deepkeys-present" else { return nil }
            return item["key"]?.string.flatMap { Hex.decode($0) }
        }
        return Array(Set(keys)).sorted { $0.lexicographicallyPrecedes($1) }
    }()

    @Test func `both are provable, and so is absence beside them`() throws {
        #expect(Self.keys.count == 2)
        let (one, other) = (Self.keys[0], Self.keys[1])
        let before = StoreForest(stores: ["anchor"])
        let forest = try before.applying([("anchor", [(one, [1]), (other, [2])])])
        try verify(forest, "anchor", one, [1])
        try verify(forest, "anchor", other, [2])
        let proof = try #require(forest.proof(store: "anchor", key: one))
        guard case .exist(let existence) = proof.proofs[0] else { throw ProofFailure.malformed("presence") }
        #expect(existence.path.count == 65)

        // With one of them gone the other moves up again, and absence stands beside it.
        let after = try forest.applying([("anchor", [(one, nil)])])
        try verify(after, "anchor", one, nil)
        try verify(after, "anchor", other, [2])
        let empty = try after.applying([("anchor", [(other, nil)])])
        #expect(empty.appHash == before.appHash)
        // The older versions still stand.
        try verify(forest, "anchor", one, [1])
    }
}
