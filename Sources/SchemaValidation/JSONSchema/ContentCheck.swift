internal import Codec

/// What `contentEncoding` and `contentMediaType` ask of a string where they are asserted (draft-07 Validation §8).
///
/// Known are the encoding `base64` (RFC 4648 §4, with padding) and the type `application/json` (as ``JSONDocument``
/// reads it, which refuses a name given twice); others are not checked.
struct ContentCheck: OptionSet, Sendable {
    let rawValue: Int32

    static let base64 = ContentCheck(rawValue: 1)
    static let json = ContentCheck(rawValue: 2)

    init(rawValue: Int32) { self.rawValue = rawValue }

    /// The checks for the values of the two keywords; empty where neither is known.
    init(encoding: String?, mediaType: String?) {
        self = []
        // Of something in an encoding that we do not know, nothing can be said.
        guard encoding == nil || encoding?.lowercased() == "base64" else { return }
        if encoding != nil { insert(.base64) }
        let type = mediaType?.split(separator: ";").first?.lowercased().filter { $0 != " " }
        if type == "application/json" { insert(.json) }
    }

    /// Whether a string's content is what is asked for.
    func accepts(_ text: [UInt8]) -> Bool {
        var content = text
        if contains(.base64) {
            guard let decoded = Base64.decode(String(decoding: text, as: UTF8.self)) else { return false }
            content = decoded
        }
        return !contains(.json) || (try? JSONDocument(parsing: content)) != nil
    }
}
