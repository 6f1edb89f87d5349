extension JSONNode {
    /// The elements of an array in order; nothing for other values.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        private let tape: JSONTape
        private var index: Int
        private let end: Int

        init(_ node: JSONNode) {
            tape = node.tape
            index = node.index + 1
            end = node.kind == .array ? node.end : index
        }

        /// The next element.
        package mutating func next() -> JSONNode? {
            guard index < end else { return nil }
            let node = JSONNode(tape: tape, index: index)
            index = node.end
            return node
        }
    }

    /// One member of an object; its name is made into a `String` only when asked for.
    package struct Field: Sendable {
        private let tape: JSONTape
        private let index: Int

        init(tape: JSONTape, index: Int) {
            self.tape = tape
            self.index = index
        }

        /// The name, unescaped.
        package var name: String { tape.string(index) }

        /// The name as a string value of its own, with its place.
        package var nameNode: JSONNode { JSONNode(tape: tape, index: index) }

        /// The name as UTF-8, unescaped; without escapes a view of the source.
        package var nameUTF8: ArraySlice<UInt8> { tape.content(index) }

        /// The value.
        package var value: JSONNode { JSONNode(tape: tape, index: index + 1) }

        /// Whether the name has exactly these bytes.
        package func nameEquals(_ text: StaticString) -> Bool { tape.contentEquals(index, StaticBytes(text)) }

        /// Whether the name has exactly these bytes.
        package func nameEquals(_ text: String) -> Bool { tape.contentEquals(index, text.utf8) }

        /// Whether the name has exactly these bytes.
        package func nameEquals(_ text: [UInt8]) -> Bool { tape.contentEquals(index, text) }

        /// Where the next member begins on the tape.
        var end: Int { Int(tape.entries[index + 1].next) }
    }

    /// The members of an object in order; nothing for other values.
    package struct Fields: Sequence, IteratorProtocol, Sendable {
        private let tape: JSONTape
        private var index: Int
        private let end: Int

        init(_ node: JSONNode) {
            tape = node.tape
            index = node.index + 1
            end = node.kind == .object ? node.end : index
        }

        /// The next member.
        package mutating func next() -> Field? {
            guard index < end else { return nil }
            let field = Field(tape: tape, index: index)
            index = field.end
            return field
        }
    }

    /// The elements of an array in order; nothing for other values.
    package var elements: Elements { Elements(self) }

    /// The members of an object in order, without making names into strings; nothing for other values.
    package var fields: Fields { Fields(self) }

    /// The members of an object in order; nothing for other values.
    package var members: some Sequence<(name: String, value: JSONNode)> {
        fields.lazy.map { (name: $0.name, value: $0.value) }
    }

    /// The member of this name, compared by bytes after unescaping; nil for other values.
    ///
    /// - Complexity: linear in the number of members.
    package subscript(name: String) -> JSONNode? {
        for field in fields where field.nameEquals(name) { return field.value }
        return nil
    }

    /// The member of this name; for names known when compiling.
    package func member(_ name: StaticString) -> JSONNode? {
        for field in fields where field.nameEquals(name) { return field.value }
        return nil
    }

    /// The element at a place of an array; nil past its end and for other values.
    ///
    /// - Complexity: linear in the place.
    package func element(at place: Int) -> JSONNode? {
        guard place >= 0, place < count else { return nil }
        for (current, element) in elements.enumerated() where current == place { return element }
        return nil
    }
}
