import Testing

@testable import GatewayClient

struct LinkFieldTests {
    @Test(arguments: [
        ("</audit?limit=2&cursor=abc>; rel=\"next\"", "/audit?limit=2&cursor=abc"),
        ("</a>; rel=next", "/a"),
        ("</a>; rel=\"prev\", </b>; rel=\"next\"", "/b"),
        ("</a>;rel=\"first next\"", "/a"),
        ("</a>; title=\"a, <b>; rel=\\\"next\\\"\"; rel=\"prev\", </c>; REL=\"NEXT\"", "/c"),
        ("</a,b;c>; rel=next", "/a,b;c"),
        ("  </a> ; rel = \"next\" ; title=x", "/a"),
        ("</a>; rel=prev; rel=next, </b>; rel=next", "/b"),
        (", , </a>; rel=next", "/a"),
    ]) func `the link of relation next is found`(_ field: String, _ target: String) {
        #expect(LinkField.next(field) == target)
    }

    @Test(arguments: [
        "", "next", "</a>", "</a>; rel=\"prev\"", "</a>; title=\"next\"", "/a; rel=next", "</a; rel=next",
        "</a>; rel=\"nextpage\"", "</a>; rel=prev; rel=next", "</a> rel=next", "</a>; anchor=next",
        "</a>; rel=prev </b>; rel=next", String(repeating: "</a>; rel=prev, ", count: 2_000) + "</b>; rel=next",
    ]) func `what names no next page leads nowhere`(_ field: String) { #expect(LinkField.next(field) == nil) }
}

struct ListLinkTests {
    @Test func `a link leads on at the same gateway only`() async throws {
        let gateway = try GatewayConnection("https://gateway.example:8443/")
        #expect(try gateway.local("/records?cursor=a", from: "/records") == "/records?cursor=a")
        #expect(
            try gateway.local("https://gateway.example:8443/records?cursor=a", from: "/records") == "/records?cursor=a")
        for wrong in [
            "https://evil.example/records", "//evil.example/records", "https://gateway.example:8443.evil.example/a",
            "https://gateway.example:844/records", "http://gateway.example:8443/records", "records?cursor=a", "",
            "/\\evil.example/a", "/a b", "/a\r\nHost: evil.example", "/records",
        ] {
            #expect(throws: GatewayFailure.self, "\(wrong)") { try gateway.local(wrong, from: "/records") }
        }
        await gateway.close()
    }

    @Test(arguments: [
        "", "gateway.example", "http://gateway.example", "https://", "https:///a", "https://user@gateway.example",
        "https://gateway.example?a", "https://gateway.example#a", "https://gate way", "ftp://gateway.example",
        "HTTPS//gateway.example", "https://gateway.example\\@evil.example",
    ]) func `a credential goes to no such address`(_ address: String) {
        #expect(throws: GatewayFailure.badAddress(address)) { try GatewayConnection(address, credential: "secret") }
    }
}

struct RequestTargetTests {
    @Test func `what a caller gives becomes no other path`() {
        #expect(RequestTarget.path(["records", "ab"]) == "/records/ab")
        for (given, escaped) in [
            ("../status", "..%2Fstatus"), ("..", "%2E%2E"), (".", "%2E"), ("a?b", "a%3Fb"), ("a#b", "a%23b"),
            ("a b", "a%20b"), ("ä", "%C3%A4"), ("%2e", "%252e"), ("a&b", "a%26b"), ("", ""),
        ] {
            #expect(RequestTarget.path(["records", given]) == "/records/\(escaped)", "\(given)")
        }
    }

    @Test func `query items without a value are left out`() {
        #expect(RequestTarget.path(["a"], ["b": nil, "c": "1+2", "d": nil]) == "/a?c=1%2B2")
        #expect(RequestTarget.path(["a"], ["b": nil]) == "/a")
    }
}
