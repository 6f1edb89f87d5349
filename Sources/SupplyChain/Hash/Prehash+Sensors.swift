extension SensorElement {
    /// How many standard children it has.
    fileprivate var childCount: Int { (metadata == nil ? 0 : 1) + reports.count }
}

extension SensorFields {
    fileprivate var fieldCount: Int { Field.ordered.count { !self[$0].isEmpty } }
}

extension Prehash {
    mutating func sensorElements(_ elements: [SensorElement]) {
        guard !elements.isEmpty else { return }
        parent("sensorElementList") { prehash in
            prehash.parts(elements) { prehash, element in
                prehash.parent("sensorElement") { prehash in
                    if let metadata = element.metadata { prehash.fields("sensorMetadata", metadata) }
                    prehash.parts(element.reports) { $0.fields("sensorReport", $1) }
                    prehash.kept(element.extensions, besides: element.childCount)
                }
            }
        }
    }

    private mutating func fields<Field>(_ name: StaticString, _ fields: SensorFields<Field>) {
        parent(name) { prehash in
            for field in Field.ordered {
                let value = fields[field]
                if value.isEmpty { continue }
                if case .time = field.form { prehash.time(field.name, value) } else { prehash.pair(field.name, value) }
            }
            if !fields.extensions.isEmpty { prehash.kept(fields.extensions, besides: fields.fieldCount) }
        }
    }

    /// What of sensor elements goes behind all fields, still inside its parents' names.
    mutating func left(_ elements: [SensorElement], _ mark: (inout Prehash) -> Void) {
        guard elements.contains(where: Self.hasLeft) else { return }
        mark(&self)
        append("sensorElementList")
        parts { prehash, mark in
            for element in elements where Self.hasLeft(element) {
                mark(&prehash)
                prehash.append("sensorElement")
                prehash.left(element)
            }
        }
    }

    private mutating func left(_ element: SensorElement) {
        parts { prehash, mark in
            if let metadata = element.metadata {
                prehash.left("sensorMetadata", metadata, mark)
            }
            for report in element.reports { prehash.left("sensorReport", report, mark) }
            for node in Self.left(element.extensions, besides: element.childCount) {
                mark(&prehash)
                prehash.node(node)
            }
        }
    }

    private mutating func left<Field>(
        _ name: StaticString, _ fields: SensorFields<Field>, _ mark: (inout Prehash) -> Void
    ) {
        let left = Self.left(fields.extensions, besides: fields.fieldCount)
        guard !left.isEmpty else { return }
        mark(&self)
        append(name)
        nodes(left)
    }

    private static func hasLeft(_ element: SensorElement) -> Bool {
        func any<Field>(_ fields: SensorFields<Field>) -> Bool {
            !fields.extensions.isEmpty && !left(fields.extensions, besides: fields.fieldCount).isEmpty
        }
        return element.metadata.map { any($0) } ?? false || element.reports.contains { any($0) }
            || !left(element.extensions, besides: element.childCount).isEmpty
    }
}
