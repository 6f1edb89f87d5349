extension ExtensionNode {
    private static let rdfs = Array("http://www.w3.org/2000/01/rdf-schema#".utf8)

    /// Whether this is a remark, which no hash covers.
    var isComment: Bool {
        StaticString("comment").isEqual(to: name.local) && (name.namespace.isEmpty || name.namespace == Self.rdfs)
    }

    /// Whether the reference program writes this at the end of the standard field that it stands in.
    fileprivate var isKept: Bool { name.namespace.last == UInt8(ascii: "/") }
}

extension Prehash {
    /// Extensions in byte order.
    mutating func nodes(_ nodes: [ExtensionNode]) {
        parts { prehash, mark in
            for node in nodes where !node.isComment {
                mark(&prehash)
                prehash.node(node)
            }
        }
    }

    /// `{namespace}local=value` and what is inside it.
    mutating func node(_ node: ExtensionNode) {
        if node.name.namespace.isEmpty {
            append(node.name.local)
        } else {
            append("{")
            append(node.name.namespace)
            append("}")
            append(node.name.local)
        }
        value(node.text)
        if !node.children.isEmpty { nodes(node.children) }
    }

    /// Extensions inside a standard field that stay there.
    ///
    /// The reference program keeps them if the field has anything else, if none looks like an event's own field to it,
    /// and if the namespace ends in `/`; it writes others behind all fields of the event.
    mutating func kept(_ nodes: [ExtensionNode], besides others: Int) {
        guard !nodes.isEmpty else { return }
        switch order {
        case .standardText: self.nodes(nodes)
        case .referenceProgram:
            guard Self.keepsAny(nodes, others) else { return }
            self.nodes(nodes.filter(\.isKept))
        }
    }

    /// Extensions inside a standard field that do not stay there.
    static func left(_ nodes: [ExtensionNode], besides others: Int) -> [ExtensionNode] {
        guard !nodes.isEmpty else { return [] }
        let nodes = nodes.filter { !$0.isComment }
        return keepsAny(nodes, others) ? nodes.filter { !$0.isKept } : nodes
    }

    private static func keepsAny(_ nodes: [ExtensionNode], _ others: Int) -> Bool {
        let nodes = nodes.filter { !$0.isComment }
        guard nodes.count + others > 1 else { return false }
        return !nodes.contains { node in
            [node.name.namespace, node.name.local].contains { $0.contains("eventTime") || $0.contains("action") }
        }
    }
}

extension UTF8Text {
    /// Whether a literal stands anywhere in it.
    func contains(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        return (0...(count - length)).contains { text.isEqual(to: self[$0..<$0 + length]) }
    }
}

extension Prehash {
    mutating func append(_ name: StaticString, _ location: Location) {
        parent(name) {
            $0.pair("id", location.id)
            $0.kept(location.extensions, besides: location.id.isEmpty ? 0 : 1)
        }
    }

    /// What of a location goes behind all fields.
    mutating func left(_ name: StaticString, _ location: Location, _ mark: (inout Prehash) -> Void) {
        let left = Self.left(location.extensions, besides: location.id.isEmpty ? 0 : 1)
        guard !left.isEmpty else { return }
        mark(&self)
        append(name)
        nodes(left)
    }
}
