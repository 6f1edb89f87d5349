/// EPC, EPC class and EPC pattern URIs to Digital Links (GS1 Tag Data Standard §6; CBV 2.0 §8.9).
///
/// | scheme | company and reference, digits | then | Digital Link |
/// |---|---|---|---|
/// | `sgtin` | 13 | `.` serial 1-20 | `01/<GTIN>/21/<serial>` |
/// | `upui` | 13 | `.` serial 1-28 | `01/<GTIN>/235/<serial>` |
/// | `itip` | 13 | `.` 2 `.` 2 `.` serial 1-20 | `8006/<GTIN><piece><total>/21/<serial>` |
/// | class `lgtin` | 13 | `.` lot 1-20 | `01/<GTIN>/10/<lot>` |
/// | `sscc` | 17 | | `00/<SSCC>` |
/// | `gsrn`, `gsrnp` | 17 | | `8018/<GSRN>`, `8017/<GSRN>` |
/// | `gsin` | 16 | | `402/<GSIN>` |
/// | `sgln` | 12 | `.` extension 1-20 | `414/<GLN>`, and `/254/<extension>` unless it is `0` |
/// | `pgln` | 12 | | `417/<GLN>` |
/// | `sgcn` | 12 | `.` digits 1-12 | `255/<GCN><serial>` |
/// | `grai` | 12 | `.` serial 1-16 | `8003/0<GRAI><serial>` |
/// | `gdti` | 12 | `.` serial, 1-20 with the dot | `253/<GDTI><serial>` |
/// | `giai`, `ginc` | company | `.` reference, up to 30 in all | `8004/...`, `401/...` |
/// | `cpi` | company | `.` part 1-(30 - company) `.` digits 1-12 | `8010/<CPID>/8011/<serial>` |
///
/// Patterns (`idpat`) of sgtin, upui, itip, grai, gdti, sgcn and cpi end in `.*` and become the key without serial.
/// What is matched, and what is not, follows the reference program; so after a company prefix of 12 digits `grai`, `gdti`
/// and the pattern of `sgcn` want one more dot than the standard does for some of them.
enum EPCURI {
    static func appendDigitalLink(_ uri: ArraySlice<UInt8>, to bytes: inout UTF8Text) -> Bool {
        var scanner = EPCScanner(uri)
        guard scanner.skip("urn:epc:") else { return false }
        let mark = bytes.count
        let isMatch: Bool
        if scanner.skip("id:") {
            isMatch = identifier(&scanner, &bytes)
        } else if scanner.skip("class:lgtin:") {
            isMatch = gtin("01", &scanner, &bytes) && scanner.skip(".") && serial("/10/", 20, &scanner, &bytes)
        } else if scanner.skip("idpat:") {
            isMatch = pattern(&scanner, &bytes)
        } else {
            isMatch = false
        }
        if !isMatch || !scanner.isAtEnd {
            bytes.removeSubrange(mark...)
            return false
        }
        return true
    }

    private static func identifier(_ scanner: inout EPCScanner, _ bytes: inout UTF8Text) -> Bool {
        switch scanner.scheme() {
        case .sgtin: return gtin("01", &scanner, &bytes) && scanner.skip(".") && serial("/21/", 20, &scanner, &bytes)
        case .upui: return gtin("01", &scanner, &bytes) && scanner.skip(".") && serial("/235/", 28, &scanner, &bytes)
        case .itip:
            return gtin("8006", &scanner, &bytes) && pieces(&scanner, &bytes) && scanner.skip(".")
                && serial("/21/", 20, &scanner, &bytes)
        case .sscc: return serialised("00", 17, referenceFirst: true, &scanner, &bytes)
        case .gsrn: return serialised("8018", 17, referenceFirst: false, &scanner, &bytes)
        case .gsrnp: return serialised("8017", 17, referenceFirst: false, &scanner, &bytes)
        case .gsin: return serialised("402", 16, referenceFirst: false, &scanner, &bytes)
        case .pgln: return serialised("417", 12, referenceFirst: false, &scanner, &bytes)
        case .sgln:
            guard serialised("414", 12, referenceFirst: false, &scanner, &bytes), scanner.skip(".") else {
                return false
            }
            return scanner.skipsLast("0") || serial("/254/", 20, &scanner, &bytes)
        case .sgcn:
            return serialised("255", 12, referenceFirst: false, &scanner, &bytes) && scanner.skip(".")
                && scanner.digits(1...12, to: &bytes)
        case .grai:
            guard let length = asset("8003", "0", &scanner, &bytes), length < 12 || scanner.skip(".") else {
                return false
            }
            // A twelve-digit company leaves the separating dot in the serial.
            if length == 12 {
                guard scanner.isNext(UInt8(ascii: ".")) else { return false }
                bytes.append(UInt8(ascii: "."))
            }
            return scanner.skip(".") && scanner.serial(16, to: &bytes)
        case .gdti:
            guard let length = asset("253", "", &scanner, &bytes) else { return false }
            if length == 12 { return scanner.skip(".") && scanner.serial(20, to: &bytes) }
            return scanner.serial(20, droppingFirst: true, to: &bytes)
        case .giai: return company("8004", &scanner, &bytes) { $0.serial(30 - $1, to: &$2) }
        case .ginc: return company("401", &scanner, &bytes) { $0.serial(30 - $1, to: &$2) }
        case .cpi:
            guard company("8010", &scanner, &bytes, { $0.part(30 - $1, to: &$2) }), scanner.skip(".") else {
                return false
            }
            bytes.append(contentsOf: "/8011/".utf8)
            return scanner.digits(1...12, to: &bytes)
        case nil: return false
        }
    }

    private static func pattern(_ scanner: inout EPCScanner, _ bytes: inout UTF8Text) -> Bool {
        switch scanner.scheme() {
        case .sgtin, .upui: return gtin("01", &scanner, &bytes) && scanner.skip(".*")
        case .itip: return gtin("8006", &scanner, &bytes) && pieces(&scanner, &bytes) && scanner.skip(".*")
        case .grai: return assetPattern("8003", "0", &scanner, &bytes)
        case .gdti: return assetPattern("253", "", &scanner, &bytes)
        case .sgcn: return assetPattern("255", "", &scanner, &bytes)
        case .cpi: return company("8010", &scanner, &bytes) { $0.part(30 - $1, to: &$2) } && scanner.skip(".*")
        default: return false
        }
    }

    /// `key/`, the fourteen digits of a GTIN whose indicator stands at the head of the item reference.
    private static func gtin(_ key: StaticString, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text) -> Bool {
        serialised(key, 13, referenceFirst: true, &scanner, &bytes)
    }

    /// `key/`, company and reference digits, check digit.
    ///
    /// With `referenceFirst` the first digit of the reference goes before the company.
    private static func serialised(
        _ key: StaticString, _ total: Int, referenceFirst: Bool, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text
    ) -> Bool {
        guard let parts = scanner.companyAndReference(total) else { return false }
        begin(key, &bytes)
        let start = bytes.count
        let reference = scanner.bytes[parts.reference]
        if referenceFirst, let first = reference.first { bytes.append(first) }
        bytes.append(contentsOf: scanner.bytes[parts.company])
        bytes.append(contentsOf: referenceFirst ? reference.dropFirst() : reference)
        bytes.append(GS1Identifier.checkDigit(bytes[start...]))
        return true
    }

    /// The same for returnable assets and documents; gives the length of the company prefix.
    private static func asset(
        _ key: StaticString, _ lead: StaticString, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text
    ) -> Int? {
        guard let parts = scanner.companyAndReference(12) else { return nil }
        begin(key, &bytes)
        let start = bytes.count
        bytes.append(lead)
        bytes.append(contentsOf: scanner.bytes[parts.company])
        bytes.append(contentsOf: scanner.bytes[parts.reference])
        bytes.append(GS1Identifier.checkDigit(bytes[start...]))
        return parts.company.count
    }

    private static func assetPattern(
        _ key: StaticString, _ lead: StaticString, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text
    ) -> Bool {
        guard let length = asset(key, lead, &scanner, &bytes), length < 12 || scanner.skip(".") else { return false }
        return scanner.skip(".*")
    }

    private static func company(
        _ key: StaticString, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text,
        _ rest: (inout EPCScanner, Int, inout UTF8Text) -> Bool
    ) -> Bool {
        guard let company = scanner.company() else { return false }
        begin(key, &bytes)
        bytes.append(contentsOf: scanner.bytes[company])
        return rest(&scanner, company.count, &bytes)
    }

    private static func pieces(_ scanner: inout EPCScanner, _ bytes: inout UTF8Text) -> Bool {
        scanner.skip(".") && scanner.digits(2...2, to: &bytes) && scanner.skip(".")
            && scanner.digits(2...2, to: &bytes)
    }

    private static func serial(
        _ key: StaticString, _ countMax: Int, _ scanner: inout EPCScanner, _ bytes: inout UTF8Text
    ) -> Bool {
        bytes.append(key)
        return scanner.serial(countMax, to: &bytes)
    }

    private static func begin(_ key: StaticString, _ bytes: inout UTF8Text) {
        bytes.append(contentsOf: GS1Identifier.domain)
        bytes.append(key)
        bytes.append(UInt8(ascii: "/"))
    }
}

extension [UInt8] {
    /// Appends a literal.
    mutating func append(_ text: StaticString) { text.withUTF8Buffer { append(contentsOf: $0) } }
}
