extension EPCISEvent {
    /// Calls for every value that a binding writes as text.
    func forEachValue(_ body: (UTF8Text) -> Void) {
        func visit(_ nodes: [ExtensionNode]) {
            for node in nodes {
                body(node.text)
                if node.name.namespace.isEmpty { body(node.name.local) }
                visit(node.children)
            }
        }
        for value in [eventTime, recordTime, eventID, parentID, transformationID, bizStep, disposition, action] {
            body(value)
        }
        for list in [certificationInfo, epcList, childEPCs, inputEPCList, outputEPCList, persistentDisposition.set] {
            list.forEach(body)
        }
        persistentDisposition.unset.forEach(body)
        for list in [quantityList, childQuantityList, inputQuantityList, outputQuantityList] {
            for element in list { body(element.epcClass) }
        }
        for list in [bizTransactionList, sourceList, destinationList] {
            for entry in list {
                body(entry.type)
                body(entry.id)
            }
        }
        for location in [readPoint, bizLocation] {
            if let location {
                body(location.id)
                visit(location.extensions)
            }
        }
        for element in sensorElementList {
            if let metadata = element.metadata {
                SensorMetadataField.ordered.forEach { body(metadata[$0]) }
                visit(metadata.extensions)
            }
            for report in element.reports {
                SensorReportField.ordered.forEach { body(report[$0]) }
                visit(report.extensions)
            }
            visit(element.extensions)
        }
        if let errorDeclaration {
            body(errorDeclaration.reason)
            errorDeclaration.correctiveEventIDs.forEach(body)
            visit(errorDeclaration.extensions)
        }
        visit(ilmd ?? [])
        visit(extensions)
    }

    /// Calls for the lists of extensions, wherever they stand.
    func forEachExtensionList(_ body: ([ExtensionNode]) -> Void) {
        body(extensions)
        body(ilmd ?? [])
        body(readPoint?.extensions ?? [])
        body(bizLocation?.extensions ?? [])
        body(errorDeclaration?.extensions ?? [])
        for element in sensorElementList {
            body(element.extensions)
            body(element.metadata?.extensions ?? [])
            for report in element.reports { body(report.extensions) }
        }
    }
}
