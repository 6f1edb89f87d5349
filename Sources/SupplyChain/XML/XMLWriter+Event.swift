extension XMLWriter {
    /// Fields that 1.2 puts into an event's `extension`, and those that only an extension within it can hold.
    private static func layer12(_ field: EventField, of kind: EPCISEvent.Kind) -> Int {
        switch field {
        case .sensorElementList, .persistentDisposition: return kind == .transformation ? 1 : 2
        case .quantityList, .childQuantityList: return 1
        case .sourceList, .destinationList, .ilmd: return kind == .transformation ? 0 : 1
        default: return 0
        }
    }

    mutating func event(_ event: EPCISEvent) throws(SupplyChainFailure) {
        let fields = EventField.fields(of: event.kind)
        let about: [EventField] = [.eventID, .errorDeclaration, .certificationInfo]
        for field in EventField.allCases where event.has(field) {
            guard fields.contains(field) || about.contains(field) || EventField.common.contains(field) else {
                throw inexpressible("\(field.name) in an \(event.kind.name)")
            }
        }
        // Event types that 1.2 learnt late, or never.
        let wrappers = binding == .xml20 ? 0 : event.kind == .transformation ? 1 : event.kind == .association ? 2 : 0
        for _ in 0..<wrappers { open("extension") }
        append("<\(event.kind.name)")
        try attributes(event.extensions)
        append(">")
        for field in EventField.common where event.has(field) { try self.field(field, of: event) }
        try base(about.filter(event.has), of: event)
        // An association event of 1.2 stands where anything may, so its fields need no further wrapping.
        if binding == .xml20 || event.kind == .association {
            for field in fields where event.has(field) { try self.field(field, of: event) }
        } else {
            try layered(fields, of: event)
        }
        try nodes(event.extensions)
        append("</\(event.kind.name)>")
        for _ in 0..<wrappers { close("extension") }
    }

    /// What is about the event itself.
    private mutating func base(_ fields: [EventField], of event: EPCISEvent) throws(SupplyChainFailure) {
        guard binding == .xml12, !fields.isEmpty else {
            for field in fields { try self.field(field, of: event) }
            return
        }
        open("baseExtension")
        for field in fields where field != .certificationInfo { try self.field(field, of: event) }
        if fields.contains(.certificationInfo) {
            open("extension")
            try field(.certificationInfo, of: event)
            close("extension")
        }
        close("baseExtension")
    }

    /// The fields of 1.2, its first extension's, and those within that.
    private mutating func layered(_ fields: [EventField], of event: EPCISEvent) throws(SupplyChainFailure) {
        // Lists that 1.2 wants even where they are empty.
        let required: [EventField] = event.kind == .aggregation ? [.childEPCs] : [.epcList]
        var depth = 0
        for layer in 0...2 {
            let present = fields.filter { field in
                Self.layer12(field, of: event.kind) == layer
                    && (event.has(field) || layer == 0 && event.kind != .transformation && required.contains(field))
            }
            if present.isEmpty { continue }
            while depth < layer {
                open("extension")
                depth += 1
            }
            for field in present { try self.field(field, of: event) }
        }
        for _ in 0..<depth { close("extension") }
    }

    private mutating func field(_ field: EventField, of event: EPCISEvent) throws(SupplyChainFailure) {
        switch field {
        case .eventTime: try element("eventTime", event.eventTime)
        case .recordTime: try element("recordTime", event.recordTime)
        case .eventTimeZoneOffset: try element("eventTimeZoneOffset", event.eventTimeZoneOffset)
        case .eventID: try element("eventID", event.eventID)
        case .errorDeclaration:
            if let declaration = event.errorDeclaration { try errorDeclaration(declaration) }
        case .certificationInfo: for info in event.certificationInfo { try element("certificationInfo", info) }
        case .parentID: try element("parentID", event.parentID)
        case .epcList: try epcs("epcList", event.epcList)
        case .childEPCs: try epcs("childEPCs", event.childEPCs)
        case .inputEPCList: try epcs("inputEPCList", event.inputEPCList)
        case .outputEPCList: try epcs("outputEPCList", event.outputEPCList)
        case .quantityList: try quantities("quantityList", event.quantityList)
        case .childQuantityList: try quantities("childQuantityList", event.childQuantityList)
        case .inputQuantityList: try quantities("inputQuantityList", event.inputQuantityList)
        case .outputQuantityList: try quantities("outputQuantityList", event.outputQuantityList)
        case .transformationID: try element("transformationID", event.transformationID)
        case .action: try element("action", event.action)
        case .bizStep: try element("bizStep", word(event.bizStep, .bizStep))
        case .disposition: try element("disposition", word(event.disposition, .disposition))
        case .persistentDisposition:
            open("persistentDisposition")
            for value in event.persistentDisposition.unset { try element("unset", word(value, .disposition)) }
            for value in event.persistentDisposition.set { try element("set", word(value, .disposition)) }
            close("persistentDisposition")
        case .readPoint: if let location = event.readPoint { try self.location("readPoint", location) }
        case .bizLocation: if let location = event.bizLocation { try self.location("bizLocation", location) }
        case .bizTransactionList:
            try typed("bizTransactionList", "bizTransaction", event.bizTransactionList, .bizTransactionType)
        case .sourceList: try typed("sourceList", "source", event.sourceList, .sourceDestinationType)
        case .destinationList:
            try typed("destinationList", "destination", event.destinationList, .sourceDestinationType)
        case .sensorElementList:
            open("sensorElementList")
            for element in event.sensorElementList { try sensorElement(element) }
            close("sensorElementList")
        case .ilmd:
            append("<ilmd")
            try attributes(event.ilmd ?? [])
            append(">")
            try nodes(event.ilmd ?? [])
            close("ilmd")
        case .type, .context: break
        }
    }

    /// A value of the core vocabulary as this binding spells it.
    func word(_ value: UTF8Text, _ vocabulary: Vocabulary) -> UTF8Text {
        binding == .xml12 ? vocabulary.urn(ofWebURI: value) ?? value : value
    }

    private mutating func epcs(_ name: StaticString, _ list: [UTF8Text]) throws(SupplyChainFailure) {
        open(name)
        for epc in list { try element("epc", epc) }
        close(name)
    }

    private mutating func quantities(_ name: StaticString, _ list: [QuantityElement]) throws(SupplyChainFailure) {
        open(name)
        for quantity in list {
            open("quantityElement")
            try element("epcClass", quantity.epcClass)
            if !quantity.quantity.isEmpty { try element("quantity", decimal(quantity.quantity)) }
            if !quantity.uom.isEmpty { try element("uom", quantity.uom) }
            close("quantityElement")
        }
        close(name)
    }

    /// A number without exponent, which `xsd:decimal` does not know.
    private func decimal(_ value: UTF8Text) -> UTF8Text {
        guard value.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return value }
        var canonical: UTF8Text = []
        return CanonicalNumber.append(value[...], to: &canonical) ? canonical : value
    }

    private mutating func typed(
        _ name: StaticString, _ key: StaticString, _ list: [TypedIdentifier], _ vocabulary: Vocabulary
    ) throws(SupplyChainFailure) {
        open(name)
        for entry in list {
            append("<\(key)")
            if !entry.type.isEmpty { try attribute("type", word(entry.type, vocabulary)) }
            append(">")
            try text(entry.id)
            close(key)
        }
        close(name)
    }

    private mutating func location(_ name: StaticString, _ location: Location) throws(SupplyChainFailure) {
        append("<\(name)")
        try attributes(location.extensions)
        append(">")
        try element("id", location.id)
        try nodes(location.extensions)
        close(name)
    }

    private mutating func errorDeclaration(_ declaration: ErrorDeclaration) throws(SupplyChainFailure) {
        append("<errorDeclaration")
        try attributes(declaration.extensions)
        append(">")
        try element("declarationTime", declaration.declarationTime)
        if !declaration.reason.isEmpty { try element("reason", word(declaration.reason, .errorReason)) }
        if !declaration.correctiveEventIDs.isEmpty {
            open("correctiveEventIDs")
            for id in declaration.correctiveEventIDs { try element("correctiveEventID", id) }
            close("correctiveEventIDs")
        }
        try nodes(declaration.extensions)
        close("errorDeclaration")
    }
}
