import Foundation
import Testing
import Verification

/// What people and programs read: the file's own words stay words.
@Suite struct OutcomeTextTests {
    private func outcome(_ file: String) -> VerificationOutcome {
        Verifier.verify(Array(file.utf8), policy: TrustPolicy(), now: nil)
    }

    @Test func `a refusal is one line that names what is wrong`() {
        let outcome = outcome(#"{"format": "vivian-record/1", "surplus": ""}"#)
        #expect(outcome.reason?.contains("surplus") == true)
        #expect(outcome.text.hasPrefix("REFUSED: "))
    }

    @Test(arguments: [#"\u001b[2J"#, #"\nOK"#, #"\r"#, #"\u202e"#, #"\u2028"#, #"\u0085"#, #"\u00a0"#])
    func `a file's own words cannot steer the terminal`(_ escape: String) {
        let text = outcome(#"{"format": "vivian-record/1", "x\#(escape)": ""}"#).text
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 1)
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "\u{202e}" })
        #expect(text.contains("x?"))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "\"", "{\"format\": 1}", "{\"format\": \"vivian-record/2\"}", "\u{feff}{}",
    ])
    func `what is no bundle is refused`(_ file: String) { #expect(outcome(file).reason != nil) }

    @Test(arguments: [
        (
            "{\"format\": \"vivian-record/1\",\n",
            "the file is no JSON text: line 2, column 1: the text ends inside a value"
        ),
        (
            "{\"format\": \"vivian-record/2\"}",
            "the file: its format is none of vivian-record/1, vivian-proof/1, vivian-search/1 and vivian-similar/1"
        ),
    ])
    func `a file of no kind is told what it is not, and where`(_ file: String, _ reason: String) {
        #expect(outcome(file).reason == reason)
    }

    @Test func `the JSON form has the verdict and the lines`() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome("{}").json)) as? [String: Any])
        #expect(object["ok"] as? Bool == false)
        #expect(object["reason"] is String)
        #expect(Set(object.keys) == ["ok", "reason", "holds", "restsOn", "unchecked"])
    }
}
