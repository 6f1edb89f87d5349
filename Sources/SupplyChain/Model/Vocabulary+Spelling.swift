extension Vocabulary {
    /// Each list's words and their Web URIs by the length of the word, made once.
    private static let tables: [[[(word: UTF8Text, web: UTF8Text)]]] = allCases.map { list in
        let words = list.words.split(separator: " ").map { Array($0.utf8) }
        return (0...32).map { length in words.filter { $0.count == length }.map { ($0, list.webPrefix.bytes + $0) } }
    }

    private func entry(_ word: ArraySlice<UInt8>) -> (word: UTF8Text, web: UTF8Text)? {
        let table = Self.tables[rawValue]
        return word.count < table.count ? table[word.count].first { $0.word[...] == word } : nil
    }

    /// The Web URI that a value of this list stands for: bare words of the list and CBV URNs become one, others stay.
    func webURI(_ value: ArraySlice<UInt8>) -> UTF8Text {
        if !value.contains(UInt8(ascii: ":")) {
            return entry(value)?.web ?? Array(value)
        }
        return Self.webURI(ofURN: value) ?? Array(value)
    }

    /// The Web URI of a CBV URN of any list; nil for other values.
    static func webURI(ofURN value: ArraySlice<UInt8>) -> UTF8Text? {
        guard value.hasPrefix("urn:epcglobal:cbv:") else { return nil }
        for list in [Self.bizStep, .disposition, .bizTransactionType, .sourceDestinationType, .errorReason] {
            if let prefix = list.urnPrefix, let rest = value.dropping(prefix) { return list.webPrefix.bytes + rest }
        }
        return nil
    }

    /// The bare word of a Web URI of this list; nil where the list has no such word.
    func word(ofWebURI value: UTF8Text) -> UTF8Text? {
        guard let rest = value[...].dropping(webPrefix) else { return nil }
        return entry(rest)?.word
    }

    /// The URN of a Web URI of this list, for EPCIS 1.2; nil where there is none.
    func urn(ofWebURI value: UTF8Text) -> UTF8Text? {
        guard let urnPrefix, let rest = value[...].dropping(webPrefix), !rest.isEmpty else { return nil }
        return urnPrefix.bytes + rest
    }
}

extension ArraySlice<UInt8> {
    /// Whether these bytes begin with a literal.
    func hasPrefix(_ prefix: StaticString) -> Bool { holds(prefix, at: startIndex) }

    /// Whether a literal stands at an index.
    func holds(_ text: StaticString, at index: Int) -> Bool {
        guard endIndex - index >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { literal in literal.indices.allSatisfy { literal[$0] == self[index + $0] } }
    }

    /// What follows a prefix; nil where it does not begin with it.
    func dropping(_ prefix: StaticString) -> ArraySlice<UInt8>? {
        hasPrefix(prefix) ? dropFirst(prefix.utf8CodeUnitCount) : nil
    }
}
