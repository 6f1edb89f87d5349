extension XMLWriter {
    /// Which of these nodes are written as attributes: those that were, and those without namespace and children, whose
    /// name no other has.
    private func isAttribute(_ node: ExtensionNode, among nodes: [ExtensionNode], leavesAlso: Bool = false) -> Bool {
        guard node.children.isEmpty, node.isAttribute || node.name.namespace.isEmpty || leavesAlso else { return false }
        return nodes.count { $0.name == node.name } == 1
    }

    /// The attributes among extensions.
    mutating func attributes(_ nodes: [ExtensionNode], leavesAlso: Bool = false) throws(SupplyChainFailure) {
        for node in nodes where isAttribute(node, among: nodes, leavesAlso: leavesAlso) {
            try attribute(try qualified(node.name), node.text)
        }
    }

    /// The elements among extensions.
    mutating func nodes(_ nodes: [ExtensionNode], leavesAlso: Bool = false) throws(SupplyChainFailure) {
        for node in nodes where !isAttribute(node, among: nodes, leavesAlso: leavesAlso) {
            let name = try qualified(node.name)
            guard name != "extension", name != "baseExtension" else {
                throw inexpressible("an extension named \(name)")
            }
            append("<\(name)")
            try attributes(node.children)
            append(">")
            try text(node.text)
            try self.nodes(node.children)
            append("</\(name)>")
        }
    }

    mutating func sensorElement(_ element: SensorElement) throws(SupplyChainFailure) {
        append("<sensorElement")
        try attributes(element.extensions)
        append(">")
        if let metadata = element.metadata { try fields("sensorMetadata", metadata) }
        for report in element.reports { try fields("sensorReport", report) }
        try nodes(element.extensions)
        append("</sensorElement>")
    }

    /// Sensor fields are attributes, and so are their extensions where they can be.
    private mutating func fields<Field>(
        _ name: StaticString, _ fields: SensorFields<Field>
    ) throws(SupplyChainFailure) {
        append("<\(name)")
        for field in Field.ordered where !fields[field].isEmpty {
            try attribute("\(field.name)", fields[field])
        }
        try attributes(fields.extensions, leavesAlso: true)
        append(">")
        try nodes(fields.extensions, leavesAlso: true)
        append("</\(name)>")
    }
}
