/// One element of an ``XMLTree``: an index into it, cheap to copy.
package struct XMLElement: Sendable {
    let storage: XMLStorage
    let index: Int

    private var entry: XMLEntry { storage.entries[index] }

    package var name: XMLName { storage.names[Int(entry.content)].name }
    package var namespace: String { name.namespace }
    package var localName: String { name.localName }
    /// The prefix as written, or empty.
    package var prefix: String { storage.names[Int(entry.content)].prefix }

    /// Line of the start tag, from 1.
    package var line: Int { Int(entry.line) }
    /// Column of the start tag in bytes, from 1.
    package var column: Int { Int(entry.column) }

    /// Attributes in document order.
    package var attributes: ArraySlice<XMLAttribute> {
        storage.attributes[Int(entry.firstAttribute)..<Int(entry.firstAttribute + entry.attributeCount)]
    }

    /// The namespaces that this very element declares.
    package var namespaceDeclarations: ArraySlice<XMLNamespaceDeclaration> {
        storage.declarations[Int(entry.firstDeclaration)..<Int(entry.firstDeclaration + entry.declarationCount)]
    }

    /// The element around this one; nil for the root.
    package var parent: XMLElement? {
        entry.parent < 0 ? nil : XMLElement(storage: storage, index: Int(entry.parent))
    }

    /// An attribute's value.
    ///
    /// The default is an attribute in no namespace.
    package func attribute(_ localName: String, namespace: String = "") -> String? {
        attributes.first { $0.name.localName == localName && $0.name.namespace == namespace }?.value
    }

    /// Elements and runs of text, in order; neighbouring text is one run.
    package var children: Children { Children(elements: elements, storage: storage) }

    /// The child elements, in order.
    package var elements: Elements { Elements(storage: storage, index: index + 1, end: Int(entry.next)) }

    /// The first child element of that name.
    ///
    /// The default is a name in no namespace.
    package func element(_ localName: String, namespace: String = "") -> XMLElement? {
        elements.first { $0.localName == localName && $0.namespace == namespace }
    }

    /// All child elements of that name, in order.
    package func elements(_ localName: String, namespace: String = "") -> [XMLElement] {
        elements.filter { $0.localName == localName && $0.namespace == namespace }
    }

    /// The text directly within this element, its runs joined; white space kept.
    package var text: String {
        var text = ""
        for child in children {
            if case .text(let run) = child { text += run }
        }
        return text
    }

    /// Whether there are neither child elements nor text other than white space.
    package var isEmpty: Bool {
        for child in children {
            guard case .text(let run) = child, run.utf8.allSatisfy(Self.isWhitespace) else { return false }
        }
        return true
    }

    /// The text without leading and trailing white space (space, tab, line feed, carriage return).
    package var trimmedText: String {
        let text = text.utf8
        guard let first = text.firstIndex(where: { !Self.isWhitespace($0) }),
            let last = text.lastIndex(where: { !Self.isWhitespace($0) })
        else { return "" }
        return String(Substring(text[first...last]))
    }

    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte) && byte != 0x0b && byte != 0x0c
    }

    /// The namespace that a prefix stands for at this element (for QNames in content); nil where it is not declared.
    ///
    /// The empty prefix gives the default namespace, which is empty where there is none.
    package func namespace(forPrefix prefix: String) -> String? {
        if prefix == "xml" { return "http://www.w3.org/XML/1998/namespace" }
        var element: XMLElement? = self
        while let current = element {
            if let found = current.namespaceDeclarations.last(where: { $0.prefix == prefix }) {
                return found.namespace.isEmpty && !prefix.isEmpty ? nil : found.namespace
            }
            element = current.parent
        }
        return prefix.isEmpty ? "" : nil
    }

    /// All namespaces in scope at this element: the nearest declaration of each prefix, outermost prefixes first.
    package var namespacesInScope: [XMLNamespaceDeclaration] {
        var found = parent?.namespacesInScope ?? []
        for declaration in namespaceDeclarations {
            found.removeAll { $0.prefix == declaration.prefix }
            found.append(declaration)
        }
        return found
    }

    /// A walk along the child elements.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        let storage: XMLStorage
        var index: Int
        let end: Int

        package mutating func next() -> XMLElement? {
            while index < end {
                let current = index
                index = Int(storage.entries[current].next)
                if storage.entries[current].isElement { return XMLElement(storage: storage, index: current) }
            }
            return nil
        }
    }

    /// A walk along child elements and text.
    package struct Children: Sequence, IteratorProtocol, Sendable {
        var elements: Elements
        let storage: XMLStorage

        package mutating func next() -> XMLNode? {
            guard elements.index < elements.end else { return nil }
            let entry = storage.entries[elements.index]
            if entry.isElement { return elements.next().map { .element($0) } }
            elements.index = Int(entry.next)
            return .text(storage.texts[Int(entry.content)])
        }
    }
}
