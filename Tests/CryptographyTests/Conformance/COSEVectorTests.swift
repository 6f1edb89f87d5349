import Codec
import Cryptography
import Foundation
import TestSupport
import Testing

/// The COSE working group's examples: messages that are signed with an algorithm of ours are checked, the others listed.
@Suite(.enabled(if: VectorFolder.shouldRun("cose")))
struct COSEVectorTests {
    struct Signer: Sendable {
        var key: COSEKey?
        var toBeSigned: [UInt8]?
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        var path: String
        /// The message's kind: sign0, sign, or one that is not signed.
        var kind: String
        var mustFail: Bool
        var isUntagged: Bool
        var message: [UInt8]
        var signers: [Signer]
        var testDescription: String { path }
    }

    static let vectors: [Vector] = VectorFolder.files("cose", endingWith: ".json").compactMap { file in
        guard let bytes = try? VectorFolder.bytes(of: file), let document = try? JSONDocument(parsing: bytes),
            let input = document.root["input"],
            let hex = document.root["output"]?["cbor"]?.string, let message = Hex.decode(hex.lowercased())
        else { return nil }
        let kinds = ["sign0", "sign", "mac", "mac0", "enveloped", "encrypted"]
        guard let kind = kinds.first(where: { input[$0] != nil }), let node = input[kind] else { return nil }
        var signers: [Signer] = []
        func toBeSigned(_ node: JSONNode?) -> [UInt8]? {
            node?["ToBeSign_hex"]?.string.flatMap { Hex.decode($0.lowercased()) }
        }
        let steps = document.root["intermediates"]
        if kind == "sign0" {
            signers = [Signer(key: key(node), toBeSigned: toBeSigned(steps))]
        } else if kind == "sign", let rows = node["signers"] {
            let known = steps?["signers"].map { Array($0.elements) } ?? []
            signers = rows.elements.enumerated().map { index, row in
                Signer(key: key(row), toBeSigned: toBeSigned(index < known.count ? known[index] : nil))
            }
        }
        return Vector(
            path: file.pathComponents.suffix(2).joined(separator: "/"), kind: kind,
            mustFail: document.root["fail"]?.bool ?? false,
            isUntagged: input["failures"]?["RemoveCBORTag"] != nil, message: message, signers: signers)
    }

    /// The signer's key if its algorithm is ours, as the example's own alg (ES512 with a P-256 key is none).
    static func key(_ node: JSONNode) -> COSEKey? {
        guard let key = node["key"] else { return nil }
        func coordinate(_ name: String) -> [UInt8]? {
            key[name]?.string.flatMap { Base64.decodeURL($0) } ?? key[name + "_hex"]?.string.flatMap { Hex.decode($0) }
        }
        let algorithm = node["protected"]?["alg"]?.string ?? node["unprotected"]?["alg"]?.string
        switch (key["crv"]?.string, algorithm) {
        case ("Ed25519", "EdDSA"): return coordinate("x").map { .ed25519(x: $0) }
        case ("P-256", "ES256"):
            guard let x = coordinate("x"), let y = coordinate("y") else { return nil }
            return .p256(x: x, y: y)
        default: return nil
        }
    }

    static let signed = vectors.filter { $0.signers.contains { $0.key != nil } }

    /// Whether a message's signatures of our algorithms all hold.
    static func holds(_ vector: Vector) throws -> Bool {
        if vector.kind == "sign0" {
            let message = try COSESign1.decode(vector.message, as: .general)
            return vector.signers[0].key.map { message.isSigned(by: $0, lowS: false) } ?? false
        }
        let message = try COSESign.decode(vector.message, as: .general)
        guard message.signatures.count == vector.signers.count else { return false }
        return vector.signers.indices.allSatisfy { index in
            vector.signers[index].key.map { message.isSigned(at: index, by: $0, lowS: false) } ?? true
        }
    }

    @Test func `every file is checked, or left out for a reason`() {
        #expect(Self.vectors.count == VectorFolder.files("cose", endingWith: ".json").count)
        #expect(!Self.signed.isEmpty)
        for vector in Self.vectors where !vector.signers.contains(where: { $0.key != nil }) {
            // MAC and encryption are no part of this module, nor are P-384, P-521, Ed448 and SHA-512 with P-256.
            let isOtherKind = vector.kind != "sign" && vector.kind != "sign0"
            #expect(isOtherKind || vector.path.hasPrefix("ecdsa") || vector.path.hasPrefix("eddsa"), "\(vector.path)")
        }
    }

    @Test(arguments: signed.filter { !$0.mustFail && !$0.isUntagged })
    func `signatures hold`(vector: Vector) throws { #expect(try Self.holds(vector)) }

    @Test(arguments: signed.filter { !$0.mustFail && !$0.isUntagged })
    func `a changed payload is refused`(vector: Vector) throws {
        if vector.kind == "sign0" {
            var message = try COSESign1.decode(vector.message, as: .general)
            message.payload?.append(0)
            #expect(!message.isSigned(by: try #require(vector.signers[0].key), lowS: false))
        } else {
            var message = try COSESign.decode(vector.message, as: .general)
            message.payload?.append(0)
            for (index, signer) in vector.signers.enumerated() {
                if let key = signer.key { #expect(!message.isSigned(at: index, by: key, lowS: false)) }
            }
        }
    }

    @Test(arguments: signed.filter(\.mustFail))
    func `what must fail is refused`(vector: Vector) {
        #expect((try? Self.holds(vector)) != true)
    }

    @Test(arguments: signed.filter(\.isUntagged))
    func `a message without its tag is refused, and holds with it`(vector: Vector) throws {
        #expect(throws: COSEFailure.structure("tag 18 is missing")) {
            try COSESign1.decode(vector.message, as: .general)
        }
        var tagged = vector
        tagged.message = [0xd2] + vector.message
        #expect(try Self.holds(tagged))
    }

    @Test(arguments: signed.filter { !$0.mustFail && !$0.isUntagged })
    func `what is signed is the example's`(vector: Vector) throws {
        for (index, signer) in vector.signers.enumerated() {
            guard let expected = signer.toBeSigned else { continue }
            if vector.kind == "sign0" {
                let message = try COSESign1.decode(vector.message, as: .general)
                let payload = try #require(message.payload)
                #expect(COSESign1.toBeSigned(protected: message.protected, payload: payload) == expected)
            } else {
                let message = try COSESign.decode(vector.message, as: .general)
                let made = COSESign.toBeSigned(
                    protected: message.protected, signerProtected: message.signatures[index].protected,
                    externalAAD: [], payload: try #require(message.payload))
                #expect(made == expected)
            }
        }
    }
}
