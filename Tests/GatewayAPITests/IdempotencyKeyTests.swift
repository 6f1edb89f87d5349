import Cryptography
import Testing

@testable import GatewayAPI

struct IdempotencyKeyTests {
    @Test(arguments: ["a", "\"a\"", "8e03978e-40d5-43e8-bc93-6894a57f9324", String(repeating: "k", count: 255)])
    func `keys are read with and without quotes`(_ field: String) throws {
        #expect(try IdempotencyKey.parse(field) == field.filter { $0 != "\"" })
    }

    @Test(arguments: ["", "\"\"", "\"", "a b", "a\tb", "é", "a\"b", "\"a", "a\\b", String(repeating: "k", count: 256)])
    func `other texts are refused`(_ field: String) {
        #expect(throws: Problem.self) { try IdempotencyKey.parse(field) }
    }

    @Test func `every part of a request counts, and none runs into the next`() {
        func print(_ method: String, _ target: String, _ type: String, _ body: [UInt8]) -> [UInt8] {
            IdempotencyKey.fingerprint(method: method, target: target, type: type, body: body).bytes
        }
        let all = [
            print("POST", "/a", "t", [1]), print("PUT", "/a", "t", [1]), print("POST", "/b", "t", [1]),
            print("POST", "/a", "u", [1]), print("POST", "/a", "t", [2]), print("POST", "/at", "", [1]),
            print("POST/", "a", "t", [1]),
        ]
        #expect(Set(all).count == all.count)
        #expect(print("POST", "/a", "t", [1]) == all[0])
    }
}
