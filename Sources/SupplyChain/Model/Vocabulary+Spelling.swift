extension Vocabulary {
    /// Each list's words and their Web URIs, made once.
    private static let tables: [[(word: UTF8Text, web: UTF8Text)]] = allCases.map { list in
        list.words.split(separator: " ").map { (Array($0.utf8), list.webPrefix.bytes + Array($0.utf8)) }
    }

    private static let urnStart = Array("urn:epcglobal:cbv:".utf8)

    /// The Web URI that a value of this list stands for: bare words of the list and CBV URNs become one, others stay.
    func webURI(_ value: ArraySlice<UInt8>) -> UTF8Text {
        if !value.contains(UInt8(ascii: ":")) {
            for entry in Self.tables[rawValue] where value.elementsEqual(entry.word) { return entry.web }
            return Array(value)
        }
        return Self.webURI(ofURN: value) ?? Array(value)
    }

    /// The Web URI of a CBV URN of any list; nil for other values.
    static func webURI(ofURN value: ArraySlice<UInt8>) -> UTF8Text? {
        guard value.count > urnStart.count, value.starts(with: urnStart) else { return nil }
        for list in [Self.bizStep, .disposition, .bizTransactionType, .sourceDestinationType, .errorReason] {
            if let prefix = list.urnPrefix, let rest = value.dropping(prefix) { return list.webPrefix.bytes + rest }
        }
        return nil
    }

    /// The bare word of a Web URI of this list; nil where the list has no such word.
    func word(ofWebURI value: UTF8Text) -> UTF8Text? {
        guard let rest = value[...].dropping(webPrefix) else { return nil }
        return Self.tables[rawValue].first { $0.word.elementsEqual(rest) }?.word
    }

    /// The URN of a Web URI of this list, for EPCIS 1.2; nil where there is none.
    func urn(ofWebURI value: UTF8Text) -> UTF8Text? {
        guard let urnPrefix, let rest = value[...].dropping(webPrefix), !rest.isEmpty else { return nil }
        return urnPrefix.bytes + rest
    }
}

extension ArraySlice<UInt8> {
    /// What follows a prefix; nil where it does not begin with it.
    func dropping(_ prefix: StaticString) -> ArraySlice<UInt8>? {
        let length = prefix.utf8CodeUnitCount
        guard count >= length, prefix.isEqual(to: self.prefix(length)) else { return nil }
        return dropFirst(length)
    }
}
