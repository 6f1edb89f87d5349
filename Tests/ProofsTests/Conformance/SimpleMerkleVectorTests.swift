import Codec
import Cryptography
import Foundation
import TestSupport
import Testing

@testable import Proofs

/// CometBFT's Merkle tree, from `cometbft/merkle.json`: published hashes of single nodes, and roots over the leaves
/// 00, 01, 02...
@Suite(.enabled(if: VectorFolder.shouldRun("cometbft")))
struct SimpleMerkleVectorTests {
    @Test func `every member of the file is what the tree computes`() throws {
        let root = try vectorDocument("cometbft", "merkle.json").root
        var count = 0
        for (name, node) in root.members where name != "source" {
            count += 1
            switch name {
            case "empty_tree": #expect(SimpleMerkle.root(of: []).hex == node.string)
            case "empty_leaf": #expect(SimpleMerkle.leafHash([]).hex == node.string)
            case "leaf_L123456": #expect(SimpleMerkle.leafHash(Array("L123456".utf8)).hex == node.string)
            case "node_N123_N456": #expect(SHA256.hash([1] + Array("N123N456".utf8)).hex == node.string)
            case "computed_roots":
                #expect(node.count > 0)
                for (size, expected) in node.members {
                    let leaves = (0..<(try #require(Int(size)))).map { [UInt8($0)] }
                    #expect(SimpleMerkle.root(of: leaves).hex == expected.string, "\(size) leaves")
                    #expect(SimpleMerkle.root(of: leaves.reversed()).hex != expected.string || leaves.count < 2)
                }
            default: Issue.record("\(name) is not read")
            }
        }
        #expect(count >= 5)
    }

    /// Header hashes and sign bytes are read by `CometBFTTests` of LedgerModel.
    @Test func `no file of the set is left unread`() {
        let known: Set = ["header_hash.json", "merkle.json", "vote_sign_bytes.json"]
        let found = VectorFolder.files("cometbft", endingWith: ".json").map(\.lastPathComponent)
        #expect(Set(found) == known)
    }
}
