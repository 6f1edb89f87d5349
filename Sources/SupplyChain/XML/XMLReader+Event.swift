import SchemaValidation

extension XMLReader {
    func event(_ element: XMLElement) throws(SupplyChainFailure) -> EPCISEvent {
        guard element.namespace.isEmpty, let kind = EPCISEvent.Kind(name: element.localName.utf8) else {
            throw .unknownEventType(place(element), name: element.localName)
        }
        var event = EPCISEvent(kind: kind)
        appendAttributes(of: element, to: &event.extensions)
        for child in flattened(element) {
            if child.namespace.isEmpty, let field = EventField(Array(child.localName.utf8)[...]), field != .type {
                try read(field, child, into: &event)
            } else {
                event.extensions.append(node(child))
            }
        }
        for (value, wanted) in [
            (event.eventTime, "an eventTime"), (event.eventTimeZoneOffset, "an eventTimeZoneOffset"),
        ]
        where value.isEmpty {
            throw malformed(element, wanted)
        }
        guard CanonicalTime(event.eventTime[...]) != nil else {
            throw malformed(element, "an eventTime that is a date-time with a time zone")
        }
        return event
    }

    private func read(
        _ field: EventField, _ element: XMLElement, into event: inout EPCISEvent
    ) throws(SupplyChainFailure) {
        switch field {
        case .eventTime: event.eventTime = try literal(element)
        case .recordTime: event.recordTime = try literal(element)
        case .eventTimeZoneOffset: event.eventTimeZoneOffset = try literal(element)
        case .eventID: event.eventID = try literal(element)
        case .errorDeclaration: event.errorDeclaration = try errorDeclaration(element)
        case .certificationInfo: event.certificationInfo.append(try leaf(element))
        case .parentID: event.parentID = try leaf(element)
        case .epcList: event.epcList = try epcs(element)
        case .childEPCs: event.childEPCs = try epcs(element)
        case .inputEPCList: event.inputEPCList = try epcs(element)
        case .outputEPCList: event.outputEPCList = try epcs(element)
        case .quantityList: event.quantityList = try quantities(element)
        case .childQuantityList: event.childQuantityList = try quantities(element)
        case .inputQuantityList: event.inputQuantityList = try quantities(element)
        case .outputQuantityList: event.outputQuantityList = try quantities(element)
        case .transformationID: event.transformationID = try leaf(element)
        case .action: event.action = try leaf(element)
        case .bizStep: event.bizStep = try word(element, .bizStep)
        case .disposition: event.disposition = try word(element, .disposition)
        case .persistentDisposition: event.persistentDisposition = try persistentDisposition(element)
        case .readPoint: event.readPoint = try location(element)
        case .bizLocation: event.bizLocation = try location(element)
        case .bizTransactionList: event.bizTransactionList = try typed(element, "bizTransaction", .bizTransactionType)
        case .sourceList: event.sourceList = try typed(element, "source", .sourceDestinationType)
        case .destinationList: event.destinationList = try typed(element, "destination", .sourceDestinationType)
        case .sensorElementList:
            for child in flattened(element) {
                guard isElement(child, "sensorElement") else { throw unexpected(child) }
                event.sensorElementList.append(sensorElement(child))
            }
        case .ilmd:
            var nodes: [ExtensionNode] = []
            appendAttributes(of: element, to: &nodes)
            for child in flattened(element) { nodes.append(node(child)) }
            event.ilmd = nodes
        case .type, .context: break
        }
    }

    private func isElement(_ element: XMLElement, _ name: String) -> Bool {
        element.namespace.isEmpty && element.localName == name
    }

    private func unexpected(_ element: XMLElement) -> SupplyChainFailure {
        malformed(element, "no element of this name here")
    }

    /// The value of an element that has nothing else.
    private func leaf(_ element: XMLElement) throws(SupplyChainFailure) -> UTF8Text {
        Prefixes.valueOfXML(try literal(element)[...])
    }

    /// The same for what is no CURIE in JSON-LD either (``JSONLDReader/text(_:_:)``).
    private func literal(_ element: XMLElement) throws(SupplyChainFailure) -> UTF8Text {
        for _ in element.elements { throw malformed(element, "text alone") }
        try noAttributes(element)
        return Array(ownText(element))
    }

    /// Attributes of XML Schema instances say how to read, not what is said.
    private func noAttributes(_ element: XMLElement, but name: String = "") throws(SupplyChainFailure) {
        for attribute in element.attributes where attribute.name.namespace != Self.instance {
            guard attribute.name.namespace.isEmpty, attribute.name.localName == name else {
                throw malformed(element, "no attribute \(attribute.name) here")
            }
        }
    }

    private func word(_ element: XMLElement, _ vocabulary: Vocabulary) throws(SupplyChainFailure) -> UTF8Text {
        vocabulary.webURI(try leaf(element)[...])
    }

    private func epcs(_ element: XMLElement) throws(SupplyChainFailure) -> [UTF8Text] {
        var epcs: [UTF8Text] = []
        for child in element.elements {
            guard isElement(child, "epc") else { throw unexpected(child) }
            epcs.append(try leaf(child))
        }
        return epcs
    }

    private func quantities(_ element: XMLElement) throws(SupplyChainFailure) -> [QuantityElement] {
        var list: [QuantityElement] = []
        for child in element.elements {
            guard isElement(child, "quantityElement") else { throw unexpected(child) }
            var quantity = QuantityElement(epcClass: [])
            for part in child.elements {
                if isElement(part, "epcClass") {
                    quantity.epcClass = try leaf(part)
                } else if isElement(part, "quantity") {
                    quantity.quantity = try literal(part)
                } else if isElement(part, "uom") {
                    quantity.uom = try literal(part)
                } else {
                    throw unexpected(part)
                }
            }
            guard !quantity.epcClass.isEmpty else { throw malformed(child, "an epcClass") }
            list.append(quantity)
        }
        return list
    }

    private func typed(
        _ element: XMLElement, _ name: String, _ vocabulary: Vocabulary
    ) throws(SupplyChainFailure) -> [TypedIdentifier] {
        var list: [TypedIdentifier] = []
        for child in element.elements {
            guard isElement(child, name) else { throw unexpected(child) }
            try noAttributes(child, but: "type")
            let type = CanonicalValue.trimmed(Array((child.attribute("type") ?? "").utf8)[...])
            let id = text(child)
            guard !id.isEmpty else { throw malformed(child, "an identifier") }
            list.append(TypedIdentifier(type: vocabulary.webURI(Prefixes.valueOfXML(type)[...]), id: id))
        }
        return list
    }

    private func persistentDisposition(_ element: XMLElement) throws(SupplyChainFailure) -> PersistentDisposition {
        var disposition = PersistentDisposition()
        for child in element.elements {
            if isElement(child, "set") {
                disposition.set.append(try word(child, .disposition))
            } else if isElement(child, "unset") {
                disposition.unset.append(try word(child, .disposition))
            } else {
                throw unexpected(child)
            }
        }
        return disposition
    }

    private func location(_ element: XMLElement) throws(SupplyChainFailure) -> Location {
        var location = Location(id: [])
        appendAttributes(of: element, to: &location.extensions)
        for child in flattened(element) {
            if isElement(child, "id") { location.id = try leaf(child) } else { location.extensions.append(node(child)) }
        }
        guard !location.id.isEmpty else { throw malformed(element, "an id") }
        return location
    }

    private func errorDeclaration(_ element: XMLElement) throws(SupplyChainFailure) -> ErrorDeclaration {
        var declaration = ErrorDeclaration(declarationTime: [])
        appendAttributes(of: element, to: &declaration.extensions)
        for child in flattened(element) {
            if isElement(child, "declarationTime") {
                declaration.declarationTime = try literal(child)
            } else if isElement(child, "reason") {
                declaration.reason = try word(child, .errorReason)
            } else if isElement(child, "correctiveEventIDs") {
                for id in child.elements {
                    guard isElement(id, "correctiveEventID") else { throw unexpected(id) }
                    declaration.correctiveEventIDs.append(try leaf(id))
                }
            } else {
                declaration.extensions.append(node(child))
            }
        }
        guard !declaration.declarationTime.isEmpty else { throw malformed(element, "a declarationTime") }
        return declaration
    }
}
