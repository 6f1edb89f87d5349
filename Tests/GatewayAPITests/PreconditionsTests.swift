import HTTPTypes
import Testing

@testable import GatewayAPI

struct PreconditionsTests {
    private let current = Reply(.ok, body: [1, 2, 3])
    private var tag: String { EntityTag(of: current.body).field }

    private func isMet(_ headers: HTTPFields) throws -> Bool { try Preconditions(headers).isMet(by: current) }

    @Test func `a change is made of what was seen, and of nothing else`() throws {
        #expect(try isMet([:]))
        #expect(try isMet([.ifMatch: tag]))
        #expect(try isMet([.ifMatch: "\"other\", \(tag)"]))
        #expect(try isMet([.ifMatch: "*"]))
        for wrong in ["\"other\"", "W/\(tag)", EntityTag(of: []).field, "\"\""] {
            #expect(try !isMet([.ifMatch: wrong]), "\(wrong)")
        }
    }

    @Test func `what must not be there is not changed`() throws {
        for wrong in ["*", tag, "W/\(tag)", "\"other\", \(tag)"] { #expect(try !isMet([.ifNoneMatch: wrong])) }
        #expect(try isMet([.ifNoneMatch: "\"other\""]))
        #expect(try !isMet([.ifMatch: tag, .ifNoneMatch: "*"]))
    }

    @Test(arguments: ["other", "", "\"a", "*, \"a\"", "\"a\" \"b\""])
    func `a condition that cannot be read is refused, not left out`(_ field: String) {
        #expect(throws: Problem.self) { try Preconditions([.ifMatch: field]) }
        #expect(throws: Problem.self) { try Preconditions([.ifNoneMatch: field]) }
    }
}
