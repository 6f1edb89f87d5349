import Codec
import Foundation
import TestSupport
import Testing

@testable import Cryptography

/// Project Wycheproof's verdicts, and the Ed25519 sets beside them.
@Suite(.enabled(if: VectorFolder.shouldRun("wycheproof")))
struct WycheproofTests {
    /// Files by what they say of themselves, so that a new one of a known kind is read whatever its name.
    static let kinds = Dictionary(
        uniqueKeysWithValues: VectorFolder.files("wycheproof", endingWith: ".json").map {
            ($0.lastPathComponent, Wycheproof.kind(of: $0))
        })
    static let curves = files(of: "ECDSA secp256k1 SHA-256") + files(of: "ECDSA secp256r1 SHA-256")

    static func files(of kind: String) -> [String] { kinds.filter { $0.value == kind }.keys.sorted() }

    static func cases(of kind: String) -> [Wycheproof.Case] { files(of: kind).flatMap { Wycheproof.cases($0) } }

    /// Kinds that tests below read.
    static let read: Set = [
        "ECDSA secp256k1 SHA-256", "ECDSA secp256r1 SHA-256", "EDDSA edwards25519", "HMACSHA256", "XCHACHA20-POLY1305",
        Wycheproof.edgeCases,
    ]
    /// Beginnings of kinds that no test here reads, and why.
    static let skipped = [
        "AES-GCM": "no AES-GCM here", "BLS": "no BLS12-381 here", "CHACHA20-POLY1305": "only the long-nonce form",
        "HKDF": "no HKDF here", "XDH": "no key agreement here",
    ]

    @Test func `every file is read whole, or left out for a reason`() throws {
        #expect(!Self.kinds.isEmpty)
        for kind in Self.read { #expect(Self.kinds.values.contains(kind), "no file of \(kind)") }
        for (file, kind) in Self.kinds where !Self.read.contains(kind) {
            #expect(Self.skipped.keys.contains { kind.hasPrefix($0) }, "\(file) is of \(kind), which is not read")
        }
        for (file, kind) in Self.kinds where Self.read.contains(kind) && kind != Wycheproof.edgeCases {
            let root = try JSONDocument(parsing: VectorFolder.bytes("wycheproof", file)).root
            #expect(root["numberOfTests"]?.numberLexeme == "\(Wycheproof.cases(file).count)", "\(file)")
        }
    }

    @Test func `every verdict is valid or invalid`() {
        for (file, kind) in Self.kinds where Self.read.contains(kind) && kind != Wycheproof.edgeCases {
            #expect(Wycheproof.cases(file).allSatisfy { ["valid", "invalid"].contains($0.result) }, "\(file)")
        }
    }

    @Test(arguments: cases(of: "EDDSA edwards25519"))
    func `Ed25519 has the verdict under both predicates`(vector: Wycheproof.Case) throws {
        let (signature, message) = (try vector.bytes("sig"), try vector.bytes("msg"))
        let publicKey = try vector.bytes("pk")
        #expect(
            Ed25519.isValidStrict(signature: signature, message: message, publicKey: publicKey) == vector.isValid)
        // RFC 8032 refuses a sign on x = 0, which ZIP-215 allows.
        let isZIP215 = vector.isValid || vector.comment.contains("y = 1 with the sign bit of x set")
        #expect(Ed25519.isValidZIP215(signature: signature, message: message, publicKey: publicKey) == isZIP215)
        if signature.count == 64 {
            // The slow check alone agrees.
            #expect(ZIP215.isValid(signature: signature, message: message, publicKey: publicKey) == isZIP215)
        }
    }

    struct Edge: Sendable {
        var publicKey: [UInt8]
        var signature: [UInt8]
        var message: [UInt8]
        var isZIP215: Bool
        var isStrict: Bool?
    }

    static func edges(_ file: String) -> [Edge] {
        guard let bytes = try? VectorFolder.bytes("wycheproof", file), let document = try? JSONDocument(parsing: bytes)
        else { return [] }
        func hex(_ node: JSONNode, _ names: String...) -> [UInt8] {
            names.compactMap { node[$0]?.string }.first.flatMap { Hex.decode($0) } ?? []
        }
        return document.root.elements.map { node in
            Edge(
                publicKey: hex(node, "public_key", "pub_key"), signature: hex(node, "signature"),
                message: hex(node, "message_hex", "message"),
                isZIP215: node["zip215_valid"]?.bool ?? node["results"]?["zip215"]?.bool ?? false,
                isStrict: node["results"]?["libsodium"]?.bool)
        }
    }

    @Test(arguments: files(of: Wycheproof.edgeCases))
    func `edge cases of Ed25519 have their verdicts`(file: String) {
        let edges = Self.edges(file)
        #expect(!edges.isEmpty)
        for (index, edge) in edges.enumerated() {
            #expect(edge.publicKey.count == 32 && edge.signature.count == 64)
            let isZIP215 = Ed25519.isValidZIP215(
                signature: edge.signature, message: edge.message, publicKey: edge.publicKey)
            #expect(isZIP215 == edge.isZIP215, "\(file) \(index)")
            let isStrict = Ed25519.isValidStrict(
                signature: edge.signature, message: edge.message, publicKey: edge.publicKey)
            if let expected = edge.isStrict { #expect(isStrict == expected, "\(file) \(index)") }
            #expect(isZIP215 || !isStrict)
        }
    }

    @Test func `a changed message breaks what ZIP-215 accepts of honest signers`() throws {
        let key = try SigningKey.generate(.edDSA)
        guard case .ed25519(let publicKey) = key.publicKey else { return }
        let signature = key.sign([1, 2])
        #expect(ZIP215.isValid(signature: signature, message: [1, 2], publicKey: publicKey))
        #expect(!ZIP215.isValid(signature: signature, message: [1, 3], publicKey: publicKey))
        #expect(!Ed25519.isValidZIP215(signature: [], message: [1, 2], publicKey: publicKey))
        #expect(!Ed25519.isValidZIP215(signature: signature, message: [1, 2], publicKey: []))
        #expect(!Ed25519.isValidStrict(signature: signature + [0], message: [1, 2], publicKey: publicKey))
    }

    @Test(arguments: curves.flatMap { Wycheproof.cases($0) })
    func `ECDSA has the verdict, and the strict predicate asks for a low s besides`(vector: Wycheproof.Case) throws {
        let point = try vector.bytes("uncompressed")
        #expect(point.count == 65)
        let (x, y) = (Array(point[1..<33]), Array(point[33...]))
        let given = try vector.bytes("sig")
        let compact = vector.type == "EcdsaP1363Verify" ? given : Wycheproof.compact(der: given)
        guard let compact else {
            #expect(!vector.isValid)
            return
        }
        let isR1 = Self.kinds[vector.file]?.contains("secp256r1") == true
        let key = isR1 ? COSEKey.p256(x: x, y: y) : .secp256k1(x: x, y: y)
        let message = try vector.bytes("msg")
        let isStrict = key.isValid(signature: compact, for: message)
        let half =
            isR1
            ? "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8"
            : "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
        if vector.type == "EcdsaBitcoinVerify" {
            // These verdicts ask for a low s.
            #expect(isStrict == vector.isValid)
        } else {
            #expect(key.isValid(signature: compact, for: message, lowS: false) == vector.isValid)
            let isLow = compact.count == 64 && Hex.encode(compact[32...]) <= half
            #expect(isStrict == (vector.isValid && isLow))
        }
    }

    @Test(arguments: cases(of: "HMACSHA256"))
    func `HMAC-SHA256 has the verdict`(vector: Wycheproof.Case) throws {
        let tag = try vector.bytes("tag")
        let code = HMACSHA256.authenticate([try vector.bytes("msg")], key: try vector.bytes("key"))
        let size = try #require(vector.sizes["tagSize"]) / 8
        #expect((Array(code.bytes.prefix(size)) == tag) == vector.isValid)
    }

    @Test(arguments: cases(of: "XCHACHA20-POLY1305"))
    func `XChaCha20-Poly1305 has the verdict`(vector: Wycheproof.Case) throws {
        let (key, nonce, data) = (try vector.bytes("key"), try vector.bytes("iv"), try vector.bytes("aad"))
        let message = try vector.bytes("msg")
        let sealed = nonce + (try vector.bytes("ct")) + (try vector.bytes("tag"))
        guard nonce.count == XChaCha20Poly1305.nonceBytes else {
            // The nonce stands in front without a length, so no other length can be said.
            #expect(!vector.isValid)
            return
        }
        let opened = XChaCha20Poly1305.open(sealed, key: key, additionalData: data)
        #expect(opened == (vector.isValid ? message : nil))
        if vector.isValid {
            #expect(XChaCha20Poly1305.seal(message, key: key, nonce: nonce, additionalData: data) == sealed)
        }
    }
}
