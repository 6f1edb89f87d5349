package import Codec
import Cryptography

/// The CBV 2.0 event hash (§8.9): what an event says, whoever spells it.
///
/// Two field orders are in use. The reference program's is in every published vector; the standard's prose orders the
/// fields otherwise. Both are here, the program's is the default.
package enum EventHash {
    /// In which order fields are concatenated.
    package enum Order: Sendable {
        case referenceProgram
        case standardText
    }

    /// `ni:///sha-256;<hex>?ver=CBV2.0` of an event.
    ///
    /// `ignored`: expanded names that the event's document asks to leave out.
    package static func compute(
        _ event: JSONNode, namespaces: Namespaces, ignoring ignored: Set<String> = [], order: Order = .referenceProgram
    ) -> String {
        let text = prehash(event, namespaces: namespaces, ignoring: ignored, order: order)
        return "ni:///sha-256;" + SHA256.hash(Array(text.utf8)).hex + "?ver=CBV2.0"
    }

    /// The hash of the one event of a record's document; nil where it is no EPCIS document with one event.
    package static func compute(document: [UInt8], order: Order = .referenceProgram) -> String? {
        guard let root = try? JSONDocument(parsing: document).root,
            let list = root["epcisBody"]?["eventList"], list.count == 1,
            let event = list.elements.first(where: { _ in true }), event["type"]?.string != nil
        else { return nil }
        var namespaces = Namespaces()
        namespaces.take(root["@context"])
        namespaces.take(event["@context"])
        return compute(event, namespaces: namespaces, order: order)
    }

    /// The text that is hashed.
    package static func prehash(
        _ event: JSONNode, namespaces: Namespaces, ignoring ignored: Set<String> = [], order: Order = .referenceProgram
    ) -> String {
        var fields = EventFieldReader(namespaces: namespaces, ignored: ignored).fields(of: event)
        let head = "eventType=" + (event["type"]?.string ?? "")
        switch order {
        case .referenceProgram: return head + ordered(&fields, FieldOrder.program) + general(fields)
        case .standardText:
            return head + ordered(&fields, FieldOrder.standard) + general(fields)
        }
    }

    // MARK: Concatenation

    /// Takes the named fields in order, children sorted by the bytes of their finished texts; what is left stays.
    private static func ordered(_ fields: inout [EventField], _ order: [FieldOrder]) -> String {
        var extensions: [EventField] = []
        let isTopLevel = fields.contains { $0.name.contains("eventTime") || $0.name.contains("action") }
        if fields.count > 1, !isTopLevel {
            // Within readPoint, sensor elements and the like, extensions stand at the end of their parent.
            extensions = fields.filter { $0.isExtension && $0.name.contains("/}") }
            fields.removeAll { $0.isExtension && $0.name.contains("/}") }
        }
        var output = ""
        for item in order {
            var texts: [String] = []
            for index in fields.indices where fields[index].name == item.name {
                texts.append(text(of: &fields[index], item))
            }
            fields.removeAll { $0.name == item.name && $0.fields.isEmpty }
            texts.removeAll(where: \.isEmpty)
            texts.sort(by: precedes)
            output += texts.joined()
        }
        return extensions.isEmpty ? output : output + general(extensions)
    }

    private static func text(of field: inout EventField, _ item: FieldOrder) -> String {
        if item.isGeneral {
            defer { field.fields = [] }
            return general([field])
        }
        let below = item.children.isEmpty ? "" : ordered(&field.fields, item.children)
        var own = trimmed(field.text)
        if !own.isEmpty { own = "=" + (isTime(field.name) ? CBVTime.normalized(own) : canonical(own)) }
        return own.isEmpty && below.isEmpty ? "" : field.name + own + below
    }

    /// Fields without an order of their own: every one with all that is below it, sorted.
    private static func general(_ fields: [EventField]) -> String {
        var texts = fields.map { field in
            let own = trimmed(field.text)
            return field.name + (own.isEmpty ? "" : "=" + canonical(own)) + general(field.fields)
        }
        // A type stands before what it is the type of.
        let isTyped = fields.contains { ["bizTransaction", "source", "destination"].contains($0.name) }
        if texts.count > 1, !isTyped { texts.sort(by: precedes) }
        return texts.joined()
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    // MARK: Values

    private static func isTime(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.contains("time") && !lower.contains("offset")
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            first.properties.isWhitespace || last.properties.isWhitespace
        else { return text }
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        let end = scalars.lastIndex { !$0.properties.isWhitespace }
        return end.map { String(scalars[...$0]) } ?? ""
    }

    private static let vocabularies: [(urn: String, uri: String)] = [
        ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"),
        ("urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"),
        ("urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"),
        ("urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"),
        ("urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"),
    ]

    private static func canonical(_ text: String) -> String {
        for (urn, uri) in vocabularies where text.hasPrefix(urn) { return uri + text.dropFirst(urn.count) }
        if let number = CBVNumber.normalized(text) { return number }
        return GS1Identifier.canonical(text) ?? text
    }
}

/// One field in an order, with the order of what is below it.
struct FieldOrder: Sendable {
    var name: String
    var children: [FieldOrder] = []
    /// Whether all that is below is taken in the general way.
    var isGeneral = false

    init(_ name: String, _ children: [FieldOrder] = [], isGeneral: Bool = false) {
        self.name = name
        self.children = children
        self.isGeneral = isGeneral
    }

    private static func names(_ list: String) -> [FieldOrder] {
        list.split(separator: " ").map { FieldOrder(String($0)) }
    }
    private static let epcs = names("epc")
    private static let quantities = [FieldOrder("quantityElement", names("epcClass quantity uom"))]
    private static let sensors = [
        FieldOrder(
            "sensorElement",
            [
                FieldOrder(
                    "sensorMetadata",
                    names("time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules")),
                FieldOrder(
                    "sensorReport",
                    names(
                        "type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism "
                            + "chemicalSubstance value component stringValue booleanValue hexBinaryValue uriValue minValue "
                            + "maxValue meanValue sDev percRank percValue uom coordinateReferenceSystem")),
            ])
    ]
    private static let places = [FieldOrder("readPoint", names("id")), FieldOrder("bizLocation", names("id"))]
    private static let middle =
        [
            FieldOrder("inputEPCList", epcs), FieldOrder("childEPCs", epcs), FieldOrder("quantityList", quantities),
            FieldOrder("childQuantityList", quantities), FieldOrder("inputQuantityList", quantities),
            FieldOrder("outputEPCList", epcs), FieldOrder("outputQuantityList", quantities),
        ]
        + names("action transformationID bizStep disposition")
        + [FieldOrder("persistentDisposition", names("set unset"))] + places

    /// The reference program's (what follows is sorted by its bytes).
    static let program =
        names("eventTime eventTimeZoneOffset certificationInfo parentID") + [FieldOrder("epcList", epcs)] + middle
        + [FieldOrder("sensorElementList", sensors)]

    /// The prose table's of CBV 2.0 §8.9.
    static let standard =
        names("eventTime eventTimeZoneOffset") + [FieldOrder("epcList", epcs)] + names("parentID") + middle
        + [
            FieldOrder("bizTransactionList", isGeneral: true), FieldOrder("sourceList", isGeneral: true),
            FieldOrder("destinationList", isGeneral: true), FieldOrder("sensorElementList", sensors),
            FieldOrder("ilmd", isGeneral: true),
        ]
}

/// Numbers in one spelling: no sign padding, no leading or trailing zeros (rule 4).
enum CBVNumber {
    /// Nil where the text is no decimal number.
    static func normalized(_ text: String) -> String? {
        guard isDecimal(text.utf8), let value = Double(text), value.isFinite else { return nil }
        if value.magnitude >= 0x1p63 { return (value < 0 ? "-" : "") + integerDigits(value.magnitude) }
        return value == value.rounded(.towardZero) ? String(Int64(value)) : "\(value)"
    }

    /// All digits of a double of 2^63 or above, which is an integer: what the reference program prints for a number with
    /// more digits than a double holds.
    private static func integerDigits(_ value: Double) -> String {
        let base: UInt64 = 1_000_000_000
        // Limbs of nine digits, the lowest first.
        var limbs: [UInt64] = []
        var rest = value.significandBitPattern | 1 << 52
        while rest > 0 {
            limbs.append(rest % base)
            rest /= base
        }
        var shift = Int(value.exponent) - 52
        while shift > 0 {
            let step = min(shift, 30)
            var carry: UInt64 = 0
            for index in limbs.indices {
                let product = limbs[index] << UInt64(step) + carry
                limbs[index] = product % base
                carry = product / base
            }
            while carry > 0 {
                limbs.append(carry % base)
                carry /= base
            }
            shift -= step
        }
        return limbs.dropLast().reversed().reduce(String(limbs.last ?? 0)) { text, limb in
            let digits = String(limb)
            return text + String(repeating: "0", count: 9 - digits.utf8.count) + digits
        }
    }

    private static func isDecimal(_ utf8: String.UTF8View) -> Bool {
        var rest = utf8[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        func digits() -> Int {
            let count = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
            rest.removeFirst(count)
            return count
        }
        var count = digits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            count += digits()
        }
        guard count > 0 else { return false }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
