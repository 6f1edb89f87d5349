import Codec
import Foundation
import Testing

@testable import Cryptography

/// Signed tokens made by another implementation: `Tests/Vectors/jose/make`.
struct TokenVectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let token: String
        let keys: [UInt8]
        let isAccepted: Bool
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/jose/tokens.json")
        guard let data = try? Data(contentsOf: file), let root = try? JSONDocument(parsing: Array(data)).root else {
            return []
        }
        return (root["cases"].map { Array($0.elements) } ?? []).map { node in
            Case(
                name: node["name"]?.string ?? "", token: node["token"]?.string ?? "",
                keys: JSON(node["keys"]!).serialized(), isAccepted: node["accepted"]?.bool ?? false)
        }
    }()

    static func verified(_ token: String, by keys: [UInt8]) throws -> VerifiedToken? {
        let set = try JSONWebKeySet(parsing: keys)
        return (try? UnverifiedToken(decoding: token))?.verified(by: set.keys)
    }

    @Test(arguments: cases) func `a token is believed where its issuer signed it, and nowhere else`(
        _ given: Case
    ) throws {
        let token = try Self.verified(given.token, by: given.keys)
        #expect((token != nil) == given.isAccepted)
        if let token { #expect(token.claims["iss"]?.string == "https://issuer.example") }
    }

    @Test func `there are more refusals than successes`() {
        #expect(Self.cases.count { $0.isAccepted } >= 12)
        #expect(Self.cases.count { !$0.isAccepted } >= 80)
    }

    @Test func `every changed bit of a token is noticed`() throws {
        for given in Self.cases.filter({ ["RS256", "PS256", "ES256", "EdDSA"].contains($0.name) }) {
            let bytes = Array(given.token.utf8)
            for place in stride(from: 0, to: bytes.count, by: 7) {
                var changed = bytes
                changed[place] ^= 1
                let isBelieved = try Self.verified(String(decoding: changed, as: UTF8.self), by: given.keys) != nil
                #expect(!isBelieved, "\(given.name) at \(place)")
            }
        }
    }
}

struct TokenLimitTests {
    @Test func `a set of too many keys or bytes is refused`() {
        let many = JSON.object([
            .init("keys", .array(Array(repeating: JSON.object([]), count: JSONWebKeySet.keysMax + 1)))
        ]).serialized()
        #expect(throws: TokenFailure.tooLarge) { try JSONWebKeySet(parsing: many) }
        let large = [UInt8](repeating: 0x20, count: JSONWebKeySet.byteCountMax + 1)
        #expect(throws: TokenFailure.tooLarge) { try JSONWebKeySet(parsing: large) }
    }

    @Test(arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "{\"keys\":[]} x"])
    func `what is no key set is refused`(_ text: String) {
        #expect(throws: TokenFailure.malformed) { try JSONWebKeySet(parsing: Array(text.utf8)) }
    }

    @Test func `the algorithms are four, and none of them has a shared secret`() {
        #expect(TokenAlgorithm.allCases.map(\.rawValue) == ["RS256", "PS256", "ES256", "EdDSA"])
    }

    @Test func `comparison looks at every byte`() {
        let bytes = SecureRandom.bytes(32)
        #expect(ConstantTime.isEqual(bytes, bytes))
        #expect(ConstantTime.isEqual([], []))
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x80
            #expect(!ConstantTime.isEqual(bytes, changed))
        }
        #expect(!ConstantTime.isEqual(bytes, Array(bytes.dropLast())))
    }

    @Test(arguments: [([UInt8](), [UInt8]([1, 0, 1])), ([0, 1], [1, 0, 1]), ([2], [3])])
    func `numbers that make no RSA key are refused`(_ modulus: [UInt8], _ exponent: [UInt8]) {
        #expect(!RSA.isAcceptable(modulus: modulus, exponent: exponent))
    }
}
