import Codec
import Foundation
import TestSupport

@testable import Proofs

/// One published proof along a path, with what a verifier must say.
struct ProofVector: Sendable, CustomStringConvertible {
    var name: String
    var specs: [ProofSpec]
    var root: [UInt8]
    var path: [[UInt8]]
    /// Nil claims absence.
    var value: [UInt8]?
    var proof: [UInt8]
    var isAccepted: Bool

    var description: String { name }

    var holds: Bool { (try? verify()) != nil }

    func verify() throws(ProofFailure) {
        try ICS23.verifyPath(root: root, specs: specs, path: path, value: value, proof: MerkleProof(decoding: proof))
    }
}

/// Why a vector file cannot be read.
struct UnreadableVector: Error {
    var member: String
}

extension JSONNode {
    func text(_ name: String) throws -> String {
        guard let text = self[name]?.string else { throw UnreadableVector(member: name) }
        return text
    }

    func hex(_ name: String) throws -> [UInt8] {
        guard let bytes = Hex.decode(try text(name)) else { throw UnreadableVector(member: name) }
        return bytes
    }

    /// Hex, or nil for null.
    func optionalHex(_ name: String) throws -> [UInt8]? { self[name]?.isNull == false ? try hex(name) : nil }

    /// Base64; null and a missing member are empty, as in Go.
    func base64(_ name: String) throws -> [UInt8] {
        guard let node = self[name], !node.isNull else { return [] }
        guard let text = node.string, let bytes = Base64.decode(text) else { throw UnreadableVector(member: name) }
        return bytes
    }

    /// A number; a missing one is 0, as in Go.
    func number(_ name: String) throws -> UInt64 {
        guard let node = self[name], !node.isNull else { return 0 }
        guard let lexeme = node.numberLexeme, let number = UInt64(lexeme) else {
            throw UnreadableVector(member: name)
        }
        return number
    }

    func list(_ name: String) -> [JSONNode] { self[name].map { Array($0.elements) } ?? [] }
}

/// A JSON file of a vector set.
func vectorDocument(_ set: String, _ path: String) throws -> JSONDocument {
    try JSONDocument(parsing: VectorFolder.bytes(set, path))
}
