import Testing

@testable import Codec

@Suite struct JCSTests {
    @Test func `names are ordered by UTF-16 code units`() throws {
        // U+1F600 is d83d de00 in UTF-16, below U+E000 and U+FB33, though above them in UTF-8.
        let value: JSON = ["\u{fb33}": 1, "\u{1f600}": 2, "\u{e000}": 3, "\u{20ac}": 4, "a": 5, "": 6, "ab": 7]
        let names = try JSONDocument(parsing: try JCS.canonicalize(value)).root.fields.map(\.name)
        #expect(names == ["", "a", "ab", "\u{20ac}", "\u{1f600}", "\u{e000}", "\u{fb33}"])
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `the order of names is that of their code units`(seed: UInt64) {
        var source = DamageSource(seed: seed)
        let alphabet: [Character] = [
            "a", "\u{7f}", "\u{80}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}",
        ]
        for _ in 0..<2000 {
            let words = (0..<2).map { _ in
                String((0..<Int.random(in: 0..<4, using: &source)).map { _ in alphabet.randomElement(using: &source)! })
            }
            #expect(
                JCS.precedes(Array(words[0].utf8)[...], Array(words[1].utf8)[...])
                    == words[0].utf16.lexicographicallyPrecedes(words[1].utf16))
        }
    }

    @Test(arguments: [
        ("-0", "0"), ("0.0", "0"), ("1.0", "1"), ("1e0", "1"), ("-1.5e3", "-1500"), ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"), ("123456789012345680000", "123456789012345680000"), ("1e-6", "0.000001"), ("1e-7", "1e-7"),
        ("0.1", "0.1"), ("1.25e-9", "1.25e-9"), ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740993", "9007199254740992"), ("333333333.33333329", "333333333.3333333"), ("1e-400", "0"),
    ])
    func `numbers are written as ECMAScript does`(lexeme: String, expected: String) throws {
        #expect(try JCS.canonicalize(JSON.number(lexeme)) == Array(expected.utf8))
        let node = try JSONDocument(parsing: Array(lexeme.utf8)).root
        #expect(try JCS.canonicalize(node) == Array(expected.utf8))
    }

    @Test func `a number that no double holds is refused`() throws {
        #expect(throws: JSONFailure.numberOutOfRange("1e309")) { try JCS.canonicalize(JSON.number("1e309")) }
        let document = try JSONDocument(parsing: Array("[-1e400]".utf8))
        #expect(throws: JSONFailure.numberOutOfRange("-1e400")) { try JCS.canonicalize(document.root) }
    }

    @Test func `a name given twice is refused`() {
        #expect(throws: JSONFailure.duplicateName("a")) { try JCS.canonicalize(["a": 1, "b": 2, "a": 3] as JSON) }
    }

    @Test func `a name of two spellings keeps both`() throws {
        let bytes = try JCS.canonicalize(["\u{e9}": 1, "e\u{301}": 2] as JSON)
        #expect(String(decoding: bytes, as: UTF8.self).utf8.count == bytes.count)
        #expect(try JSONDocument(parsing: bytes).root.count == 2)
    }
}
