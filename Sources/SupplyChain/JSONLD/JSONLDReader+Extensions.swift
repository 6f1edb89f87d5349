import Codec

/// How JSON says what extensions say (the correspondence that the event hash rests on).
///
/// | JSON | node |
/// |---|---|
/// | string, number, boolean | a node with text |
/// | object | a node with children; `#text` is its own text |
/// | list | one node for each element, all of the member's name |
/// | list of a member whose name ends in `List` | one node with children of the name without `List` |
/// | list within a list | children without a name |
/// | null | nothing |
extension JSONLDReader {
    /// The nodes that a member stands for.
    func appendNodes(_ member: JSONNode.Field, to nodes: inout [ExtensionNode]) throws(SupplyChainFailure) {
        let name = prefixes.name(member.nameUTF8)
        let list = Array("List".utf8)
        guard member.value.kind == .array else {
            if let node = try node(member.value, name) { nodes.append(node) }
            return
        }
        if name.local.count > list.count, name.local.suffix(list.count).elementsEqual(list) {
            let inner = EPCISName(namespace: name.namespace, local: Array(name.local.dropLast(list.count)))
            let children = try elements(member.value, inner)
            if !children.isEmpty { nodes.append(ExtensionNode(name: name, children: children)) }
        } else {
            nodes.append(contentsOf: try elements(member.value, name))
        }
    }

    /// The members of an object as nodes.
    func nodes(inside node: JSONNode) throws(SupplyChainFailure) -> [ExtensionNode] {
        guard node.kind == .object else { throw malformed(node, "an object") }
        var nodes: [ExtensionNode] = []
        for field in node.fields { try appendNodes(field, to: &nodes) }
        return nodes
    }

    private func elements(_ list: JSONNode, _ name: EPCISName) throws(SupplyChainFailure) -> [ExtensionNode] {
        var nodes: [ExtensionNode] = []
        for element in list.elements {
            if let node = try node(element, name) { nodes.append(node) }
        }
        return nodes
    }

    private func node(_ node: JSONNode, _ name: EPCISName) throws(SupplyChainFailure) -> ExtensionNode? {
        switch node.kind {
        case .null: return nil
        case .string: return ExtensionNode(name: name, text: try value(node, "text"))
        case .number: return ExtensionNode(name: name, text: Array(node.rawBytes), literal: .number)
        case .boolean: return ExtensionNode(name: name, text: Array(node.rawBytes), literal: .boolean)
        case .array:
            return ExtensionNode(name: name, children: try elements(node, EPCISName(local: [])))
        case .object:
            var result = ExtensionNode(name: name)
            for field in node.fields {
                if field.nameEquals("#text") {
                    guard let text = field.value.utf8Slice else { throw malformed(field.value, "text") }
                    result.text = prefixes.value(text)
                } else {
                    try appendNodes(field, to: &result.children)
                }
            }
            return result
        }
    }
}
