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

    @Test(
        "that are hostile end in time",
        arguments: [
            "^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(x+x+)+y", "^([a-zA-Z0-9]+\\s?)*$", "(?=(a+)+$)b", "^(a?){50}a{50}$",
        ])
    func hostile(pattern: String) throws {
        let text = String(repeating: "a", count: 5000) + "!"
        let clock = ContinuousClock()
        var outcome: Pattern.Outcome?
        let time = try clock.measure { outcome = try Pattern(pattern).matches(text) }
        if case .matched? = outcome { Issue.record("\(pattern) matched") }
        #expect(time < .seconds(20))
    }
}
