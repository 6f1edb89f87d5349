extension Prehash {
    /// Writes an event.
    mutating func append(_ event: EPCISEvent) {
        append("eventType=")
        append(event.kind.name)
        time("eventTime", event.eventTime)
        pair("eventTimeZoneOffset", event.eventTimeZoneOffset)
        switch order {
        case .referenceProgram:
            parts(event.certificationInfo) { $0.pair("certificationInfo", $1) }
            pair("parentID", event.parentID)
            epcs("epcList", event.epcList)
        case .standardText:
            epcs("epcList", event.epcList)
            pair("parentID", event.parentID)
        }
        what(event)
        pair("bizStep", event.bizStep)
        pair("disposition", event.disposition)
        parent("persistentDisposition") { prehash in
            prehash.parts(event.persistentDisposition.set) { $0.pair("set", $1) }
            prehash.parts(event.persistentDisposition.unset) { $0.pair("unset", $1) }
        }
        if let location = event.readPoint { append("readPoint", location) }
        if let location = event.bizLocation { append("bizLocation", location) }
        switch order {
        case .referenceProgram:
            sensorElements(event.sensorElementList)
            rest(event)
        case .standardText:
            typed("bizTransactionList", "bizTransaction", event.bizTransactionList)
            typed("sourceList", "source", event.sourceList)
            typed("destinationList", "destination", event.destinationList)
            sensorElements(event.sensorElementList)
            ilmd(event)
            nodes(event.extensions)
        }
    }

    private mutating func what(_ event: EPCISEvent) {
        epcs("inputEPCList", event.inputEPCList)
        epcs("childEPCs", event.childEPCs)
        quantities("quantityList", event.quantityList)
        quantities("childQuantityList", event.childQuantityList)
        quantities("inputQuantityList", event.inputQuantityList)
        epcs("outputEPCList", event.outputEPCList)
        quantities("outputQuantityList", event.outputQuantityList)
        pair("action", event.action)
        pair("transformationID", event.transformationID)
    }

    /// What the reference program has no place for: all in one sort.
    private mutating func rest(_ event: EPCISEvent) {
        parts { prehash, mark in
            mark(&prehash)
            prehash.typed("bizTransactionList", "bizTransaction", event.bizTransactionList)
            mark(&prehash)
            prehash.typed("destinationList", "destination", event.destinationList)
            mark(&prehash)
            prehash.ilmd(event)
            mark(&prehash)
            prehash.typed("sourceList", "source", event.sourceList)
            for node in event.extensions where !node.isComment {
                mark(&prehash)
                prehash.node(node)
            }
            if let location = event.readPoint { prehash.left("readPoint", location, mark) }
            if let location = event.bizLocation { prehash.left("bizLocation", location, mark) }
            prehash.left(event.sensorElementList, mark)
        }
    }

    private mutating func epcs(_ name: StaticString, _ list: [UTF8Text]) {
        guard !list.isEmpty else { return }
        parent(name) { $0.parts(list) { $0.pair("epc", $1) } }
    }

    private mutating func quantities(_ name: StaticString, _ list: [QuantityElement]) {
        guard !list.isEmpty else { return }
        parent(name) { prehash in
            prehash.parts(list) { prehash, element in
                prehash.parent("quantityElement") {
                    $0.pair("epcClass", element.epcClass)
                    $0.pair("quantity", element.quantity)
                    $0.pair("uom", element.uom)
                }
            }
        }
    }

    mutating func typed(_ name: StaticString, _ key: StaticString, _ list: [TypedIdentifier]) {
        guard !list.isEmpty else { return }
        parent(name) { prehash in
            prehash.parts(list) {
                $0.pair("type", $1.type)
                $0.pair(key, $1.id)
            }
        }
    }

    /// Instance and lot master data; its name is written even where it is empty, as the reference program does.
    mutating func ilmd(_ event: EPCISEvent) {
        guard let ilmd = event.ilmd else { return }
        append("ilmd")
        nodes(ilmd)
    }
}
