import Codec

extension JSONLDReader {
    func event(_ node: JSONNode) throws(SupplyChainFailure) -> EPCISEvent {
        guard let type = node.member("type"), let name = type.utf8Slice else { throw malformed(node, "an event type") }
        guard let kind = EPCISEvent.Kind(name: name) else {
            throw .unknownEventType(place(type), name: String(decoding: name, as: UTF8.self))
        }
        var event = EPCISEvent(kind: kind)
        for member in node.fields {
            if let field = EventField(member.nameUTF8) {
                try read(field, member.value, into: &event)
            } else {
                try appendNodes(member, to: &event.extensions)
            }
        }
        guard !event.eventTime.isEmpty else { throw malformed(node, "an eventTime") }
        guard !event.eventTimeZoneOffset.isEmpty else { throw malformed(node, "an eventTimeZoneOffset") }
        guard CanonicalTime(CanonicalValue.trimmed(event.eventTime[...])) != nil else {
            throw malformed(node.member("eventTime") ?? node, "a date-time with a time zone")
        }
        return event
    }

    private func read(_ field: EventField, _ node: JSONNode, into event: inout EPCISEvent) throws(SupplyChainFailure) {
        switch field {
        case .eventTime: event.eventTime = try text(node, "a date-time")
        case .recordTime: event.recordTime = try text(node, "a date-time")
        case .eventTimeZoneOffset: event.eventTimeZoneOffset = try text(node, "an offset such as +02:00")
        case .eventID: event.eventID = try text(node, "a URI")
        case .errorDeclaration: event.errorDeclaration = try errorDeclaration(node)
        case .certificationInfo:
            event.certificationInfo = node.kind == .array ? try values(node) : [try value(node, "a URI")]
        case .parentID: event.parentID = try value(node, "a URI")
        case .epcList: event.epcList = try values(node)
        case .childEPCs: event.childEPCs = try values(node)
        case .inputEPCList: event.inputEPCList = try values(node)
        case .outputEPCList: event.outputEPCList = try values(node)
        case .quantityList: event.quantityList = try quantities(node)
        case .childQuantityList: event.childQuantityList = try quantities(node)
        case .inputQuantityList: event.inputQuantityList = try quantities(node)
        case .outputQuantityList: event.outputQuantityList = try quantities(node)
        case .transformationID: event.transformationID = try value(node, "a URI")
        case .action: event.action = try value(node, "ADD, OBSERVE or DELETE")
        case .bizStep: event.bizStep = try word(node, .bizStep)
        case .disposition: event.disposition = try word(node, .disposition)
        case .persistentDisposition: event.persistentDisposition = try persistentDisposition(node)
        case .readPoint: event.readPoint = try location(node)
        case .bizLocation: event.bizLocation = try location(node)
        case .bizTransactionList:
            event.bizTransactionList = try typed(node, "bizTransaction", .bizTransactionType)
        case .sourceList: event.sourceList = try typed(node, "source", .sourceDestinationType)
        case .destinationList: event.destinationList = try typed(node, "destination", .sourceDestinationType)
        case .sensorElementList: event.sensorElementList = try sensorElements(node)
        case .ilmd: event.ilmd = try nodes(inside: node)
        case .type, .context: break
        }
    }

    /// A word of the core vocabulary, as a Web URI.
    func word(_ node: JSONNode, _ vocabulary: Vocabulary) throws(SupplyChainFailure) -> UTF8Text {
        vocabulary.webURI(
            CanonicalValue.trimmed(try value(node, "a word of the core vocabulary or a URI")[...]))
    }

    func array(_ node: JSONNode) throws(SupplyChainFailure) -> JSONNode.Elements {
        guard node.kind == .array else { throw malformed(node, "a list") }
        return node.elements
    }

    private func values(_ node: JSONNode) throws(SupplyChainFailure) -> [UTF8Text] {
        var values: [UTF8Text] = []
        values.reserveCapacity(node.count)
        for element in try array(node) { values.append(try value(element, "a URI")) }
        return values
    }

    /// Members of an object that has no room for others.
    private func closed(
        _ node: JSONNode, _ read: (JSONNode.Field) throws(SupplyChainFailure) -> Bool
    ) throws(SupplyChainFailure) {
        guard node.kind == .object else { throw malformed(node, "an object") }
        for field in node.fields where try !read(field) {
            throw malformed(field.value, "no member of this name here")
        }
    }

    private func quantities(_ node: JSONNode) throws(SupplyChainFailure) -> [QuantityElement] {
        var elements: [QuantityElement] = []
        elements.reserveCapacity(node.count)
        for element in try array(node) {
            var quantity = QuantityElement(epcClass: [])
            try closed(element) { field throws(SupplyChainFailure) in
                if field.nameEquals("epcClass") {
                    quantity.epcClass = try value(field.value, "a URI")
                } else if field.nameEquals("quantity") {
                    quantity.quantity = try number(field.value)
                } else if field.nameEquals("uom") {
                    quantity.uom = try text(field.value, "a unit of measure")
                } else {
                    return false
                }
                return true
            }
            guard !quantity.epcClass.isEmpty else { throw malformed(element, "an epcClass") }
            elements.append(quantity)
        }
        return elements
    }

    /// A number as it is written; a string is taken for one, as in extensions.
    func number(_ node: JSONNode) throws(SupplyChainFailure) -> UTF8Text {
        guard node.kind == .number || node.kind == .string else { throw malformed(node, "a number") }
        return node.kind == .number ? Array(node.rawBytes) : try text(node, "a number")
    }

    private func typed(
        _ node: JSONNode, _ key: StaticString, _ vocabulary: Vocabulary
    ) throws(SupplyChainFailure) -> [TypedIdentifier] {
        var list: [TypedIdentifier] = []
        list.reserveCapacity(node.count)
        for element in try array(node) {
            var entry = TypedIdentifier(id: [])
            try closed(element) { field throws(SupplyChainFailure) in
                if field.nameEquals("type") {
                    entry.type = try word(field.value, vocabulary)
                } else if field.nameEquals(key) {
                    entry.id = try value(field.value, "a URI")
                } else {
                    return false
                }
                return true
            }
            guard !entry.id.isEmpty else { throw malformed(element, "a \(key)") }
            list.append(entry)
        }
        return list
    }

    private func persistentDisposition(_ node: JSONNode) throws(SupplyChainFailure) -> PersistentDisposition {
        var disposition = PersistentDisposition()
        try closed(node) { field throws(SupplyChainFailure) in
            let isSet = field.nameEquals("set")
            guard isSet || field.nameEquals("unset") else { return false }
            for element in try array(field.value) {
                let word = try word(element, .disposition)
                if isSet { disposition.set.append(word) } else { disposition.unset.append(word) }
            }
            return true
        }
        return disposition
    }

    private func location(_ node: JSONNode) throws(SupplyChainFailure) -> Location {
        guard node.kind == .object else { throw malformed(node, "an object with an id") }
        var location = Location(id: [])
        for field in node.fields {
            if field.nameEquals("id") {
                location.id = try value(field.value, "a URI")
            } else {
                try appendNodes(field, to: &location.extensions)
            }
        }
        guard !location.id.isEmpty else { throw malformed(node, "an id") }
        return location
    }

    private func errorDeclaration(_ node: JSONNode) throws(SupplyChainFailure) -> ErrorDeclaration {
        guard node.kind == .object else { throw malformed(node, "an error declaration") }
        var declaration = ErrorDeclaration(declarationTime: [])
        for field in node.fields {
            if field.nameEquals("declarationTime") {
                declaration.declarationTime = try text(field.value, "a date-time")
            } else if field.nameEquals("reason") {
                declaration.reason = try word(field.value, .errorReason)
            } else if field.nameEquals("correctiveEventIDs") {
                declaration.correctiveEventIDs = try values(field.value)
            } else {
                try appendNodes(field, to: &declaration.extensions)
            }
        }
        guard !declaration.declarationTime.isEmpty else { throw malformed(node, "a declarationTime") }
        return declaration
    }
}
