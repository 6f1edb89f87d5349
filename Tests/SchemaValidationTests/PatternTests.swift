import Codec
import Testing

@testable import SchemaValidation

@Suite("Patterns")
struct PatternTests {
    @Test(
        "match as ECMA-262 says",
        arguments: [
            ("^(?!urn:x|https?://y)", "urn:z", true), ("^(?!urn:x|https?://y)", "https://y/a", false),
            ("a(?=b)", "ab", true), ("a(?=b)", "ac", false), ("(?<=a)b", "ab", true), ("(?<!a)b", "ab", false),
            ("^(a|b)*c$", "ababc", true), ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaa", true),
            ("^.$", "😀", true), ("^\\u{1F600}$", "😀", true), ("^\\uD83D\\uDE00$", "😀", true), ("^\\w$", "é", false),
            ("^\\p{L}$", "é", true), ("^\\P{L}$", "é", false), ("^[\\p{Lu}0-9]+$", "É9", true),
            ("\\bab\\b", "x ab y", true),
            ("\\Bb", "ab", true), ("^(a+)b\\1$", "aabaa", true), ("^(a+)b\\1$", "aaba", false),
            ("^(?<n>a)\\k<n>$", "aa", true), ("", "", true), ("^$", "", true), ("^a*?$", "aaa", true),
            ("[^a]", "a", false),
            ("^[\\s\\S]$", "\n", true), ("^.$", "\n", false), ("b", "abc", true), ("^b", "abc", false),
        ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        let outcome = try Pattern(pattern).matches(text)
        #expect("\(outcome)" == (expected ? "matched" : "unmatched"))
    }

    @Test(
        "that are not ECMA-262 are refused",
        arguments: [
            "(", ")", "[", "a{2,1}", "*", "a**", "\\", "\\a", "\\Z", "(?<n>a)(?<n>b)", "\\k<n>", "\\1", "[b-a]",
            "\\u{110000}", "\\p{Nothing}", "(?i)a", "a{", "}", "]", "^*", "(?>a)", "\\x1",
        ])
    func refuses(pattern: String) {
        #expect(throws: PatternFailure.self) { try Pattern(pattern) }
    }

    @Test("that would be huge are refused")
    func huge() {
        #expect(throws: PatternFailure.self) { try Pattern("((a{1000}){1000}){1000}") }
        #expect(throws: PatternFailure.self) {
            try Pattern(String(repeating: "(", count: 1000) + String(repeating: ")", count: 1000))
        }
    }

    private func decide(_ pattern: Pattern, _ text: String) -> (outcome: Pattern.Outcome, stepCount: Int) {
        var scratch = PatternScratch()
        let bytes = Array(text.utf8)
        return pattern.decide(bytes, in: 0..<bytes.count, scratch: &scratch)
    }

    @Test(
        "that are hostile are decided in steps that rise with the text and no faster",
        arguments: [
            "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a*)*b$", "(x+x+)+y", "^([a-zA-Z0-9]+\\s?)*$", "^(a?){50}a{50}$",
            "^(.*a){12}$", "(a*)*(a*)*(a*)*b", "^((a+)+)+$", "^(\\w+\\s?)+$", "^(([a-z])+.)+[A-Z]([a-z])+$",
            "^(?=a+)(a+)+$",
        ])
    func hostile(pattern: String) throws {
        let pattern = try Pattern(pattern)
        func text(_ count: Int) -> String { String(repeating: "a", count: count) + "!" }
        let (small, large) = (decide(pattern, text(2000)), decide(pattern, text(8000)))
        #expect("\(small.outcome)" == "unmatched")
        #expect("\(large.outcome)" == "unmatched")
        #expect(large.stepCount <= 5 * small.stepCount, "\(small.stepCount) steps, then \(large.stepCount)")
        #expect(large.stepCount <= pattern.stepCountMax(8001))
    }

    @Test(
        "that cannot be matched in proportion to the text end at a limit",
        arguments: ["^(a*)*\\1b$", "^(a+)+\\1$", "(?=(a+)+$)b", "(?<=^(a|a)*)b", "(?<!(a+)+)!b", "^(?:(?=(a*))\\1)*b"])
    func limited(pattern: String) throws {
        let pattern = try Pattern(pattern)
        let large = decide(pattern, String(repeating: "a", count: 20_000) + "!")
        if case .matched = large.outcome { Issue.record("matched") }
        #expect(large.stepCount <= pattern.stepCountMax(20_001))
    }

    @Test("that reach the limit make a document invalid, and the report says so")
    func undecided() throws {
        let schema = try JSONSchema(compiling: JSONDocument(parsing: Array(#"{"pattern": "^(a*)*\\1b$"}"#.utf8)))
        let text = try JSONDocument(parsing: Array("\"\(String(repeating: "a", count: 20_000))!\"".utf8))
        #expect(!schema.accepts(text))
        #expect(schema.validate(text).map(\.message) == ["the schema cannot be decided within the limits"])
    }
}
