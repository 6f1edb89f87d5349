import Codec

extension JSONLDWriter {
    /// Extensions as members: nodes of one name are one member, as ``JSONLDReader`` reads them.
    func members(_ nodes: [ExtensionNode], _ index: Int) throws(SupplyChainFailure) -> [JSON.Member] {
        var groups: [(name: EPCISName, nodes: [ExtensionNode])] = []
        for node in nodes {
            if let place = groups.firstIndex(where: { $0.name == node.name }) {
                groups[place].nodes.append(node)
            } else {
                groups.append((node.name, [node]))
            }
        }
        var members: [JSON.Member] = []
        members.reserveCapacity(groups.count)
        for group in groups { members.append(.init(key(group.name), try value(group.nodes, index))) }
        return members
    }

    /// The value of a member that stands for nodes of one name.
    private func value(_ nodes: [ExtensionNode], _ index: Int) throws(SupplyChainFailure) -> JSON {
        let first = nodes[0]
        guard first.name.local.count > 4, first.name.local.suffix(4).elementsEqual("List".utf8) else {
            // A list within a list shows only inside a list.
            if nodes.count == 1, !isNameless(first) { return try value(first, index) }
            return .array(try values(nodes, index))
        }
        guard nodes.count == 1 else {
            throw .notExpressible(.jsonLD, event: index, what: "\(key(first.name)) more than once in one place")
        }
        let inner = EPCISName(namespace: first.name.namespace, local: Array(first.name.local.dropLast(4)))
        if first.text.isEmpty, !first.children.isEmpty, first.children.allSatisfy({ $0.name == inner }) {
            return .array(try values(first.children, index))
        }
        return try value(first, index)
    }

    private func values(_ nodes: [ExtensionNode], _ index: Int) throws(SupplyChainFailure) -> [JSON] {
        var values: [JSON] = []
        values.reserveCapacity(nodes.count)
        for node in nodes { values.append(try value(node, index)) }
        return values
    }

    /// Whether a node stands for a list within a list.
    private func isNameless(_ node: ExtensionNode) -> Bool {
        !node.children.isEmpty && node.children.allSatisfy { $0.name == EPCISName(local: []) }
    }

    private func value(_ node: ExtensionNode, _ index: Int) throws(SupplyChainFailure) -> JSON {
        if node.children.isEmpty {
            return switch node.literal {
            case .string: .text(node.text)
            case .number: number(node.text)
            case .boolean: boolean(node.text)
            }
        }
        if isNameless(node) { return .array(try values(node.children, index)) }
        var members = try members(node.children, index)
        if !node.text.isEmpty { members.append(.init("#text", .text(node.text))) }
        return .object(members)
    }
}
