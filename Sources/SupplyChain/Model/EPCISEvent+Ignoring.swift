extension EPCISEvent {
    /// The event without fields of these names, wherever extensions nest; a standard field goes as a whole.
    func without(_ names: [EPCISName]) -> EPCISEvent {
        var event = self
        for name in names where name.namespace.isEmpty {
            if let field = EventField(name.local[...]) { event.clear(field) }
        }
        func trim(_ nodes: inout [ExtensionNode]) {
            nodes.removeAll { names.contains($0.name) }
            for index in nodes.indices { trim(&nodes[index].children) }
        }
        trim(&event.extensions)
        if event.ilmd != nil { trim(&event.ilmd!) }
        if event.readPoint != nil { trim(&event.readPoint!.extensions) }
        if event.bizLocation != nil { trim(&event.bizLocation!.extensions) }
        for index in event.sensorElementList.indices {
            trim(&event.sensorElementList[index].extensions)
            if event.sensorElementList[index].metadata != nil {
                trim(&event.sensorElementList[index].metadata!.extensions)
            }
            for report in event.sensorElementList[index].reports.indices {
                trim(&event.sensorElementList[index].reports[report].extensions)
            }
        }
        return event
    }
}
