import Codec

extension EPCISDocument {
    /// The document in JSON-LD 2.0, in the canonical text of RFC 8785.
    ///
    /// A single event is written as a document with one event.
    /// - Throws: `notExpressible`, `number`.
    package func jsonLD() throws(SupplyChainFailure) -> [UInt8] {
        let writer = try JSONLDWriter(events: events, of: self)
        var list: [JSON] = []
        list.reserveCapacity(events.count)
        for (index, event) in events.enumerated() { list.append(try writer.json(event, index: index)) }
        var members: [JSON.Member] = [.init("@context", writer.context)]
        let body: JSON
        if case .query(let name, let subscriptionID) = kind {
            members.append(.init("type", "EPCISQueryDocument"))
            var results: [JSON.Member] = [.init("queryName", .text(name))]
            if !subscriptionID.isEmpty { results.append(.init("subscriptionID", .text(subscriptionID))) }
            results.append(.init("resultsBody", ["eventList": .array(list)]))
            body = ["queryResults": .object(results)]
        } else {
            members.append(.init("type", "EPCISDocument"))
            body = ["eventList": .array(list)]
        }
        if !schemaVersion.isEmpty { members.append(.init("schemaVersion", .text(schemaVersion))) }
        if !creationDate.isEmpty { members.append(.init("creationDate", .text(creationDate))) }
        if let ignored = writer.ignoredFields(self) { members.append(ignored) }
        members.append(.init("epcisBody", body))
        do { return try JCS.canonicalize(.object(members)) } catch { throw .number(error) }
    }
}

/// Writes the JSON-LD binding (EPCIS 2.0 §10).
struct JSONLDWriter {
    private let prefixes: PrefixChoice

    private static let contextURI = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    /// For the member that names fields to leave out of the hash, which has no namespace of its own in the model.
    private static let ownNamespace = EPCISNamespace(
        prefix: Array("vivian".utf8), uri: Array("urn:vivian:epcis:".utf8))

    init(events: [EPCISEvent], of document: EPCISDocument, firstIndex: Int = 0) throws(SupplyChainFailure) {
        var events = events
        if !document.ignoredFields.isEmpty, !events.isEmpty {
            // Names that are to be left out want prefixes as well.
            events[0].extensions += document.ignoredFields.map { ExtensionNode(name: $0) }
            events[0].extensions.append(
                ExtensionNode(name: EPCISName(namespace: Self.ownNamespace.uri, local: Array("ignoreFields".utf8))))
        }
        prefixes = PrefixChoice(
            for: events, preferring: document.namespaces + [Self.ownNamespace], reserved: Prefixes.reserved,
            expandsValues: true)
    }

    /// The GS1 context, and the prefixes that the events use.
    var context: JSON {
        var context: [JSON] = [.string(Self.contextURI)]
        if !prefixes.chosen.isEmpty {
            context.append(
                .object(prefixes.chosen.map { .init(String(decoding: $0.prefix, as: UTF8.self), .text($0.uri)) }))
        }
        return .array(context)
    }

    /// The member that names fields to leave out of the hash.
    func ignoredFields(_ document: EPCISDocument) -> JSON.Member? {
        guard !document.ignoredFields.isEmpty else { return nil }
        let name = EPCISName(namespace: Self.ownNamespace.uri, local: Array("ignoreFields".utf8))
        return .init(key(name), .array(document.ignoredFields.map { .string(key($0)) }))
    }

    func key(_ name: EPCISName) -> String {
        let local = String(decoding: name.local, as: UTF8.self)
        if name.namespace.isEmpty { return local }
        return String(decoding: prefixes.prefix(of: name.namespace), as: UTF8.self) + ":" + local
    }

    func json(_ event: EPCISEvent, index: Int) throws(SupplyChainFailure) -> JSON {
        var members: [JSON.Member] = [.init("type", .string("\(event.kind.name)"))]
        for field in EventField.allCases where event.has(field) {
            members.append(.init("\(field.name)", try json(field, of: event, index)))
        }
        members += try self.members(event.extensions, index)
        return .object(members)
    }

    private func json(_ field: EventField, of event: EPCISEvent, _ index: Int) throws(SupplyChainFailure) -> JSON {
        switch field {
        case .eventTime: .text(event.eventTime)
        case .recordTime: .text(event.recordTime)
        case .eventTimeZoneOffset: .text(event.eventTimeZoneOffset)
        case .eventID: .text(event.eventID)
        case .errorDeclaration: try json(event.errorDeclaration, index)
        case .certificationInfo:
            event.certificationInfo.count == 1 ? .text(event.certificationInfo[0]) : texts(event.certificationInfo)
        case .parentID: .text(event.parentID)
        case .epcList: texts(event.epcList)
        case .childEPCs: texts(event.childEPCs)
        case .inputEPCList: texts(event.inputEPCList)
        case .outputEPCList: texts(event.outputEPCList)
        case .quantityList: quantities(event.quantityList)
        case .childQuantityList: quantities(event.childQuantityList)
        case .inputQuantityList: quantities(event.inputQuantityList)
        case .outputQuantityList: quantities(event.outputQuantityList)
        case .transformationID: .text(event.transformationID)
        case .action: .text(event.action)
        case .bizStep: word(event.bizStep, .bizStep)
        case .disposition: word(event.disposition, .disposition)
        case .persistentDisposition: json(event.persistentDisposition)
        case .readPoint: try json(event.readPoint, index)
        case .bizLocation: try json(event.bizLocation, index)
        case .bizTransactionList: typed(event.bizTransactionList, "bizTransaction", .bizTransactionType)
        case .sourceList: typed(event.sourceList, "source", .sourceDestinationType)
        case .destinationList: typed(event.destinationList, "destination", .sourceDestinationType)
        case .sensorElementList: .array(try mapped(event.sensorElementList, index, json))
        case .ilmd: .object(try members(event.ilmd ?? [], index))
        case .type, .context: .null
        }
    }

    private func texts(_ values: [UTF8Text]) -> JSON { .array(values.map { .text($0) }) }

    private func word(_ value: UTF8Text, _ vocabulary: Vocabulary) -> JSON {
        .text(vocabulary.word(ofWebURI: value) ?? value)
    }

    private func quantities(_ list: [QuantityElement]) -> JSON {
        .array(
            list.map { element in
                var members: [JSON.Member] = [.init("epcClass", .text(element.epcClass))]
                if !element.quantity.isEmpty { members.append(.init("quantity", number(element.quantity))) }
                if !element.uom.isEmpty { members.append(.init("uom", .text(element.uom))) }
                return .object(members)
            })
    }

    private func typed(_ list: [TypedIdentifier], _ key: String, _ vocabulary: Vocabulary) -> JSON {
        .array(
            list.map { entry in
                var members: [JSON.Member] = []
                if !entry.type.isEmpty { members.append(.init("type", word(entry.type, vocabulary))) }
                members.append(.init(key, .text(entry.id)))
                return .object(members)
            })
    }

    private func json(_ disposition: PersistentDisposition) -> JSON {
        var members: [JSON.Member] = []
        for (name, words) in [("set", disposition.set), ("unset", disposition.unset)] where !words.isEmpty {
            members.append(.init(name, .array(words.map { word($0, .disposition) })))
        }
        return .object(members)
    }

    private func json(_ location: Location?, _ index: Int) throws(SupplyChainFailure) -> JSON {
        guard let location else { return .null }
        return .object([.init("id", .text(location.id))] + (try members(location.extensions, index)))
    }

    private func json(_ declaration: ErrorDeclaration?, _ index: Int) throws(SupplyChainFailure) -> JSON {
        guard let declaration else { return .null }
        var members: [JSON.Member] = [.init("declarationTime", .text(declaration.declarationTime))]
        if !declaration.reason.isEmpty { members.append(.init("reason", word(declaration.reason, .errorReason))) }
        if !declaration.correctiveEventIDs.isEmpty {
            members.append(.init("correctiveEventIDs", texts(declaration.correctiveEventIDs)))
        }
        return .object(members + (try self.members(declaration.extensions, index)))
    }

    private func json(_ element: SensorElement, _ index: Int) throws(SupplyChainFailure) -> JSON {
        var members: [JSON.Member] = []
        if let metadata = element.metadata { members.append(.init("sensorMetadata", try json(metadata, index))) }
        if !element.reports.isEmpty {
            members.append(.init("sensorReport", .array(try mapped(element.reports, index, json))))
        }
        return .object(members + (try self.members(element.extensions, index)))
    }

    private func json<Field>(_ fields: SensorFields<Field>, _ index: Int) throws(SupplyChainFailure) -> JSON {
        var members: [JSON.Member] = []
        for field in Field.ordered where !fields[field].isEmpty {
            let value = fields[field]
            let json: JSON =
                switch field.form {
                case .text, .time: .text(value)
                case .number: number(value)
                case .boolean: boolean(value)
                case .vocabulary(let vocabulary): word(value, vocabulary)
                }
            members.append(.init("\(field.name)", json))
        }
        return .object(members + (try self.members(fields.extensions, index)))
    }

    /// A number, or text where JSON has no such number (`INF`): both hash alike.
    func number(_ value: UTF8Text) -> JSON {
        let value = CanonicalValue.trimmed(value[...])
        var canonical: UTF8Text = []
        guard !value.isEmpty, CanonicalNumber.append(value, to: &canonical) else { return .text(Array(value)) }
        return .number(String(decoding: canonical, as: UTF8.self))
    }

    func boolean(_ value: UTF8Text) -> JSON {
        if StaticString("true").isEqual(to: value) { return true }
        if StaticString("false").isEqual(to: value) { return false }
        return .text(value)
    }

    private func mapped<Element>(
        _ elements: [Element], _ index: Int, _ write: (Element, Int) throws(SupplyChainFailure) -> JSON
    ) throws(SupplyChainFailure) -> [JSON] {
        var list: [JSON] = []
        list.reserveCapacity(elements.count)
        for element in elements { list.append(try write(element, index)) }
        return list
    }
}

extension JSON {
    static func text(_ value: UTF8Text) -> JSON { .string(String(decoding: value, as: UTF8.self)) }
}
