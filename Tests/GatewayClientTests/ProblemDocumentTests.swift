import Testing

@testable import GatewayClient

struct ProblemDocumentTests {
    static func reply(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> GatewayReply {
        GatewayReply(status: status, headers: headers, body: Array(body.utf8))
    }

    @Test func `a problem is read as the gateway writes it`() {
        let problem = ProblemDocument(
            Self.reply(
                422,
                #"""
                {"type":"urn:vivian:problem:invalid-document","title":"The document breaks its schema","status":422,
                "detail":"1 violation.","violations":[{"pointer":"/a","line":3,"column":7,"rule":"enum","message":"no"}],
                "instance":"urn:vivian:request:0123456789abcdef","more":1}
                """#, ["retry-after": "3"]))
        #expect(problem.name == "invalid-document" && problem.status == 422 && problem.retryAfterSeconds == 3)
        #expect(problem.instance == "urn:vivian:request:0123456789abcdef")
        #expect(problem.violations.map(\.pointer) == ["/a"] && problem.violations[0].line == 3)
        #expect(problem.description == "The document breaks its schema. 1 violation.\n  line 3 /a: no")
    }

    @Test func `what is wrong with a parameter has no line`() {
        let problem = ProblemDocument(
            Self.reply(400, #"{"title":"t","violations":[{"pointer":"/query/limit","line":0,"message":"no"}]}"#))
        #expect(problem.description == "t\n  /query/limit: no")
    }

    @Test(arguments: [
        "", "<html>Bad Gateway</html>", "[]", "null", "{}", #"{"title":7}"#, #"{"title":"a","title":"b"}"#, "{",
    ]) func `what is no problem document is told by its status`(_ body: String) {
        let problem = ProblemDocument(Self.reply(502, body, ["retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"]))
        #expect(problem.description == "the gateway answered 502" && problem.type == "about:blank")
        #expect(problem.retryAfterSeconds == nil && problem.violations.isEmpty)
    }

    @Test func `members of another kind are as if they were not there`() {
        let problem = ProblemDocument(
            Self.reply(400, #"{"title":"t","type":1,"detail":[],"violations":[{"line":"x"},7],"instance":{}}"#))
        #expect(problem.name == "about:blank" && problem.detail.isEmpty && problem.instance == nil)
        #expect(problem.violations.map(\.line) == [0, 0])
    }

    @Test func `no failure tells a credential`() async throws {
        let gateway = try GatewayConnection("https://127.0.0.1:1", credential: "vivian_secret")
        let failure = await #expect(throws: GatewayFailure.self) { try await gateway.status() }
        #expect(failure.map { "\($0)" }?.contains("secret") == false)
        #expect(!"\(String(reflecting: failure))".contains("secret"))
        await gateway.close()
    }
}

struct AnswerTests {
    @Test(arguments: [
        "", "[]", "{}", #"{"recordId":"ab","state":"lost","issuer":"c","number":"1","mediaType":"t","acceptedAt":"x"}"#,
        #"{"recordId":"ab","state":"accepted","issuer":"c","number":"-1","mediaType":"t","acceptedAt":"x"}"#,
        #"{"recordId":"ab","state":"accepted","issuer":"c","number":"1.5","mediaType":"t","acceptedAt":"x"}"#,
        #"{"recordId":7,"state":"accepted","issuer":"c","number":"1","mediaType":"t","acceptedAt":"x"}"#,
    ]) func `an answer that lacks what it must have is unreadable`(_ body: String) {
        #expect(throws: GatewayFailure.self) { try RecordAnswer(ProblemDocumentTests.reply(200, body)) }
    }

    @Test(arguments: [
        "{}", #"{"distance":1}"#, #"{"distance":-1,"record":RECORD,"nearest":[]}"#, #"{"record":RECORD,"nearest":[]}"#,
        #"{"distance":1,"record":[],"nearest":[]}"#, #"{"distance":1,"record":RECORD}"#,
        #"{"distance":1,"record":RECORD,"nearest":[7]}"#, #"{"distance":1,"record":RECORD,"nearest":[{"distance":1}]}"#,
    ]) func `an anomaly without its record, distance or neighbours is unreadable`(_ body: String) throws {
        let record =
            #"{"recordId":"ab","state":"accepted","issuer":"c","number":"1","mediaType":"t","acceptedAt":"x"}"#
        func read(_ body: String) throws -> AnomalousRecordAnswer {
            try AnomalousRecordAnswer(ProblemDocumentTests.reply(200, body.replacing("RECORD", with: record)))
        }
        #expect(throws: GatewayFailure.self) { try read(body) }
        let whole = try read(#"{"distance":9,"record":RECORD,"nearest":[{"distance":4,"record":RECORD}]}"#)
        #expect(whole.distance == 9 && whole.record.id == "ab" && whole.nearest.map(\.distance) == [4])
    }

    @Test func `what an answer has beyond its members stays in its text`() throws {
        let body =
            #"{"recordId":"ab","state":"accepted","issuer":"c","number":"1","mediaType":"t","acceptedAt":"x","new":[1]}"#
        let record = try RecordAnswer(ProblemDocumentTests.reply(200, body))
        #expect(record.state == .accepted && record.number == 1 && record.height == nil)
        #expect(String(decoding: record.json, as: UTF8.self) == body)
    }
}
