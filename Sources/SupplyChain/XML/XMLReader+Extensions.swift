import SchemaValidation

/// How XML says what extensions say (the correspondence that the event hash rests on).
///
/// Attributes and child elements are both children; the text before the first child element is the node's own.
extension XMLReader {
    func node(_ element: XMLElement) -> ExtensionNode {
        var node = ExtensionNode(name: name(element.name), text: text(element))
        appendAttributes(of: element, to: &node.children)
        for child in flattened(element) { node.children.append(self.node(child)) }
        return node
    }

    func appendAttributes(of element: XMLElement, to nodes: inout [ExtensionNode]) {
        for attribute in element.attributes { nodes.append(node(attribute)) }
    }

    private func node(_ attribute: XMLAttribute) -> ExtensionNode {
        ExtensionNode(
            name: name(attribute.name), text: Prefixes.valueOfXML(Array(attribute.value.utf8)[...]), isAttribute: true)
    }

    func sensorElement(_ element: XMLElement) -> SensorElement {
        var sensor = SensorElement()
        appendAttributes(of: element, to: &sensor.extensions)
        for child in flattened(element) {
            if child.namespace.isEmpty, child.localName == "sensorMetadata", sensor.metadata == nil {
                sensor.metadata = fields(child)
            } else if child.namespace.isEmpty, child.localName == "sensorReport" {
                sensor.reports.append(fields(child))
            } else {
                sensor.extensions.append(node(child))
            }
        }
        return sensor
    }

    private func fields<Field>(_ element: XMLElement) -> SensorFields<Field> {
        var fields = SensorFields<Field>()
        for attribute in element.attributes {
            guard attribute.name.namespace.isEmpty,
                let field = Field.ordered.first(where: { $0.name.isEqual(to: attribute.name.localName.utf8) })
            else {
                fields.extensions.append(node(attribute))
                continue
            }
            let text = CanonicalValue.trimmed(Array(attribute.value.utf8)[...])
            fields[field] =
                switch field.form {
                case .text: Prefixes.valueOfXML(text)
                case .time, .number: Array(text)
                case .vocabulary(let vocabulary): vocabulary.webURI(Prefixes.valueOfXML(text)[...])
                case .boolean: Self.boolean(Array(text))
                }
        }
        for child in flattened(element) { fields.extensions.append(node(child)) }
        return fields
    }

    /// `1` and `0` are booleans of XML Schema as well.
    private static func boolean(_ value: UTF8Text) -> UTF8Text {
        switch value {
        case [UInt8(ascii: "1")]: Array("true".utf8)
        case [UInt8(ascii: "0")]: Array("false".utf8)
        default: value
        }
    }
}
