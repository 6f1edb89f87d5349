/// How values stand in a pre-hash string (CBV 2.0 §8.9): trimmed, numbers without padding, CBV URNs as Web URIs,
/// identifiers of GS1 as canonical Digital Links.
enum CanonicalValue {
    /// Appends the canonical form of a value.
    static func append(_ value: ArraySlice<UInt8>, to bytes: inout UTF8Text) {
        guard let first = value.first else { return }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            if CanonicalNumber.append(value, to: &bytes) { return }
        case UInt8(ascii: "u"):
            if let web = Vocabulary.webURI(ofURN: value) {
                bytes.append(contentsOf: web)
                return
            }
            if GS1Identifier.appendCanonicalDigitalLink(value, to: &bytes) { return }
        case UInt8(ascii: "h"):
            if GS1Identifier.appendCanonicalDigitalLink(value, to: &bytes) { return }
        default: break
        }
        bytes.append(contentsOf: value)
    }

    /// The value without white space at its ends, as Unicode understands white space.
    static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // Nearly all values have none, and the ends show it.
        guard let first = value.first, let last = value.last else { return [] }
        if first > 0x20, last > 0x20, first < 0x80, last < 0x80 { return value }
        let text = String(decoding: value, as: UTF8.self).unicodeScalars
        guard let start = text.firstIndex(where: { !isWhitespace($0) }),
            let end = text.lastIndex(where: { !isWhitespace($0) })
        else { return [] }
        return Array(String(text[start...end]).utf8)[...]
    }

    /// White space, and the four separators of ASCII.
    private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
    }
}
