package import Codec
package import SchemaValidation

/// EPCIS XML 2.0 and 1.2 documents in the canonical model: the JSON-LD 2.0 form of what they say.
///
/// In 1.2 newer fields hide in `extension` and `baseExtension` elements, which mean nothing; CBV URNs and Web URIs become
/// bare words; extensions keep their prefixes, which become the context. Attributes of `xsi` say how to read XML and are
/// left out.
package enum XMLEvents {
    static let context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    private static let instance = "http://www.w3.org/2001/XMLSchema-instance"

    /// The EPCISDocument in JSON-LD.
    package static func document(of tree: XMLTree) throws(SupplyChainFailure) -> JSON {
        let root = tree.root
        guard root.localName == "EPCISDocument" || root.localName == "EPCISQueryDocument" else {
            throw .malformed(pointer: "/", wanted: "an EPCISDocument")
        }
        guard let created = root.attribute("creationDate") else {
            throw .malformed(pointer: "/creationDate", wanted: "a date-time")
        }
        guard let list = first("EventList", below: root) else {
            throw .malformed(pointer: "/EPCISBody/EventList", wanted: "a list of events")
        }
        var prefixes = Prefixes(taken: valuePrefixes(below: root))
        var events: [JSON] = []
        for element in flattened(list) { events.append(event(element, &prefixes)) }
        var ignored: [JSON.Member] = []
        if let list = first("ignoreFields", below: root), !list.namespace.isEmpty {
            let names = list.elements.map { JSON.string(prefixes.name(of: $0)) }
            ignored = [.init(name: prefixes.name(of: list), value: .array(names))]
        }
        let own = prefixes.json
        let context: JSON =
            own.isEmpty ? .array([.string(Self.context)]) : .array([.string(Self.context), .object(own)])
        return .object(
            [
                .init(name: "@context", value: context),
                .init(name: "type", value: "EPCISDocument"),
                .init(name: "schemaVersion", value: "2.0"),
                .init(name: "creationDate", value: .string(created)),
                .init(name: "epcisBody", value: .object([.init(name: "eventList", value: .array(events))])),
            ] + ignored)
    }

    private static func first(_ name: String, below element: XMLElement) -> XMLElement? {
        for child in element.elements {
            if child.localName == name { return child }
            if let found = first(name, below: child) { return found }
        }
        return nil
    }

    /// Child elements, without the wrappers of 1.2.
    private static func flattened(_ element: XMLElement) -> [XMLElement] {
        element.elements.flatMap { child in
            child.namespace.isEmpty && (child.localName == "extension" || child.localName == "baseExtension")
                ? flattened(child) : [child]
        }
    }

    // MARK: Events

    private static func event(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        var members = [JSON.Member(name: "type", value: .string(element.localName))]
        add(flattened(element), to: &members, &prefixes, convert: field)
        return .object(members)
    }

    /// Adds one member for each name; elements that repeat become a list.
    private static func add(
        _ elements: [XMLElement], to members: inout [JSON.Member], _ prefixes: inout Prefixes,
        convert: (XMLElement, inout Prefixes) -> JSON
    ) {
        for element in elements {
            let name = prefixes.name(of: element)
            let value = convert(element, &prefixes)
            guard let index = members.firstIndex(where: { $0.name == name }) else {
                members.append(.init(name: name, value: value))
                continue
            }
            if case .array(let items) = members[index].value {
                members[index].value = .array(items + [value])
            } else {
                members[index].value = .array([members[index].value, value])
            }
        }
    }

    private static func field(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        guard element.namespace.isEmpty else { return general(element, &prefixes) }
        switch element.localName {
        case "epcList", "childEPCs", "inputEPCList", "outputEPCList", "correctiveEventIDs":
            return .array(element.elements.map { .string($0.trimmedText) })
        case "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList":
            return .array(element.elements.map { quantity($0, &prefixes) })
        case "bizTransactionList": return .array(element.elements.map { typed($0, "bizTransaction", "BTT-", "btt:") })
        case "sourceList": return .array(element.elements.map { typed($0, "source", "SDT-", "sdt:") })
        case "destinationList": return .array(element.elements.map { typed($0, "destination", "SDT-", "sdt:") })
        case "bizStep": return word(element.trimmedText, "BizStep-", "bizstep:")
        case "disposition": return word(element.trimmedText, "Disp-", "disp:")
        case "persistentDisposition":
            return .object(
                ["set", "unset"].compactMap { name in
                    let values = element.elements.filter { $0.localName == name }
                    return values.isEmpty
                        ? nil
                        : JSON.Member(
                            name: name, value: .array(values.map { word($0.trimmedText, "Disp-", "disp:") }))
                })
        case "sensorElementList": return .array(element.elements.map { sensor($0, &prefixes) })
        case "errorDeclaration": return error(element, &prefixes)
        case "readPoint", "bizLocation", "ilmd":
            var members: [JSON.Member] = []
            add(flattened(element), to: &members, &prefixes, convert: general)
            return .object(members)
        default: return general(element, &prefixes)
        }
    }

    private static func quantity(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        .object(
            element.elements.map { child in
                let text = child.trimmedText
                return .init(name: child.localName, value: child.localName == "quantity" ? number(text) : .string(text))
            })
    }

    private static func typed(_ element: XMLElement, _ name: String, _ kind: String, _ urn: String) -> JSON {
        var members: [JSON.Member] = []
        if let type = element.attribute("type") { members.append(.init(name: "type", value: word(type, kind, urn))) }
        members.append(.init(name: name, value: .string(element.trimmedText)))
        return .object(members)
    }

    private static let numbers: Set<String> = [
        "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue",
    ]

    private static func sensor(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        var members: [JSON.Member] = []
        var reports: [JSON] = []
        for child in flattened(element) {
            if child.namespace.isEmpty, child.localName == "sensorMetadata" {
                members.append(.init(name: "sensorMetadata", value: attributes(child, &prefixes)))
            } else if child.namespace.isEmpty, child.localName == "sensorReport" {
                reports.append(attributes(child, &prefixes))
            } else {
                add([child], to: &members, &prefixes, convert: general)
            }
        }
        members.append(.init(name: "sensorReport", value: .array(reports)))
        return .object(members)
    }

    private static func attributes(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        var members: [JSON.Member] = []
        for attribute in element.attributes where attribute.name.namespace != instance {
            let name = prefixes.name(of: attribute)
            let value: JSON
            switch name {
            case "type", "exception": value = .string(bare(attribute.value, ["gs1:", "https://gs1.org/voc/"]))
            case "component":
                value = .string(
                    bare(attribute.value, ["cbv:Comp-", "https://ref.gs1.org/cbv/Comp-", "urn:epcglobal:cbv:comp:"]))
            case "booleanValue": value = .boolean(attribute.value == "true" || attribute.value == "1")
            default: value = numbers.contains(name) ? number(attribute.value) : .string(attribute.value)
            }
            members.append(.init(name: name, value: value))
        }
        return .object(members)
    }

    private static func error(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        var members: [JSON.Member] = []
        add(flattened(element), to: &members, &prefixes) { child, prefixes in
            child.namespace.isEmpty && child.localName == "reason"
                ? word(child.trimmedText, "ER-", "er:") : field(child, &prefixes)
        }
        return .object(members)
    }

    // MARK: Values

    /// A CBV value as a bare word; other vocabularies stay as they are.
    private static func word(_ text: String, _ kind: String, _ urn: String) -> JSON {
        .string(bare(text, ["urn:epcglobal:cbv:" + urn, "https://ref.gs1.org/cbv/" + kind, "cbv:" + kind]))
    }

    private static func bare(_ text: String, _ heads: [String]) -> String {
        for head in heads where text.hasPrefix(head) { return String(text.dropFirst(head.count)) }
        return text
    }

    /// A decimal number in JSON's spelling, else the text.
    private static func number(_ text: String) -> JSON {
        if (try? JSONDocument(parsing: Array(text.utf8)))?.root.kind == .number { return .number(text) }
        return CBVNumber.normalized(text).map { .number($0) } ?? .string(text)
    }

    /// An extension: text, or an object of attributes and elements.
    private static func general(_ element: XMLElement, _ prefixes: inout Prefixes) -> JSON {
        var members: [JSON.Member] = []
        for attribute in element.attributes where attribute.name.namespace != instance {
            members.append(.init(name: prefixes.name(of: attribute), value: .string(attribute.value)))
        }
        add(flattened(element), to: &members, &prefixes, convert: general)
        let text = element.trimmedText
        if members.isEmpty { return .string(text) }
        if !text.isEmpty { members.append(.init(name: "#text", value: .string(text))) }
        return .object(members)
    }

    /// What stands before a colon in values: such a value is opaque in XML, so no prefix of that name may give it another
    /// meaning in JSON-LD.
    private static func valuePrefixes(below element: XMLElement) -> Set<String> {
        var found: Set<String> = []
        func take(_ value: String) {
            if let colon = value.firstIndex(of: ":") { found.insert(String(value[..<colon])) }
        }
        for attribute in element.attributes { take(attribute.value) }
        for child in element.elements {
            if child.isEmpty || child.elements.first(where: { _ in true }) == nil { take(child.trimmedText) }
            found.formUnion(valuePrefixes(below: child))
        }
        return found
    }

    /// Prefixes of extension namespaces, as the document names them; one that is taken gets a number.
    private struct Prefixes {
        let taken: Set<String>
        private var byNamespace: [String: String] = [:]
        private var order: [String] = []

        init(taken: Set<String>) { self.taken = taken }

        mutating func name(of element: XMLElement) -> String {
            name(element.localName, element.namespace, element.prefix)
        }

        mutating func name(of attribute: XMLAttribute) -> String {
            name(attribute.name.localName, attribute.name.namespace, attribute.prefix)
        }

        private mutating func name(_ local: String, _ namespace: String, _ prefix: String) -> String {
            guard !namespace.isEmpty else { return local }
            if let known = byNamespace[namespace] { return known + ":" + local }
            var candidate = prefix.isEmpty ? "ext" : prefix
            var count = 1
            while byNamespace.values.contains(candidate) || taken.contains(candidate) {
                count += 1
                candidate = (prefix.isEmpty ? "ext" : prefix) + String(count)
            }
            byNamespace[namespace] = candidate
            order.append(namespace)
            return candidate + ":" + local
        }

        var json: [JSON.Member] {
            order.map { JSON.Member(name: byNamespace[$0] ?? "", value: .string($0)) }
        }
    }
}
