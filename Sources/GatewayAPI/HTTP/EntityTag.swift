import Codec
import Cryptography

/// The entity tag of a representation (RFC 9110 §8.8.3): strong, of its bytes.
///
/// A representation in a content coding has another tag: the coding's name stands behind a dash.
struct EntityTag: Hashable, Sendable {
    /// Without quotes.
    let opaque: String
    let isWeak: Bool
    /// As the field has it.
    let field: String

    /// Bytes of SHA-256 that stand for a representation: as many as make a chance match hopeless.
    private static let digestBytes = 16

    init(of representation: [UInt8]) {
        self.init(opaque: Base64.encodeURL(Array(SHA256.hash(representation).bytes.prefix(Self.digestBytes))))
    }

    init(opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
        field = (isWeak ? "W/\"" : "\"") + opaque + "\""
    }

    /// The tag of the same representation in a content coding.
    func inCoding(_ name: String) -> EntityTag { EntityTag(opaque: "\(opaque)-\(name)", isWeak: isWeak) }

    /// The tag without a content coding.
    var uncoded: EntityTag {
        for coding in ["-gzip", "-zstd"] where opaque.hasSuffix(coding) {
            return EntityTag(opaque: String(opaque.dropLast(coding.count)), isWeak: isWeak)
        }
        return self
    }
}

/// What `If-Match` or `If-None-Match` names (RFC 9110 §13.1): any representation, or one of a list.
enum EntityTagCondition: Equatable, Sendable {
    case any
    case oneOf([EntityTag])

    /// Tags in one field.
    static let countMax = 64

    /// A field's value; nil where it is malformed or too long.
    init?(_ field: String) {
        var text = field.utf8.drop(while: Self.isBlank)
        if text.elementsEqual("*".utf8) {
            self = .any
            return
        }
        var tags: [EntityTag] = []
        while true {
            let isWeak = text.starts(with: "W/".utf8)
            if isWeak { text = text.dropFirst(2) }
            guard text.first == UInt8(ascii: "\"") else { return nil }
            text = text.dropFirst()
            guard let end = text.firstIndex(of: UInt8(ascii: "\"")), text[..<end].allSatisfy(Self.isTagByte),
                tags.count < Self.countMax
            else { return nil }
            tags.append(EntityTag(opaque: String(decoding: text[..<end], as: UTF8.self), isWeak: isWeak))
            text = text[end...].dropFirst().drop(while: Self.isBlank)
            if text.isEmpty { break }
            guard text.first == UInt8(ascii: ",") else { return nil }
            text = text.dropFirst().drop(while: Self.isBlank)
        }
        self = .oneOf(tags)
    }

    /// If-Match: strong comparison, so that a change meets the very bytes that were seen.
    func allowsChange(of current: EntityTag?) -> Bool {
        guard let current else { return false }
        return switch self {
        case .any: true
        case .oneOf(let tags): tags.contains { !$0.isWeak && !current.isWeak && $0.uncoded == current }
        }
    }

    /// If-None-Match: weak comparison, so that what is in another coding is known too.
    func knows(_ current: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let tags): tags.contains { $0.uncoded.opaque == current.opaque }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    /// etagc (RFC 9110 §8.8.3).
    private static func isTagByte(_ byte: UInt8) -> Bool { byte == 0x21 || 0x23...0x7E ~= byte || byte >= 0x80 }
}
