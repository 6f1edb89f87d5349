import Testing

@testable import SchemaValidation

@Suite("Host names")
struct HostFormatTests {
    private func isInternational(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return HostFormat.isInternationalHostname(bytes, 0..<bytes.count)
    }

    private func isHostname(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return HostFormat.isHostname(bytes, 0..<bytes.count)
    }

    @Test(
        "are accepted",
        arguments: [
            "example.com", "bücher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example", "실례.테스트", "אבג.example",
            "ab1.אבג", "אב1", "ليهمابتكلموشعربي", "क्\u{200c}ष", "क्\u{200d}ष",
            "بي\u{200c}بي", "l·l", "x͵β", "א׳ב", "ァ・ア",
        ])
    func accepts(text: String) { #expect(isInternational(text)) }

    @Test(
        "that break a rule of RFC 5892 are refused",
        arguments: [
            "", ".", "-a", "a-", "ab--cd", "a\u{301}b c", "Bücher", "ａ", "ẞ", "a\u{200c}b", "a\u{200d}b",
            "a·l", "l·", "͵a", "׳א", "a・b", "٠۰", "\u{302e}a", "〱", "ـ", "\u{301}a", "☃", "a\u{ad}b", "\u{1100}",
            String(repeating: "ü", count: 64),
        ])
    func refuses(text: String) { #expect(!isInternational(text)) }

    @Test(
        "from right to left that break a condition of RFC 5893 are refused",
        arguments: [
            // 1: the first character; 2: L among R; 3: the end; 4: both kinds of digits; 5: R among L; the whole name.
            "1אב", "אaב", "א-ב-", "א1٠", "aא", "1a.אבג", "a-1.1b.אב", "٠אב",
        ])
    func refusesBidirectional(text: String) { #expect(!isInternational(text)) }

    @Test("in Punycode that does not encode again to itself are refused")
    func canonical() {
        #expect(isHostname("xn--bcher-kva"))
        for text in [
            "xn--", "xn--a", "xn--abc-", "xn--bcher-kv", "xn--bcher-kva0", "xn--99999999", "xn--ls8h", "zq--a",
        ] {
            #expect(!isHostname(text), "\(text)")
        }
    }

    @Test("Punycode goes back and forth, RFC 3492 §7.1")
    func punycode() {
        for (label, encoded) in [
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"), ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("pročprostěnemluvíčesky", "proprostnemluvesky-uyb24dma41a"), ("そのスピードで", "d9juau41awczczp"),
        ] {
            let scalars = Array(label.unicodeScalars)
            #expect(Punycode.encode(scalars) == Array(encoded.utf8))
            #expect(Punycode.decode(Array(encoded.utf8)[...]) == scalars)
        }
    }
}
