/// Identifiers of GS1: EPC URIs, EPC class and pattern URIs, and GS1 Digital Link URIs.
package enum GS1Identifier {
    /// The one Digital Link that stands for an identifier in event hashes and for comparing: domain `id.gs1.org`, numeric
    /// keys, GTIN of 14 digits, the finest key only, no query (CBV 2.0 §8.9; GS1 Digital Link 1.1).
    ///
    /// - Returns: nil where the value is no identifier of GS1: such values stay as they are.
    package static func canonicalDigitalLink(_ value: UTF8Text) -> UTF8Text? {
        var link: UTF8Text = []
        return appendCanonicalDigitalLink(value[...], to: &link) ? link : nil
    }

    /// Appends what `canonicalDigitalLink` gives; false, and nothing appended, where it gives nothing.
    static func appendCanonicalDigitalLink(_ value: ArraySlice<UInt8>, to bytes: inout UTF8Text) -> Bool {
        switch value.first {
        case UInt8(ascii: "u"): EPCURI.appendDigitalLink(value, to: &bytes)
        case UInt8(ascii: "h"): DigitalLink.appendCanonical(value, to: &bytes)
        default: false
        }
    }

    /// The check digit of a key given without it (GS1 General Specifications §7.9).
    static func checkDigit(_ digits: ArraySlice<UInt8>) -> UInt8 {
        var sum = 0
        // The last digit counts three times.
        var weight = digits.count.isMultiple(of: 2) ? 1 : 3
        for digit in digits {
            sum += Int(digit - UInt8(ascii: "0")) * weight
            weight = 4 - weight
        }
        return UInt8(ascii: "0") + UInt8((10 - sum % 10) % 10)
    }

    static let domain = Array("https://id.gs1.org/".utf8)
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isASCIILetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a }
}
