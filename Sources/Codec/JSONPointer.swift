/// A JSON Pointer (RFC 6901): the names and places on the way from a document's root to a value.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// Member names and array places, unescaped.
    package var tokens: [String]

    /// The pointer with these tokens; the root without any.
    package init(_ tokens: [String] = []) { self.tokens = tokens }

    /// Reads `/name/0/a~1b`; nil where it does not begin with a slash or a tilde is followed by other than 0 and 1.
    package init?(parsing text: String) {
        guard !text.isEmpty else {
            self.init()
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let before = parts.first, before.isEmpty else { return nil }
        var tokens: [String] = []
        for part in parts.dropFirst() {
            guard let token = Self.unescape(part) else { return nil }
            tokens.append(token)
        }
        self.init(tokens)
    }

    /// The pointer as text: each token behind a slash, escaped.
    package var description: String {
        var text = ""
        for token in tokens {
            text += "/"
            text += Self.escape(token)
        }
        return text
    }

    /// The pointer to a member of what this one points to.
    package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens + [token]) }

    /// The pointer to an element of what this one points to.
    package func appending(_ place: Int) -> JSONPointer { appending(String(place)) }

    /// A token with `~` as `~0` and `/` as `~1` (RFC 6901 §3).
    package static func escape(_ token: String) -> String {
        var text: [UInt8] = []
        for byte in token.utf8 {
            switch byte {
            case UInt8(ascii: "~"): text.append(contentsOf: "~0".utf8)
            case UInt8(ascii: "/"): text.append(contentsOf: "~1".utf8)
            default: text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unescape(_ part: Substring.UTF8View) -> String? {
        var token: [UInt8] = []
        var isEscaped = false
        for byte in part {
            switch (isEscaped, byte) {
            case (false, UInt8(ascii: "~")): isEscaped = true
            case (true, UInt8(ascii: "0")):
                token.append(UInt8(ascii: "~"))
                isEscaped = false
            case (true, UInt8(ascii: "1")):
                token.append(UInt8(ascii: "/"))
                isEscaped = false
            case (true, _): return nil
            case (false, _): token.append(byte)
            }
        }
        return isEscaped ? nil : String(decoding: token, as: UTF8.self)
    }
}

extension JSONNode {
    /// The value that a pointer from here leads to, or nil (RFC 6901 §4; `-` leads nowhere).
    package func node(at pointer: JSONPointer) -> JSONNode? {
        var node = self
        for token in pointer.tokens {
            let next = node.kind == .array ? Self.place(token).flatMap(node.element(at:)) : node[token]
            guard let next else { return nil }
            node = next
        }
        return node
    }

    /// The place that a token names: digits without leading zeros.
    private static func place(_ token: String) -> Int? {
        guard token.utf8.allSatisfy({ UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "9") }),
            token.utf8.count == 1 || token.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return Int(token)
    }
}
