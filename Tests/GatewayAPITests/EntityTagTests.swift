import HTTPTypes
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
        var reply = Reply.kept(Representation([1, 2, 3]), type: "text/plain")
        #expect(reply.tag == tag)
        reply.body.append(4)
        #expect(reply.tag == EntityTag(of: [1, 2, 3, 4]))
        reply.body = []
        #expect(reply.tag == EntityTag(of: []))
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
