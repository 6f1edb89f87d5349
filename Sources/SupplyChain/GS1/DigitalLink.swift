/// GS1 Digital Link URIs to the one canonical form (CBV 2.0 §8.9; GS1 Digital Link 1.1).
///
/// Steps: the query goes; key and qualifier names become numbers (`gtin` is `01`); the domain becomes `id.gs1.org`;
/// GTINs are padded to 14 digits; a consumer product variant (22) goes; a lot (10) before a serial (21) goes. What then is
/// not one of the forms below is no identifier. Steps and forms follow the reference program.
///
/// | form | characters |
/// |---|---|
/// | `00/n18`, `402/n17`, `414/n13`, `417/n13`, `8017/n18`, `8018/n18` | |
/// | `01/n14`, and `/21/x0-20`, `/10/x0-20`, `/235/x0-28` | x as `isValue` |
/// | `8006/n18`, and `/21/x0-20`, `/10/x0-20` | |
/// | `253/n13 x0-17`, `255/n13 n0-12`, `8003/n14 x0-16`, `401/x0-30`, `8004/x0-30` | |
/// | `414/n13/254/x0-20`, `8010/y0-30`, `8010/y0-30/8011/n0-12` | y as `isPart` |
enum DigitalLink {
    static func appendCanonical(_ uri: ArraySlice<UInt8>, to bytes: inout UTF8Text) -> Bool {
        guard let scheme = schemeLength(uri), var path = Path(uri, after: scheme) else { return false }
        let mark = bytes.count
        bytes.append(contentsOf: GS1Identifier.domain)
        if path.appendCanonical(to: &bytes) { return true }
        bytes.removeSubrange(mark...)
        return false
    }

    private static func schemeLength(_ uri: ArraySlice<UInt8>) -> Int? {
        if uri.hasPrefix("https:") { return 6 }
        return uri.hasPrefix("http:") ? 5 : nil
    }

    /// Whether this is one of `["'-.0-9;<=>?A-Z_a-z]`.
    static func isValue(_ byte: UInt8) -> Bool {
        if byte.isDigit || byte.isASCIILetter { return true }
        switch byte {
        case 0x22, 0x27, 0x2d, 0x2e, 0x3b...0x3f, 0x5f: return true
        default: return false
        }
    }

    /// Whether this is one of `[#-/0-9A-Z]`.
    static func isPart(_ byte: UInt8) -> Bool {
        byte.isDigit || byte >= 0x41 && byte <= 0x5a || byte == 0x23 || byte == 0x2d || byte == 0x2f
    }
}
