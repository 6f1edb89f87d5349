import Codec
import TestSupport

/// Small changes to a JSON document: fields dropped, renamed, added or given another type, word or format.
enum JSONMutation {
    private static let words = [
        "ADD", "OBSERVE", "DELETE", "ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent",
        "AssociationEvent", "EPCISDocument", "EPCISQueryDocument", "example:CustomEvent", "shipping", "in_transit",
        "po", "owning_party", "Temperature", "ALARM_CONDITION", "latitude", "incorrect_data",
        "urn:epcglobal:cbv:bizstep:shipping", "https://ns.gs1.org/cbv/BizStep-shipping", "https://gs1.org/voc/Mass",
        "https://www.gs1.org/voc/Mass", "https://ref.gs1.org/cbv/BizStep-shipping", "urn:epc:id:sgtin:1.2.3", "a b",
        "", "2020-02-30T00:00:00Z", "2020-02-29T23:59:59.5+14:00", "2020-01-01", "+14:00", "+14:01", "-13:59", "+1:00",
        "KGM", "kgm", "0aF", "xyz", "2.0", "2.x", "http://[::1]/x?y#z", "http://a b/",
    ]
    private static let names = [
        "@context", "id", "type", "action", "epcList", "quantityList", "bizStep", "disposition",
        "persistentDisposition",
        "readPoint", "bizLocation", "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "ilmd",
        "parentID", "childEPCs", "childQuantityList", "inputEPCList", "outputEPCList", "inputQuantityList",
        "outputQuantityList", "transformationID", "eventID", "recordTime", "eventTime", "eventTimeZoneOffset",
        "certificationInfo", "errorDeclaration", "set", "unset", "sensorMetadata", "sensorReport", "unknown",
        "example:unknown", "value", "component", "epcClass", "quantity", "uom", "source", "destination",
        "schemaVersion", "creationDate", "epcisBody", "epcisHeader", "eventList", "queryResults", "instanceIdentifier",
    ]

    /// Changes one value, seldom two.
    static func apply(to json: inout JSON, using random: inout SeededGenerator) {
        let rounds = UInt8.random(in: 0..<4, using: &random) == 0 ? 2 : 1
        for _ in 0..<rounds {
            var target = Int.random(in: 0..<size(json), using: &random)
            change(&json, &target, &random)
        }
    }

    private static func size(_ json: JSON) -> Int {
        switch json {
        case .array(let elements): 1 + elements.reduce(0) { $0 + size($1) }
        case .object(let members): 1 + members.reduce(0) { $0 + size($1.value) }
        default: 1
        }
    }

    /// Walks to the value of that number and changes it.
    private static func change(_ json: inout JSON, _ target: inout Int, _ random: inout SeededGenerator) {
        guard target > 0 else {
            target = -1
            json = changed(json, &random)
            return
        }
        target -= 1
        switch json {
        case .array(var elements):
            for index in elements.indices where target >= 0 { change(&elements[index], &target, &random) }
            json = .array(elements)
        case .object(var members):
            for index in members.indices where target >= 0 { change(&members[index].value, &target, &random) }
            json = .object(members)
        default: break
        }
    }

    private static func changed(_ json: JSON, _ random: inout SeededGenerator) -> JSON {
        switch json {
        case .object(var members):
            let index = members.isEmpty ? 0 : Int.random(in: 0..<members.count, using: &random)
            let name = names.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where !members.isEmpty, 1 where !members.isEmpty: members.remove(at: index)
            case 2 where !members.isEmpty: members[index].name = name
            case 3: members.append(.init(name, scalar(&random)))
            case 4: members.append(.init(name, .array([scalar(&random)])))
            default: return scalar(&random)
            }
            return .object(members)
        case .array(var elements):
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return .array([])
            case 1 where !elements.isEmpty: elements.append(elements[0])
            case 2 where !elements.isEmpty: elements.removeLast()
            case 3: elements.append(scalar(&random))
            default: return scalar(&random)
            }
            return .array(elements)
        default: return scalar(&random)
        }
    }

    private static func scalar(_ random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .null
        case 1: .boolean(true)
        case 2: .number("1.5")
        case 3: .array([])
        case 4: .object([])
        default: .string(words.randomElement(using: &random) ?? "")
        }
    }
}

/// Small changes to an XML document, as text; what is no longer well-formed is for the caller to leave out.
enum XMLMutation {
    private static let names = [
        "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "epcList", "epc", "bizStep",
        "disposition", "readPoint", "bizLocation", "bizTransactionList", "sourceList", "destinationList", "ilmd",
        "extension", "baseExtension", "parentID", "childEPCs", "quantityList", "quantityElement", "quantity", "uom",
        "epcClass", "id", "unknown", "ObjectEvent", "TransformationEvent", "QuantityEvent", "AssociationEvent",
        "sensorElementList", "persistentDisposition", "set", "unset", "certificationInfo", "errorDeclaration",
    ]
    private static let values = [
        "ADD", "observe", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "2020-01-01", "2020-01-01T24:00:00Z",
        "2020-01-01T00:00:00+14:00", "2020-01-01T00:00:00.123-05:30", "", "1.5", "x", "-2", "a b", "1e3", "true", "0aF",
        "http://a/%zz", "urn:epc:id:sgtin:1.2.3",
    ]

    static func mutant(of text: String, using random: inout SeededGenerator) -> String? {
        let bytes = Array(text.utf8)
        let opens = bytes.indices.dropLast().filter { bytes[$0] == 0x3c && isNameByte(bytes[$0 + 1]) }
        guard let open = opens.randomElement(using: &random),
            let close = bytes[open...].firstIndex(of: 0x3e)
        else { return nil }
        let nameEnd = bytes[(open + 1)...].firstIndex { !isNameByte($0) } ?? close
        let name = String(decoding: bytes[(open + 1)..<nameEnd], as: UTF8.self)
        let isEmpty = bytes[close - 1] == 0x2f
        let endTag = Array("</\(name)>".utf8)
        let end = isEmpty ? close : bytes.indices[close...].first { bytes[$0...].starts(with: endTag) }
        guard let end else { return nil }
        let after = isEmpty ? close + 1 : end + endTag.count
        let whole = bytes[open..<after]
        let content = isEmpty ? [] : Array(bytes[(close + 1)..<end])
        let other = names.randomElement(using: &random) ?? "x"
        let value = Array((values.randomElement(using: &random) ?? "").utf8)
        var replacement: [UInt8]
        switch Int.random(in: 0..<8, using: &random) {
        case 0: replacement = []
        case 1: replacement = Array(whole) + Array(whole)
        case 2: replacement = Array("<\(other)>".utf8) + content + Array("</\(other)>".utf8)
        case 3: replacement = Array(bytes[open...close]) + value + (isEmpty ? [] : endTag)
        case 4: replacement = Array(whole) + Array("<\(other)>".utf8) + value + Array("</\(other)>".utf8)
        case 5: replacement = Array("<n:\(other) xmlns:n='urn:n'/>".utf8) + Array(whole)
        case 6:
            replacement = Array("<\(name) \(other)='".utf8) + value + Array("'".utf8) + Array(bytes[nameEnd..<after])
        default:
            // The value of the first attribute, or the element's content.
            guard let quote = bytes[nameEnd..<close].firstIndex(where: { $0 == 0x22 || $0 == 0x27 }),
                let last = bytes[(quote + 1)..<close].firstIndex(of: bytes[quote])
            else { return nil }
            replacement = Array(bytes[open...quote]) + value + Array(bytes[last..<after])
        }
        return String(decoding: bytes[..<open] + replacement + bytes[after...], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte == 0x3a || byte &- 0x30 < 10 || byte == 0x5f
    }
}
