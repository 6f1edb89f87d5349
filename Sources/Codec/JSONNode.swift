/// One value of a ``JSONDocument``: an index into it, cheap to copy.
package struct JSONNode: Sendable {
    let storage: JSONStorage
    let index: Int

    private var entry: JSONEntry { storage.tape[index] }

    package var kind: JSONKind { entry.kind }
    package var isNull: Bool { entry.kind == .null }

    /// Byte offset of the value in its text.
    package var byteOffset: Int { entry.kind == .string ? Int(entry.start) - 1 : Int(entry.start) }

    /// Line and column, both from 1.
    /// - Complexity: linear in the offset: for reports, not for walking.
    package var position: (line: Int, column: Int) { JSONStorage.position(of: byteOffset, in: storage.source) }

    package var bool: Bool? { entry.kind == .boolean ? entry.flag : nil }

    /// A string's text.
    package var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

    /// A string's UTF-8, its escapes resolved.
    package var utf8: [UInt8]? { entry.kind == .string ? JSONEscape.unescaped(storage.source, entry) : nil }

    /// A number's digits as they stand in the text.
    package var numberLexeme: String? {
        entry.kind == .number ? String(decoding: sourceBytes, as: UTF8.self) : nil
    }

    /// The value as it stands in the text; a string without its quotes, escapes unresolved.
    package var sourceBytes: ArraySlice<UInt8> { storage.source[Int(entry.start)..<Int(entry.end)] }

    /// Whether a string holds escapes, so that ``sourceBytes`` is not its content.
    package var hasEscapes: Bool { entry.kind == .string && entry.flag }

    /// Whether a string's content is exactly this ASCII text; no allocation.
    package func equals(_ text: StaticString) -> Bool {
        guard entry.kind == .string, !entry.flag else {
            return entry.kind == .string && string == text.description
        }
        let start = Int(entry.start)
        let count = text.utf8CodeUnitCount
        guard Int(entry.end) - start == count else { return false }
        return text.withUTF8Buffer { expected in
            // Within bounds: both hold `count` bytes.
            for offset in 0..<count where unsafe expected[offset] != storage.source[start + offset] { return false }
            return true
        }
    }

    /// Elements of an array, in order; nothing for other kinds.
    package var elements: Elements {
        Elements(storage: storage, index: index + 1, end: kind == .array ? Int(entry.next) : index + 1)
    }

    /// Members of an object, in the order of the text; nothing for other kinds.
    package var members: Members {
        Members(storage: storage, index: index + 1, end: kind == .object ? Int(entry.next) : index + 1)
    }

    /// Elements of an array or members of an object.
    /// - Complexity: linear in their number.
    package var count: Int {
        kind == .array ? elements.reduce(0) { count, _ in count + 1 } : members.reduce(0) { count, _ in count + 1 }
    }

    /// An object's member of that name.
    package subscript(name: String) -> JSONNode? {
        let wanted = Array(name.utf8)
        for member in members {
            let entry = member.nameNode.entry
            if entry.flag {
                if JSONEscape.unescaped(storage.source, entry) == wanted { return member.value }
            } else if Int(entry.end - entry.start) == wanted.count,
                storage.source[Int(entry.start)..<Int(entry.end)].elementsEqual(wanted)
            {
                return member.value
            }
        }
        return nil
    }

    /// The value at a JSON Pointer (RFC 6901) below this one, or nil.
    package func value(at pointer: JSONPointer) -> JSONNode? {
        var node = self
        for token in pointer.tokens {
            switch node.kind {
            case .object:
                guard let next = node[token] else { return nil }
                node = next
            case .array:
                guard let index = Int(token), String(index) == token, index >= 0,
                    let next = node.elements.dropFirst(index).first(where: { _ in true })
                else { return nil }
                node = next
            default: return nil
            }
        }
        return node
    }

    /// A walk along an array.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        let storage: JSONStorage
        var index: Int
        let end: Int

        package mutating func next() -> JSONNode? {
            guard index < end else { return nil }
            defer { index = Int(storage.tape[index].next) }
            return JSONNode(storage: storage, index: index)
        }
    }

    /// A walk along an object.
    package struct Members: Sequence, IteratorProtocol, Sendable {
        let storage: JSONStorage
        var index: Int
        let end: Int

        package mutating func next() -> Member? {
            guard index < end else { return nil }
            defer { index = Int(storage.tape[index + 1].next) }
            return Member(storage: storage, index: index)
        }
    }

    /// One member of an object.
    package struct Member: Sendable {
        let storage: JSONStorage
        let index: Int

        /// The name as a string value.
        package var nameNode: JSONNode { JSONNode(storage: storage, index: index) }
        package var name: String { nameNode.string ?? "" }
        package var value: JSONNode { JSONNode(storage: storage, index: index + 1) }
    }
}

/// A JSON Pointer (RFC 6901): the way from a document's root to one of its values.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    package var tokens: [String]

    package init(tokens: [String] = []) { self.tokens = tokens }

    /// Reads `/a~1b/0`; nil unless it is empty or begins with a slash and every `~` is `~0` or `~1`.
    package init?(_ text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        tokens = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            var token: [UInt8] = []
            var isEscaped = false
            for byte in part {
                switch (isEscaped, byte) {
                case (false, UInt8(ascii: "~")): isEscaped = true
                case (false, _): token.append(byte)
                case (true, UInt8(ascii: "0")): (token, isEscaped) = (token + [UInt8(ascii: "~")], false)
                case (true, UInt8(ascii: "1")): (token, isEscaped) = (token + [UInt8(ascii: "/")], false)
                default: return nil
                }
            }
            guard !isEscaped else { return nil }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
    }

    /// One step further.
    package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

    package var description: String { tokens.map { "/" + Self.escaped($0) }.joined() }

    /// One token as it stands in a pointer.
    package static func escaped(_ token: String) -> String {
        var output: [UInt8] = []
        for byte in token.utf8 {
            switch byte {
            case UInt8(ascii: "~"): output += Array("~0".utf8)
            case UInt8(ascii: "/"): output += Array("~1".utf8)
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
