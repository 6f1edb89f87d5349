package import Codec

/// A field of an event as the hash sees it: a name (extensions as `{namespace}local`), a text, and fields below it.
struct EventField {
    var name: String
    var text: String
    var fields: [EventField]

    init(_ name: String, _ text: String = "", _ fields: [EventField] = []) {
        self.name = name
        self.text = text
        self.fields = fields
    }

    var isExtension: Bool { name.utf8.first == UInt8(ascii: "{") }
}

/// Prefixes that a document's context declares.
package struct Namespaces: Sendable {
    private var byPrefix: [String: String] = [:]

    package init() {}

    /// Takes prefixes over from a JSON-LD context: an object, or a list that holds some.
    ///
    /// Remote contexts are opaque.
    package mutating func take(_ context: JSONNode?) {
        guard let context else { return }
        switch context.kind {
        case .array: for item in context.elements { take(item) }
        case .object:
            for member in context.members {
                if let text = member.value.string { byPrefix[member.name] = text }
            }
        default: break
        }
    }

    /// The expanded names that a document's `ignoreFields` list leaves out of the hash.
    package func ignoredFields(of document: JSONNode) -> Set<String> {
        var names: Set<String> = []
        for scope in [document, document["epcisBody"], document["epcisBody"]?["queryResults"]].compactMap({ $0 }) {
            for member in scope.members where member.name.hasSuffix("ignoreFields") {
                for item in member.value.elements { names.insert(expanded(name: item.string ?? "")) }
            }
        }
        return names
    }

    func expanded(name: String) -> String {
        guard let colon = name.firstIndex(of: ":"), let namespace = byPrefix[String(name[..<colon])] else {
            return name
        }
        return "{\(namespace)}" + name[name.index(after: colon)...]
    }

    func expanded(value: String) -> String {
        guard let colon = value.firstIndex(of: ":") else { return value }
        let prefix = String(value[..<colon])
        let rest = value[value.index(after: colon)...]
        if rest.hasPrefix("//") { return value }
        if let namespace = byPrefix[prefix] { return namespace + rest }
        switch prefix {
        case "gs1": return "https://gs1.org/voc/" + rest
        case "cbv": return "https://ref.gs1.org/cbv/" + rest
        default: return value
        }
    }
}

/// Turns an event's JSON-LD into fields.
struct EventFieldReader {
    let namespaces: Namespaces
    /// Expanded names that the document asks to leave out.
    var ignored: Set<String> = []

    /// What never enters the hash (CBV 2.0 §8.9).
    private static let left: Set<String> = [
        "recordTime", "eventID", "errorDeclaration", "type", "@context", "rdfs:comment", "comment",
    ]

    func fields(of event: JSONNode) -> [EventField] {
        event.members.flatMap { member -> [EventField] in
            let name = member.name
            return Self.left.contains(name) ? [] : fields(name, member.value).filter { !ignored.contains($0.name) }
        }
    }

    /// The fields that one member stands for.
    private func fields(_ name: String, _ value: JSONNode) -> [EventField] {
        switch name {
        case "epcList": [EventField(name, "", texts("epc", value))]
        case "inputEPCList", "outputEPCList", "childEPCs": [EventField(name, "", texts("epc", value))]
        case "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList":
            [EventField(name, "", value.elements.map { EventField("quantityElement", "", children($0)) })]
        case "bizTransactionList": [EventField(name, "", value.elements.map { typed("bizTransaction", $0, "BTT-") })]
        case "sourceList": [EventField(name, "", value.elements.map { typed("source", $0, "SDT-") })]
        case "destinationList": [EventField(name, "", value.elements.map { typed("destination", $0, "SDT-") })]
        case "sensorElementList":
            [EventField(name, "", value.elements.map { EventField("sensorElement", "", children($0)) })]
        case "bizStep": [EventField(name, word(value, "https://ref.gs1.org/cbv/BizStep-"))]
        case "disposition": [EventField(name, word(value, "https://ref.gs1.org/cbv/Disp-"))]
        case "persistentDisposition":
            [
                EventField(
                    name, "",
                    value.members.flatMap { member in
                        member.value.elements.map {
                            EventField(member.name, word($0, "https://ref.gs1.org/cbv/Disp-"))
                        }
                    })
            ]
        default: general(name, value)
        }
    }

    private func general(_ name: String, _ value: JSONNode) -> [EventField] {
        let expanded = namespaces.expanded(name: name)
        switch value.kind {
        case .array:
            // An extension's list follows the pattern of the standard ones: xList holds x.
            if expanded.utf8.count > 4, expanded.hasSuffix("List") {
                let item = String(expanded.dropLast(4))
                return [EventField(expanded, "", value.elements.map { EventField(item, text($0), children($0)) })]
            }
            return value.elements.map { EventField(expanded, text($0), children($0)) }
        default: return [EventField(expanded, text(value), children(value))]
        }
    }

    private func children(_ node: JSONNode) -> [EventField] {
        guard node.kind == .object else { return [] }
        return node.members.flatMap { member -> [EventField] in
            switch member.name {
            case "#text", "rdfs:comment", "comment", "@context": []
            case "type": [EventField("type", word(member.value, "https://gs1.org/voc/"))]
            case "exception": [EventField("exception", word(member.value, "https://gs1.org/voc/"))]
            case "component": [EventField("component", word(member.value, "https://ref.gs1.org/cbv/Comp-"))]
            default: general(member.name, member.value)
            }
        }
    }

    /// `type` stands before the value in every published hash, though the prose says after.
    private func typed(_ name: String, _ node: JSONNode, _ kind: String) -> EventField {
        var fields: [EventField] = []
        if let type = node["type"] { fields.append(EventField("type", word(type, "https://ref.gs1.org/cbv/" + kind))) }
        if let value = node[name] { fields.append(EventField(name, text(value))) }
        return EventField("", "", fields)
    }

    private func texts(_ name: String, _ value: JSONNode) -> [EventField] {
        value.elements.map { EventField(name, text($0)) }
    }

    /// A CBV value: a bare word becomes a Web URI.
    private func word(_ node: JSONNode, _ vocabulary: String) -> String {
        let value = text(node)
        return value.isEmpty || value.utf8.contains(UInt8(ascii: ":")) ? value : vocabulary + value
    }

    private func text(_ node: JSONNode) -> String {
        switch node.kind {
        case .string: namespaces.expanded(value: node.string ?? "")
        case .number: node.numberLexeme ?? ""
        case .boolean: node.bool == true ? "true" : "false"
        case .object: node["#text"].map(text) ?? ""
        case .null, .array: ""
        }
    }
}
