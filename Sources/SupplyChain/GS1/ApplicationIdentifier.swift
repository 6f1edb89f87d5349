/// The GS1 application identifiers that Digital Links of EPCIS events use, keys first and in the order in which a path is
/// searched for them.
enum ApplicationIdentifier: UInt8, CaseIterable, Sendable {
    case sscc, gtin, gdti, gcn, ginc, gsin, gln, party, grai, giai, itip, cpid, gsrnp, gsrn
    case lot, serial, variant, upuiSerial, glnExtension, cpidSerial

    /// Whether this names a thing, rather than qualifying one.
    var isKey: Bool { rawValue <= Self.gsrn.rawValue }

    /// The number, and the name that Digital Link 1.1 allowed for it.
    var spellings: (number: StaticString, name: StaticString?) {
        switch self {
        case .sscc: ("00", "sscc")
        case .gtin: ("01", "gtin")
        case .gdti: ("253", "gdti")
        case .gcn: ("255", "gcn")
        case .ginc: ("401", "ginc")
        case .gsin: ("402", "gsin")
        case .gln: ("414", "gln")
        case .party: ("417", "party")
        case .grai: ("8003", "grai")
        case .giai: ("8004", "giai")
        case .itip: ("8006", "itip")
        case .cpid: ("8010", "cpid")
        case .gsrnp: ("8017", "gsrnp")
        case .gsrn: ("8018", "gsrn")
        case .lot: ("10", "lot")
        case .serial: ("21", "ser")
        case .variant: ("22", "cpv")
        case .upuiSerial: ("235", nil)
        case .glnExtension: ("254", nil)
        case .cpidSerial: ("8011", nil)
        }
    }

    private static let table = allCases.map { ($0, $0.spellings) }

    /// The identifier that a segment of a path stands for.
    init?(_ segment: ArraySlice<UInt8>) {
        guard let first = segment.first, segment.count >= 2, segment.count <= 5 else { return nil }
        for (identifier, spellings) in Self.table {
            if first.isDigit ? spellings.number.isEqual(to: segment) : spellings.name?.isEqual(to: segment) ?? false {
                self = identifier
                return
            }
        }
        return nil
    }
}
