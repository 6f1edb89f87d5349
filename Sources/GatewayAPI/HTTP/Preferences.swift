/// What a client would like (RFC 7240), of what is heeded here: `respond-async` and `wait`.
///
/// Preferences that are unknown, malformed or of no sense are left out, as the standard asks (§2); of one given twice the
/// first counts.
struct Preferences: Equatable, Sendable {
    /// Longest wait, in seconds: what a client asks for beyond it is cut, and `Preference-Applied` says so.
    static let waitSecondsMax: UInt64 = 60

    /// Whether the client rather gets 202 than waits (§4.1).
    var respondAsync = false
    /// Seconds that the client would wait for the end (§4.3), at most ``waitSecondsMax``.
    var waitSeconds: UInt64?

    init(_ field: String?) {
        guard let field else { return }
        var seen: Set<String> = []
        for item in Self.items(field) {
            // Parameters stand behind semicolons; none has a meaning here.
            let preference = Self.split(item, at: UInt8(ascii: ";")).first ?? []
            var parts = Self.split(preference, at: UInt8(ascii: "="))[...]
            guard let name = parts.popFirst().map({ String(decoding: $0, as: UTF8.self).lowercased() }),
                seen.insert(name).inserted, parts.count <= 1
            else { continue }
            let value = parts.first.map(Self.unquoted) ?? ""
            switch name {
            case "respond-async" where value.isEmpty: respondAsync = true
            case "wait": waitSeconds = Self.seconds(value)
            default: break
            }
        }
    }

    /// Delta seconds (RFC 9110 §10.2.3); what does not fit is the longest wait all the same.
    private static func seconds(_ text: String) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return min(UInt64(text) ?? waitSecondsMax, waitSecondsMax)
    }

    private static func items(_ field: String) -> [[UInt8]] { split(Array(field.utf8), at: UInt8(ascii: ",")) }

    /// Parts between separators that stand outside quotes, without blanks around them.
    private static func split(_ text: [UInt8], at separator: UInt8) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in text {
            if byte == separator, !isQuoted {
                parts.append([])
                continue
            }
            parts[parts.count - 1].append(byte)
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        return parts.map(trimmed)
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        return Array(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// A word: a token, or a quoted string without escapes.
    private static func unquoted(_ text: [UInt8]) -> String {
        let isQuoted = text.count >= 2 && text.first == UInt8(ascii: "\"") && text.last == UInt8(ascii: "\"")
        return String(decoding: isQuoted ? text[1..<text.count - 1] : text[...], as: UTF8.self)
    }
}
