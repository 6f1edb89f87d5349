import Codec
import Testing

@Suite struct JSONTests {
    static func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

    @Test(arguments: [
        ("", JSONFault.unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
        ("[1,", .unexpectedEnd, 3), ("{", .unexpectedEnd, 1), (#"{"a""#, .unexpectedEnd, 4),
        (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1"#, .unexpectedEnd, 6), (#"""#, .unexpectedEnd, 1),
        (#""\"#, .unexpectedEnd, 2), ("tru", .unexpectedEnd, 3), ("trux", .unexpectedByte(0x78), 3),
        ("[1,]", .unexpectedByte(0x5d), 3), ("[,1]", .unexpectedByte(0x2c), 1), ("[1 2]", .unexpectedByte(0x32), 3),
        ("{,}", .unexpectedByte(0x2c), 1), (#"{"a":1,}"#, .unexpectedByte(0x7d), 7),
        ("{1:2}", .unexpectedByte(0x31), 1),
        (#"{"a",1}"#, .unexpectedByte(0x2c), 4), ("[}", .unexpectedByte(0x7d), 1), ("'a'", .unexpectedByte(0x27), 0),
        ("// a\n1", .unexpectedByte(0x2f), 0), ("NaN", .unexpectedByte(0x4e), 0),
        ("Infinity", .unexpectedByte(0x49), 0),
        ("\u{feff}1", .unexpectedByte(0xef), 0), ("\u{a0}1", .unexpectedByte(0xc2), 0),
        ("\u{0}", .unexpectedByte(0), 0),
        ("1 2", .trailingBytes, 2), ("{}{}", .trailingBytes, 2), ("1\u{0}", .trailingBytes, 1),
        ("[]]", .trailingBytes, 2),
        ("01", .malformedNumber, 0), ("-01", .malformedNumber, 0), ("00", .malformedNumber, 0),
        ("-", .malformedNumber, 0),
        ("1.", .malformedNumber, 0), (".5", .unexpectedByte(0x2e), 0), ("+1", .unexpectedByte(0x2b), 0),
        ("1e", .malformedNumber, 0), ("1e+", .malformedNumber, 0), ("1.e1", .malformedNumber, 0),
        ("-.5", .malformedNumber, 0), ("0x10", .trailingBytes, 1), ("1_000", .trailingBytes, 1),
        (#""\x""#, .invalidEscape, 1), (#""\u12""#, .invalidEscape, 1), (#""\u12g4""#, .invalidEscape, 1),
        (#""\U0041""#, .invalidEscape, 1), (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
        (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
        (#""\ud800\ud800""#, .loneSurrogate, 1),
        (#""\ud83d\u0041""#, .loneSurrogate, 1), (#""\ud83d\ude""#, .loneSurrogate, 1),
        ("\"\n\"", .controlCharacter(10), 1),
        ("\"a\u{0}\"", .controlCharacter(0), 2), ("\"\u{1f}\"", .controlCharacter(31), 1),
        (#"{"a":1,"a":2}"#, .duplicateName("a"), 7), (#"{"a":1,"\u0061":2}"#, .duplicateName("a"), 7),
        (#"{"":1,"":2}"#, .duplicateName(""), 6), (#"[{"b":{"c":1,"d":2,"c":3}}]"#, .duplicateName("c"), 19),
        (#"{"\ud83d\ude00":1,"😀":2}"#, .duplicateName("😀"), 18),
    ])
    func `a text is refused with the reason and the place`(text: String, fault: JSONFault, offset: Int) {
        let failure = #expect(throws: JSONFailure.self) { try Self.document(text) }
        guard case .refused(let found, let position) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(found == fault)
        #expect(position.byteOffset == offset)
        #expect(failure?.description == "line \(position.line), column \(position.column): \(found.text)")
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x9f, 0xbf], [0xe2, 0x82],
            [0xe2, 0x28, 0xa1],
            [0xe2, 0x82, 0x28], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98],
            [0xf0, 0x9f, 0x28, 0x80], [0xf0, 0x9f, 0x98, 0x28], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xff],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        for text in [[0x22] + bytes + [0x22], [0x22] + bytes, Array("{\"".utf8) + bytes + Array("\":1}".utf8)] {
            let failure = #expect(throws: JSONFailure.self) { try JSONDocument(parsing: text) }
            guard case .refused(.invalidUTF8, let position) = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
            #expect(position.byteOffset == (text[0] == 0x22 ? 1 : 2))
        }
    }

    @Test func `a name given twice among many is found, the later one named`() {
        for count in [3, 16, 17, 40, 500] {
            var names = (0..<count).map { "\"name\($0)\":0" }
            #expect(throws: Never.self) { try Self.document("{" + names.joined(separator: ",") + "}") }
            names.append("\"name1\":0")
            let text = "{" + names.joined(separator: ",") + "}"
            let failure = #expect(throws: JSONFailure.self) { try Self.document(text) }
            guard case .refused(.duplicateName("name1"), let position) = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
            #expect(position.byteOffset == text.utf8.count - 10)
        }
    }

    @Test func `the limits hold to the unit`() throws {
        let limits = JSONLimits(byteCountMax: 20, levelsMax: 3, nodesMax: 5)
        #expect(throws: Never.self) { try JSONDocument(parsing: Array("[[1]]               ".utf8), limits: limits) }
        #expect(throws: JSONFailure.tooLarge(byteCount: 21, byteCountMax: 20)) {
            try JSONDocument(parsing: Array("[[1]]                ".utf8), limits: limits)
        }
        #expect(throws: Never.self) { try JSONDocument(parsing: Array("[[[]]]".utf8), limits: limits) }
        let deep = #expect(throws: JSONFailure.self) {
            try JSONDocument(parsing: Array("[[[1]]]".utf8), limits: limits)
        }
        #expect(deep == .refused(.tooDeep(levelsMax: 3), at: try Self.document("[[[1]]]").position(ofByte: 3)))
        #expect(throws: Never.self) { try JSONDocument(parsing: Array("[1,2,3,4]".utf8), limits: limits) }
        #expect(throws: JSONFailure.self) {
            try JSONDocument(parsing: Array(#"{"a":1,"b":2,"c":3}"#.utf8), limits: limits)
        }
        let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONFailure.self) { try JSONDocument(parsing: hostile) }
    }

    @Test func `a failure has line and column in characters`() {
        let failure = #expect(throws: JSONFailure.self) { try Self.document("{\n  \"é😀\": x}") }
        #expect(failure?.position?.line == 2)
        #expect(failure?.position?.column == 9)
        #expect(failure?.position?.byteOffset == 14)
    }

    @Test func `values are read by kind`() throws {
        let root = try Self.document(
            #" {"s":"a\n\u00e9\ud83d\ude00/","n":-1.50e+3,"t":true,"f":false,"z":null,"a":[1,[2],{}],"o":{"x":{"y":7}}} "#
        ).root
        #expect(root.kind == .object && root.count == 7)
        #expect(root["s"]?.string == "a\né😀/")
        #expect(root["s"]?.utf8 == Array("a\né😀/".utf8))
        #expect(root["n"]?.numberLexeme == "-1.50e+3" && root["n"]?.double == -1500 && root["n"]?.int64 == nil)
        #expect(root["t"]?.bool == true && root["f"]?.bool == false && root["z"]?.isNull == true)
        #expect(root["a"]?.elements.map(\.kind) == [.number, .array, .object])
        #expect(root["a"]?.element(at: 1)?.element(at: 0)?.int64 == 2)
        #expect(root["a"]?.element(at: 3) == nil && root["a"]?.element(at: -1) == nil)
        #expect(root["o"]?["x"]?["y"]?.int64 == 7)
        #expect(root.members.map(\.name) == ["s", "n", "t", "f", "z", "a", "o"])
        #expect(root.member("t")?.bool == true && root["missing"] == nil && root["s"]?["x"] == nil)
        #expect(root["t"]?.string == nil && root["s"]?.bool == nil && root["s"]?.numberLexeme == nil)
        #expect(Array(try #require(root["a"]).rawBytes) == Array("[1,[2],{}]".utf8))
        #expect(root["s"]?.position.column == 7 && root.byteOffset == 1)
    }

    @Test func `names and strings compare by bytes, whatever their escapes`() throws {
        let root = try Self.document(#"{"\u0061b":"\u0063","\u00e9":"é"}"#).root
        let fields = Array(root.fields)
        #expect(fields[0].nameEquals("ab" as StaticString) && fields[0].nameEquals("ab" as String))
        #expect(fields[0].nameEquals([0x61, 0x62]) && !fields[0].nameEquals("a" as StaticString))
        #expect(fields[0].value.stringEquals("c" as StaticString) && !fields[0].value.stringEquals("cc" as String))
        #expect(root["\u{e9}"]?.stringEquals("\u{e9}" as String) == true)
        #expect(root["e\u{301}"] == nil && root["\u{e9}"]?.stringEquals("e\u{301}" as String) == false)
        #expect(JSON.string("\u{e9}") != .string("e\u{301}"))
    }

    @Test func `values are written without white space, names in their order`() throws {
        let value: JSON = ["b": [1, nil, true], "a": "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{7f}é", "n": .number("1.50")]
        let text = #"{"b":[1,null,true],"a":"\"\\/\b\f\n\r\t\u0001"# + "\u{7f}é" + #"","n":1.50}"#
        #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
        #expect(JSON(try Self.document(text).root) == value)
        #expect(value["a"]?.string?.last == "é" && value["b"]?.array?.count == 3 && value["c"] == nil)
    }
}
