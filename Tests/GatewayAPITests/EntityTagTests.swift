import HTTPTypes
import Hummingbird
import Synchronization
import Testing

@testable import GatewayAPI

struct EntityTagTests {
    private let tag = EntityTag(of: [1, 2, 3])

    @Test func `a tag is of the bytes`() {
        #expect(tag == EntityTag(of: [1, 2, 3]))
        #expect(tag != EntityTag(of: [1, 2, 4]))
        #expect(tag.field.hasPrefix("\"") && tag.field.hasSuffix("\""))
        #expect(tag.inCoding("gzip") != tag)
        #expect(tag.inCoding("gzip").uncoded == tag)
        #expect(tag.inCoding("zstd").uncoded == tag)
    }

    @Test func `a body that is kept brings its tag along, and a body that is changed has another`() {
        var reply = Reply.kept(Representation([1, 2, 3], type: "text/plain"))
        #expect(reply.tag == tag)
        #expect(reply.headers[.eTag] == tag.field && reply.headers[.contentType] == "text/plain")
        reply.body.append(4)
        #expect(reply.tag == EntityTag(of: [1, 2, 3, 4]))
        reply.body = []
        #expect(reply.tag == EntityTag(of: []))
    }

    @Test func `what is kept is given with the fields of the caller, the request and the second`() throws {
        let clock = Mutex<UInt64>(784_111_777_000_000_000)
        let stamp = AnswerStamp(date: DateField { clock.withLock { $0 } })
        let (answers, policy) = (KeptAnswers(), HTTPField(name: .rateLimitPolicy, value: "\"default\";q=2;w=1"))
        func fields(_ representation: Representation, _ id: String, left: UInt32) -> [String: [String]] {
            let rate = RateDecision(isAllowed: true, remaining: left, retryAfterSeconds: 0)
            let response = answers.response(
                representation, to: .get, requestID: id, rate, policy: policy, stamp)
            return Dictionary(grouping: response.headers, by: \.name.rawName).mapValues { $0.map(\.value) }
        }
        let (one, other) = (
            Representation([1, 2, 3], type: "text/plain"), Representation([1, 2], type: "text/html")
        )
        let first = fields(one, "a", left: 7)
        #expect(
            first == [
                "RateLimit": ["\"default\";r=7;t=1"], "X-Request-Id": ["a"], "Content-Length": ["3"],
                "Content-Type": ["text/plain"], "ETag": [one.tag.field], "Cache-Control": ["private, no-cache"],
                "RateLimit-Policy": [policy.value], "Date": ["Sun, 06 Nov 1994 08:49:37 GMT"], "Server": ["vivian"],
            ])
        let second = fields(one, "b", left: 6)
        #expect(second["X-Request-Id"] == ["b"] && second["RateLimit"] == ["\"default\";r=6;t=1"])
        #expect(
            second.filter { !["X-Request-Id", "RateLimit"].contains($0.key) }.allSatisfy { first[$0.key] == $0.value })
        clock.withLock { $0 += 1_000_000_000 }
        #expect(fields(one, "c", left: 5)["Date"] == ["Sun, 06 Nov 1994 08:49:38 GMT"])
        let changed = fields(other, "d", left: 4)
        #expect(changed["Content-Length"] == ["2"] && changed["ETag"] == [other.tag.field])
        #expect(changed["Content-Type"] == ["text/html"])
    }

    @Test func `fields that differ in every answer stay out of the table of fields`() {
        #expect(HTTPField.once(.requestID, "a").indexingStrategy == .avoid)
        #expect(HTTPField(name: .requestID, value: "a").indexingStrategy != .avoid)
    }

    @Test(arguments: ["\"a\"", " \"a\"", "W/\"a\"", "\"a\", \"b\"", "\"a\",W/\"b\" , \"\"", "\"a\t\"", "\"é\""])
    func `lists of tags are read`(_ field: String) {
        let isRead = EntityTagCondition(field) != nil
        #expect(isRead == !field.contains("\t\""))
    }

    @Test(
        arguments: [
            "", "a", "\"a", "a\"", "\"a\" \"b\"", "\"a\",", ",\"a\"", "w/\"a\"", "W/ \"a\"", "*, \"a\"", "\"a b\"",
            "**",
            "\"a\"\"b\"", "\"a\", *", Array(repeating: "\"a\"", count: 65).joined(separator: ","),
        ])
    func `other texts are refused`(_ field: String) { #expect(EntityTagCondition(field) == nil) }

    @Test func `a change needs the very bytes that were seen`() throws {
        let own = try #require(EntityTagCondition(tag.field))
        #expect(own.allowsChange(of: tag))
        #expect(!own.allowsChange(of: nil))
        #expect(!own.allowsChange(of: EntityTag(of: [])))
        #expect(try #require(EntityTagCondition("*")).allowsChange(of: tag))
        #expect(!(try #require(EntityTagCondition("*"))).allowsChange(of: nil))
        #expect(!(try #require(EntityTagCondition("W/" + tag.field))).allowsChange(of: tag))
        #expect(try #require(EntityTagCondition(tag.inCoding("gzip").field)).allowsChange(of: tag))
    }

    @Test func `what a client knows is known in any coding`() throws {
        for field in [tag.field, "W/" + tag.field, tag.inCoding("zstd").field, "\"x\", " + tag.field, "*"] {
            #expect(try #require(EntityTagCondition(field)).knows(tag), "\(field)")
        }
        #expect(!(try #require(EntityTagCondition("\"x\""))).knows(tag))
    }
}
