import Codec
import Testing

@Suite struct JSONPointerTests {
    /// RFC 6901 §5.
    static let text =
        #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#

    @Test(arguments: [
        ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"),
        ("/ ", "7"), ("/m~0n", "8"), ("/foo/0", "\"bar\""), ("/foo/1", "\"baz\""), ("/foo", #"["bar","baz"]"#),
        ("", text),
    ])
    func `the published pointers lead to their values`(pointer: String, value: String) throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        let parsed = try #require(JSONPointer(parsing: pointer))
        #expect(parsed.description == pointer)
        let node = try #require(document.root.node(at: parsed))
        #expect(JSON(node).serialized() == Array(value.utf8))
    }

    @Test(arguments: [
        "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/", "/foo/0/x", "/none", "/foo/99999999999999999999",
    ])
    func `a pointer to nothing gives nil`(pointer: String) throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        #expect(document.root.node(at: try #require(JSONPointer(parsing: pointer))) == nil)
    }

    @Test(arguments: ["foo", "foo/bar", "/~", "/~2", "/a~/b", "/~~0"])
    func `a malformed pointer is refused`(text: String) { #expect(JSONPointer(parsing: text) == nil) }

    @Test func `a pointer grows by tokens, escaped when written`() {
        let pointer = JSONPointer().appending("a/b").appending(3).appending("~1")
        #expect(pointer.description == "/a~1b/3/~01")
        #expect(JSONPointer(parsing: pointer.description) == pointer)
    }
}
