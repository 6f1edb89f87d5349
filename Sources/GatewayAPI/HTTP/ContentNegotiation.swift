import Compression
import HTTPTypes

/// What a client takes: media types by `Accept` and codings by `Accept-Encoding` (RFC 9110 §12.5).
enum ContentNegotiation {
    /// Bodies below this are sent as they are: packing would not make them shorter on the wire.
    static let compressibleBytesMin = 1_024

    /// Items of a list field with their weights in thousandths; malformed ones are left out.
    static func weighted(_ field: String) -> [(value: Substring, weight: Int)] {
        field.split(separator: ",").compactMap { item in
            var parts = item.split(separator: ";").map { $0.trimmed }
            guard let value = parts.first, !value.isEmpty else { return nil }
            parts.removeFirst()
            let text = parts.first { $0.hasPrefix("q=") || $0.hasPrefix("Q=") }?.dropFirst(2)
            guard let weight = text.map(thousandths) ?? 1000 else { return nil }
            return (value, weight)
        }
    }

    /// Whether one of the types that a route answers with is taken; without the field, any is.
    static func accepts(_ field: String?, oneOf types: [String]) -> Bool {
        field == nil || field == "*/*" || types.isEmpty || types.contains { weight(of: $0, in: field) > 0 }
    }

    /// How much a client likes a type, in thousandths; without the field, or with one that cannot be read, all alike.
    static func weight(of type: String, in field: String?) -> Int {
        guard let field else { return 1000 }
        let ranges = weighted(field)
        guard !ranges.isEmpty else { return 1000 }
        let bare = type.split(separator: ";").first?.trimmed.lowercased() ?? ""
        let main = bare.prefix { $0 != "/" }
        // The most specific range decides (RFC 9110 §12.5.1).
        for wanted in [bare, "\(main)/*", "*/*"] {
            if let range = ranges.first(where: { $0.value.lowercased() == wanted }) { return range.weight }
        }
        return 0
    }

    /// The coding that a client likes best among ours; nil for none.
    static func coding(_ field: String?) -> ContentCoding? {
        guard let field else { return nil }
        let wanted = weighted(field)
        var best: (coding: ContentCoding, weight: Int)?
        for coding in [ContentCoding.zstd, .gzip] {
            let item = wanted.first { $0.value.lowercased() == coding.rawValue } ?? wanted.first { $0.value == "*" }
            guard let weight = item?.weight, weight > (best?.weight ?? 0) else { continue }
            best = (coding, weight)
        }
        return best?.coding
    }

    /// Whether a type is text that packs well.
    static func isCompressible(_ type: String) -> Bool {
        let bare = type.utf8.prefix { $0 != UInt8(ascii: ";") }
        return bare.starts(with: "text/".utf8) || bare.suffix(4).elementsEqual("json".utf8)
            || bare.suffix(3).elementsEqual("xml".utf8)
    }

    /// `1`, `0.5`, `0.125` as thousandths (RFC 9110 §12.4.2).
    private static func thousandths(_ text: Substring) -> Int? {
        guard let first = text.utf8.first, first == 0x30 || first == 0x31 else { return nil }
        let whole = first == 0x31 ? 1000 : 0
        let rest = text.dropFirst()
        if rest.isEmpty { return whole }
        guard rest.first == ".", rest.count <= 4, rest.dropFirst().utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            return nil
        }
        let digits = rest.dropFirst() + String(repeating: "0", count: 4 - rest.count)
        let value = whole + (Int(digits) ?? 0)
        return value <= 1000 ? value : nil
    }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmed: Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
