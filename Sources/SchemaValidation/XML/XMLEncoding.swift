/// The encodings in which an XML document may come (XML 1.0 §4.3.3), brought to UTF-8 before the parser sees a byte.
///
/// | first bytes | declaration says | taken as |
/// |---|---|---|
/// | FE FF or FF FE | nothing, UTF-16 | UTF-16 |
/// | EF BB BF | nothing, UTF-8 | UTF-8 |
/// | else | nothing, UTF-8, US-ASCII | UTF-8 |
/// | else | ISO-8859-1 | ISO-8859-1 |
///
/// All else is refused: a converter that we do not know is a parser that we do not trust.
enum XMLEncoding {
    /// The document in UTF-8 without byte order mark.
    static func utf8(of bytes: [UInt8]) throws(XMLFailure) -> [UInt8] {
        if bytes.starts(with: [0xfe, 0xff]) || bytes.starts(with: [0xff, 0xfe]) {
            return try fromUTF16(bytes)
        }
        let body = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
        switch declared(in: body)?.lowercased() {
        case nil, "utf-8", "utf8", "us-ascii":
            guard String(validating: body, as: UTF8.self) != nil else {
                throw failure(.invalidEncoding, at: firstInvalidUTF8(body), in: body)
            }
            return body
        case "iso-8859-1":
            return Array(String(String.UnicodeScalarView(body.map { Unicode.Scalar($0) })).utf8)
        case let name?:
            throw XMLFailure(reason: .unsupportedEncoding, line: 1, column: 1, detail: name)
        }
    }

    private static func fromUTF16(_ bytes: [UInt8]) throws(XMLFailure) -> [UInt8] {
        let isBigEndian = bytes[0] == 0xfe
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index -> UInt16 in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
            throw XMLFailure(reason: .invalidEncoding, line: 0, column: 0, detail: "")
        }
        let body = Array(text.utf8)
        if let name = declared(in: body), name.lowercased() != "utf-16" {
            throw XMLFailure(reason: .unsupportedEncoding, line: 1, column: 1, detail: name)
        }
        return body
    }

    /// The name within `<?xml ... encoding="NAME"?>`, if the document begins with one.
    private static func declared(in body: [UInt8]) -> String? {
        guard body.starts(with: "<?xml".utf8), let end = body.prefix(256).firstIndex(of: UInt8(ascii: ">")) else {
            return nil
        }
        let declaration = Array(body[..<end])
        let key = Array("encoding".utf8)
        guard
            let start = declaration.indices.first(where: { declaration[$0...].starts(with: key) }),
            let open = declaration[start...].firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }),
            let close = declaration[(open + 1)...].firstIndex(of: declaration[open])
        else { return nil }
        return String(decoding: declaration[(open + 1)..<close], as: UTF8.self)
    }

    private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return offset
    }

    private static func failure(_ reason: XMLFailure.Reason, at offset: Int, in bytes: [UInt8]) -> XMLFailure {
        let before = bytes[..<offset]
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return XMLFailure(reason: reason, line: line, column: offset - lineStart + 1, detail: "")
    }
}
