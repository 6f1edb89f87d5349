import Codec

extension JSONLDReader {
    func sensorElements(_ node: JSONNode) throws(SupplyChainFailure) -> [SensorElement] {
        var elements: [SensorElement] = []
        elements.reserveCapacity(node.count)
        for element in try array(node) {
            guard element.kind == .object else { throw malformed(element, "a sensor element") }
            var sensor = SensorElement()
            for field in element.fields {
                if field.nameEquals("sensorMetadata") {
                    sensor.metadata = try fields(field.value)
                } else if field.nameEquals("sensorReport") {
                    for report in try array(field.value) { sensor.reports.append(try fields(report)) }
                } else {
                    try appendNodes(field, to: &sensor.extensions)
                }
            }
            elements.append(sensor)
        }
        return elements
    }

    private func fields<Field>(_ node: JSONNode) throws(SupplyChainFailure) -> SensorFields<Field> {
        guard node.kind == .object else { throw malformed(node, "an object") }
        var fields = SensorFields<Field>()
        for member in node.fields {
            let name = member.nameUTF8
            if let field = Field.ordered.first(where: { $0.name.isEqual(to: name) }) {
                fields[field] = try sensorValue(member.value, field.form)
            } else {
                try appendNodes(member, to: &fields.extensions)
            }
        }
        return fields
    }

    private func sensorValue(_ node: JSONNode, _ form: SensorValueForm) throws(SupplyChainFailure) -> UTF8Text {
        switch form {
        case .text: return try value(node, "text")
        case .time: return try text(node, "a date-time")
        case .number: return try number(node)
        case .vocabulary(let vocabulary): return try word(node, vocabulary)
        case .boolean:
            guard node.kind == .boolean || node.kind == .string else { throw malformed(node, "true or false") }
            return node.kind == .boolean ? Array(node.rawBytes) : try text(node, "true or false")
        }
    }
}
