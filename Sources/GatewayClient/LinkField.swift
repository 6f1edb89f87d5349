/// The `Link` field of an answer (RFC 8288 §3).
enum LinkField {
    /// Characters that are looked at; pages' links are far shorter.
    private static let byteCountMax = 16_384

    /// The target of the first link of relation `next`, or nil.
    static func next(_ field: String) -> String? {
        guard field.utf8.count <= byteCountMax else { return nil }
        var rest = Array(field.utf8)[...]
        while true {
            rest = rest.drop { isBlank($0) || $0 == UInt8(ascii: ",") }
            guard rest.first == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
            let target = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            var isNext: Bool?
            while let (name, value) = parameter(&rest) {
                // Only the first rel of a link counts (§3.3); it may name several relations.
                guard name == "rel", isNext == nil else { continue }
                isNext = value.lowercased().split(separator: " ").contains("next")
            }
            if isNext == true { return target }
            rest = rest.drop(while: isBlank)
            guard rest.first == UInt8(ascii: ",") else { return nil }
        }
    }

    /// One `; name=value` at the front, its name in lower case; nil where none stands there.
    private static func parameter(_ rest: inout ArraySlice<UInt8>) -> (name: String, value: String)? {
        var text = rest.drop(while: isBlank)
        guard text.popFirst() == UInt8(ascii: ";") else { return nil }
        text = text.drop(while: isBlank)
        let name = text.prefix { !isBlank($0) && !"=;,".utf8.contains($0) }
        text = text.dropFirst(name.count).drop(while: isBlank)
        var value: [UInt8] = []
        if text.first == UInt8(ascii: "=") {
            text = text.dropFirst().drop(while: isBlank)
            if text.first == UInt8(ascii: "\"") {
                text = text.dropFirst()
                while let byte = text.popFirst(), byte != UInt8(ascii: "\"") {
                    value.append(byte == UInt8(ascii: "\\") ? text.popFirst() ?? byte : byte)
                }
            } else {
                value = Array(text.prefix { !isBlank($0) && !";,".utf8.contains($0) })
                text = text.dropFirst(value.count)
            }
        }
        rest = text
        return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
