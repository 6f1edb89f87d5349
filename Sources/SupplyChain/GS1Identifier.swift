/// GS1 identifiers in their canonical Digital Link spelling, as the CBV 2.0 event hash wants them (§8.9): EPC URNs,
/// classes, patterns and any Digital Link become `https://id.gs1.org/...` with the finest key only.
package enum GS1Identifier {
    private static let domain = "https://id.gs1.org/"

    /// The canonical form of an identifier; nil where it is none, so that the value stays as it is.
    package static func canonical(_ uri: String) -> String? {
        let utf8 = uri.utf8
        if utf8.starts(with: "urn:epc:".utf8) { return epc(uri) }
        if utf8.starts(with: "http://".utf8) || utf8.starts(with: "https://".utf8) { return digitalLink(uri) }
        return nil
    }

    // MARK: EPC URNs

    /// How a scheme's company prefix and reference make a key.
    private struct Scheme {
        /// Application identifier.
        var key: String
        /// Digits of prefix and reference together, or nil where the reference is free text.
        var digits: Int?
        /// Where the reference's first digit goes in front (GTIN indicator, SSCC extension).
        var leadsWithReference = false
        /// A zero in front (GRAI).
        var leadingZero = false
        var hasCheckDigit = true
        /// What follows the reference: key of the qualifier, or "" where it is appended to the key; nil for nothing.
        var serial: String?
        var serialMax = 0
        var serialIsNumeric = false
    }

    private static let schemes: [String: Scheme] = [
        "id:sgtin": Scheme(key: "01", digits: 13, leadsWithReference: true, serial: "21", serialMax: 20),
        "class:lgtin": Scheme(key: "01", digits: 13, leadsWithReference: true, serial: "10", serialMax: 20),
        "id:upui": Scheme(key: "01", digits: 13, leadsWithReference: true, serial: "235", serialMax: 28),
        "id:sscc": Scheme(key: "00", digits: 17, leadsWithReference: true),
        "id:sgln": Scheme(key: "414", digits: 12, serial: "254", serialMax: 20),
        "id:pgln": Scheme(key: "417", digits: 12),
        "id:grai": Scheme(key: "8003", digits: 12, leadingZero: true, serial: "", serialMax: 16),
        "id:gdti": Scheme(key: "253", digits: 12, serial: "", serialMax: 20),
        "id:sgcn": Scheme(key: "255", digits: 12, serial: "", serialMax: 12, serialIsNumeric: true),
        "id:gsrn": Scheme(key: "8018", digits: 17),
        "id:gsrnp": Scheme(key: "8017", digits: 17),
        "id:gsin": Scheme(key: "402", digits: 16),
        "idpat:sgtin": Scheme(key: "01", digits: 13, leadsWithReference: true, serial: "*"),
        "idpat:upui": Scheme(key: "01", digits: 13, leadsWithReference: true, serial: "*"),
        "idpat:grai": Scheme(key: "8003", digits: 12, leadingZero: true, serial: "*"),
        "idpat:gdti": Scheme(key: "253", digits: 12, serial: "*"),
        "idpat:sgcn": Scheme(key: "255", digits: 12, serial: "*"),
    ]

    private static func epc(_ uri: String) -> String? {
        let parts = uri.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5 else { return nil }
        let name = "\(parts[2]):\(parts[3])"
        let fields = parts[4].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let company = fields.first, 6...12 ~= company.utf8.count, isNumeric(company) else { return nil }
        if let scheme = schemes[name] { return keyed(scheme, company: company, fields: fields, text: parts[4]) }
        switch name {
        case "id:giai": return free("8004", parts[4], company, max: 30 - company.utf8.count)
        case "id:ginc": return free("401", parts[4], company, max: 30 - company.utf8.count)
        case "id:cpi", "idpat:cpi":
            guard fields.count == 3, isPart(fields[1], max: 30 - company.utf8.count) else { return nil }
            let head = domain + "8010/" + escaped(company + fields[1])
            if name == "idpat:cpi" { return fields[2] == "*" ? head : nil }
            guard 1...12 ~= fields[2].utf8.count, isNumeric(fields[2]) else { return nil }
            return head + "/8011/" + fields[2]
        case "id:itip", "idpat:itip":
            guard fields.count >= 5, fields[2].utf8.count == 2, isNumeric(fields[2]), fields[3].utf8.count == 2,
                isNumeric(fields[3]), let number = number(company, fields[1], digits: 13, leadsWithReference: true)
            else { return nil }
            let head = domain + "8006/" + number + checkDigit(number) + fields[2] + fields[3]
            let serial = fields[4...].joined(separator: ".")
            if name == "idpat:itip" { return serial == "*" ? head : nil }
            return isComponent(serial, max: 20) ? head + "/21/" + escaped(serial) : nil
        default: return nil
        }
    }

    private static func keyed(_ scheme: Scheme, company: String, fields: [String], text: Substring) -> String? {
        guard let digits = scheme.digits, fields.count >= 2,
            let number = number(
                company, fields[1], digits: digits, leadsWithReference: scheme.leadsWithReference)
        else { return nil }
        let key = (scheme.leadingZero ? "0" : "") + number
        let head = domain + scheme.key + "/" + key + checkDigit(key)
        guard let qualifier = scheme.serial else { return fields.count == 2 ? head : nil }
        guard fields.count >= 3 else { return nil }
        let serial = fields[2...].joined(separator: ".")
        if qualifier == "*" { return serial == "*" ? head : nil }
        guard
            scheme.serialIsNumeric
                ? isNumeric(serial) && 1...scheme.serialMax ~= serial.utf8.count
                : isComponent(serial, max: scheme.serialMax)
        else { return nil }
        if scheme.key == "414", serial == "0" { return head }
        return qualifier.isEmpty ? head + escaped(serial) : head + "/" + qualifier + "/" + escaped(serial)
    }

    private static func free(_ key: String, _ text: Substring, _ company: String, max: Int) -> String? {
        let reference = String(text.dropFirst(company.count + 1))
        guard text.count > company.count + 1, isComponent(reference, max: max) else { return nil }
        return domain + key + "/" + company + escaped(reference)
    }

    private static func number(_ company: String, _ reference: String, digits: Int, leadsWithReference: Bool) -> String?
    {
        guard company.utf8.count + reference.utf8.count == digits, isNumeric(reference) || reference.isEmpty else {
            return nil
        }
        guard leadsWithReference else { return company + reference }
        guard let first = reference.first else { return nil }
        return String(first) + company + reference.dropFirst()
    }

    /// GS1 General Specifications §7.9.1: weights 3 and 1 from the right.
    private static func checkDigit(_ digits: String) -> String {
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, item in
            sum + Int(item.element - UInt8(ascii: "0")) * (item.offset.isMultiple(of: 2) ? 3 : 1)
        }
        return String((10 - sum % 10) % 10)
    }

    private static func isNumeric(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    /// Characters of an EPC's free part; an escape counts as one.
    private static func isComponent(_ text: String, max: Int) -> Bool {
        var count = 0
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            count += 1
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, rest.prefix(2).allSatisfy(isHexDigit) else { return false }
                rest.removeFirst(2)
            } else if !isPlain(byte) {
                return false
            }
        }
        return 1...max ~= count
    }

    /// Characters of a component/part reference.
    private static func isPart(_ text: String, max: Int) -> Bool {
        isComponent(text, max: max)
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "%") || isHexDigit(byte)
            }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "!"), UInt8(ascii: "'"), UInt8(ascii: ")"),
            UInt8(ascii: "("), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "."),
            UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Percent-encodes what a Digital Link must not hold bare (GS1 Digital Link, table 7-1).
    private static func escaped(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "!"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
                UInt8(ascii: ","), UInt8(ascii: ":"):
                let digits = Array("0123456789ABCDEF".utf8)
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: Digital Links

    private static let names: [String: String] = [
        "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
        "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
        "cpv": "22", "lot": "10", "ser": "21",
    ]
    private static let keys: Set<String> = [
        "01", "8006", "8010", "414", "417", "8017", "8018", "255", "00", "253", "401", "402", "8003", "8004",
    ]

    private static func digitalLink(_ uri: String) -> String? {
        let path = uri.prefix { $0 != "?" && $0 != "#" }
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.last?.isEmpty == true { segments.removeLast() }
        guard segments.count >= 5 else { return nil }
        segments = segments.map { names[$0] ?? $0 }
        guard
            let start = segments.indices.dropFirst(3).first(where: { index in
                keys.contains(segments[index]) && index + 1 < segments.count
                    && segments[index + 1].utf8.count >= 5 && isNumeric(segments[index + 1].prefix(4))
            })
        else { return nil }
        let key = segments[start]
        var value = segments[start + 1]
        if key == "01", isNumeric(value), [8, 12, 13].contains(value.utf8.count) {
            value = String(repeating: "0", count: 14 - value.utf8.count) + value
        }
        guard isValue(value, of: key) else { return nil }
        var qualifiers: [String: String] = [:]
        let rest = Array(segments[(start + 2)...])
        guard rest.count.isMultiple(of: 2) else { return nil }
        for index in stride(from: 0, to: rest.count, by: 2) { qualifiers[rest[index]] = rest[index + 1] }
        let head = domain + key + "/" + value
        let allowed: [String]
        switch key {
        case "01": allowed = ["21", "235", "10"]
        case "8006": allowed = ["21", "10"]
        case "414": allowed = ["254"]
        case "8010": allowed = ["8011"]
        default: allowed = []
        }
        guard qualifiers.keys.allSatisfy({ allowed.contains($0) || ($0 == "22" && (key == "01" || key == "8006")) })
        else {
            return nil
        }
        for qualifier in allowed {
            guard let text = qualifiers[qualifier] else { continue }
            let max = qualifier == "235" ? 28 : qualifier == "8011" ? 12 : 20
            guard text.utf8.count <= max, text.utf8.allSatisfy(isLinkCharacter) else { return nil }
            return head + "/" + qualifier + "/" + text
        }
        return head
    }

    private static func isValue(_ value: String, of key: String) -> Bool {
        let count = value.utf8.count
        func prefixed(_ digits: Int, _ more: Int) -> Bool {
            count >= digits && count <= digits + more && isNumeric(value.prefix(digits))
                && value.utf8.allSatisfy(isLinkCharacter)
        }
        switch key {
        case "00", "8017", "8018", "8006": return count == 18 && isNumeric(value)
        case "01": return count == 14 && isNumeric(value)
        case "402": return count == 17 && isNumeric(value)
        case "414", "417": return count == 13 && isNumeric(value)
        case "253": return prefixed(13, 17)
        case "255": return prefixed(13, 12) && isNumeric(value)
        case "8003": return prefixed(14, 16)
        default: return count <= 30 && value.utf8.allSatisfy(isLinkCharacter)
        }
    }

    private static func isLinkCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x27, 0x25, 0x2d, 0x2e, 0x30...0x39, 0x3b...0x3f, 0x41...0x5a, 0x5f, 0x61...0x7a, 0x23: true
        default: false
        }
    }
}
