import Testing

@testable import GatewayClient

struct IdempotencyTokenTests {
    @Test func `random names are 32 digits, and no two are the same`() {
        let names = Set((0..<1_000).map { _ in IdempotencyToken.random().text })
        #expect(names.count == 1_000)
        #expect(names.allSatisfy { $0.utf8.count == 32 && IdempotencyToken($0) != nil })
    }

    @Test(arguments: ["", "a b", "a\tb", "é", "a\"b", "a\\b", "a\nb", String(repeating: "k", count: 256)])
    func `what no header can carry is no name`(_ text: String) { #expect(IdempotencyToken(text) == nil) }

    @Test(arguments: ["a", "order-17", String(repeating: "k", count: 255)])
    func `a name of one's own is taken as it is`(_ text: String) { #expect(IdempotencyToken(text)?.text == text) }
}
