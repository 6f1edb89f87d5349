/// References between schemas, resolved as RFC 3986 §5.2 says.
///
/// Text in, text out: nothing is fetched.
enum SchemaURI {
    /// A reference's five parts (RFC 3986 appendix B).
    private struct Parts {
        var scheme: Substring?
        var authority: Substring?
        var path: Substring
        var query: Substring?

        init(_ text: Substring) {
            var rest = text
            if let colon = rest.firstIndex(of: ":"), let first = rest.first, first.isLetter,
                rest[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
            {
                scheme = rest[..<colon]
                rest = rest[rest.index(after: colon)...]
            }
            if rest.hasPrefix("//") {
                rest = rest.dropFirst(2)
                let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
                authority = rest[..<end]
                rest = rest[end...]
            }
            let mark = rest.firstIndex(of: "?") ?? rest.endIndex
            path = rest[..<mark]
            query = mark < rest.endIndex ? rest[rest.index(after: mark)...] : nil
        }

        var text: String {
            (scheme.map { $0 + ":" } ?? "") + (authority.map { "//" + $0 } ?? "") + path
                + (query.map { "?" + $0 } ?? "")
        }
    }

    /// The reference without its fragment, and the fragment (nil where there is none), against a base.
    static func resolve(_ reference: String, against base: String) -> (uri: String, fragment: String?) {
        let hash = reference.firstIndex(of: "#") ?? reference.endIndex
        let fragment = hash < reference.endIndex ? String(reference[reference.index(after: hash)...]) : nil
        let body = reference[..<hash]
        guard !body.isEmpty else { return (base, fragment) }
        var parts = Parts(body)
        guard parts.scheme == nil else {
            parts.path = Substring(withoutDots(parts.path))
            return (parts.text, fragment)
        }
        let against = Parts(base[...])
        parts.scheme = against.scheme
        guard parts.authority == nil else { return (parts.text, fragment) }
        parts.authority = against.authority
        if parts.path.isEmpty {
            parts.path = against.path
            parts.query = parts.query ?? against.query
        } else if !parts.path.hasPrefix("/") {
            let slash = against.path.lastIndex(of: "/")
            let folder = slash.map { against.path[...$0] } ?? (against.authority == nil ? "" : "/")
            parts.path = folder + parts.path
        }
        parts.path = Substring(withoutDots(parts.path))
        return (parts.text, fragment)
    }

    /// remove_dot_segments (§5.2.4).
    private static func withoutDots(_ path: Substring) -> String {
        guard path.hasPrefix("/") else { return String(path) }
        var output: [Substring] = []
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { output.append("") }
            case "..":
                _ = output.popLast()
                if isLast { output.append("") }
            default: output.append(segment)
            }
        }
        return "/" + output.joined(separator: "/")
    }

    /// `%41` as `A`; nil where the result is not UTF-8.
    static func percentDecoded(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                output.append(value)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(validating: output, as: UTF8.self)
    }
}
