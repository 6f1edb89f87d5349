import Codec
import Cryptography
import Foundation
import TestSupport
import Testing

@testable import Proofs

/// Good and damaged inclusion and consistency proofs of transparency-dev/merkle: `merkle-rfc9162`.
@Suite(.enabled(if: VectorFolder.shouldRun("merkle-rfc9162")))
struct TransparencyLogVectorTests {
    static let files = VectorFolder.files("merkle-rfc9162", endingWith: ".json")

    @Test func `the set is there, and every file of it says what it wants`() throws {
        #expect(!Self.files.isEmpty)
        for file in Self.files {
            let probe = try JSONDocument(parsing: VectorFolder.bytes(of: file)).root
            #expect(probe["wantErr"]?.bool != nil, "\(file.path)")
        }
    }

    @Test(arguments: files)
    func `a probe gets its verdict`(file: URL) throws {
        let probe = try JSONDocument(parsing: VectorFolder.bytes(of: file)).root
        let isAccepted = (try? Self.verify(probe)) != nil
        #expect(isAccepted == (probe["wantErr"]?.bool == false), "\(probe["desc"]?.string ?? "")")
    }

    static func verify(_ probe: JSONNode) throws {
        // A hash of another length is refused where bytes become digests.
        func digest(_ name: String) throws -> Digest {
            guard let digest = Digest(try probe.base64(name)) else { throw UnreadableVector(member: name) }
            return digest
        }
        // Some roots are texts, compared only with each other: their hash stands for them.
        func root(_ name: String) throws -> Digest {
            let bytes = try probe.base64(name)
            return Digest(bytes) ?? SHA256.hash(bytes)
        }
        let path = try probe.list("proof").map {
            guard let digest = $0.string.flatMap(Base64.decode).flatMap({ Digest($0) }) else {
                throw UnreadableVector(member: "proof")
            }
            return digest
        }
        if probe["leafIdx"] != nil {
            try TransparencyLog.verifyInclusion(
                of: digest("leafHash"), index: probe.number("leafIdx"), size: probe.number("treeSize"), path: path,
                root: digest("root"))
        } else {
            try TransparencyLog.verifyConsistency(
                from: probe.number("size1"), root("root1"), to: probe.number("size2"), root("root2"), path: path)
        }
    }
}
