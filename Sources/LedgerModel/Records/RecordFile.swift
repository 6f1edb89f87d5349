/// What a statement is about, and what a partner is handed: tag || salt || media type || line feed || document.
///
/// | offset | width | content |
/// |---|---|---|
/// | 0 | 16 | `vivian/record/1` and a line feed |
/// | 16 | 32 | salt, random for each record |
/// | 48 | to the next line feed | media type, ASCII |
/// | after it | the rest | document |
package struct RecordFile: Hashable, Sendable {
    package static let saltBytes = 32
    package var salt: [UInt8]
    package var mediaType: String
    package var document: [UInt8]

    package init(salt: [UInt8], mediaType: String, document: [UInt8]) {
        self.salt = salt
        self.mediaType = mediaType
        self.document = document
    }

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 + mediaType.utf8.count + document.count)
        bytes += DomainSeparation.recordFile.utf8
        bytes += salt
        bytes += mediaType.utf8
        bytes.append(UInt8(ascii: "\n"))
        bytes += document
        return bytes
    }

    /// Reads a file that is said to be of a media type.
    package init(decoding bytes: [UInt8], mediaType: String) throws(LedgerModelFailure) {
        let tag = Array(DomainSeparation.recordFile.utf8)
        guard bytes.starts(with: tag) else { throw .invalid("record file: the tag is missing") }
        guard bytes.count >= tag.count + Self.saltBytes else { throw .invalid("record file: the salt is missing") }
        guard Self.isMediaType(mediaType) else { throw .invalid("record: the media type is malformed") }
        let content = bytes[(tag.count + Self.saltBytes)...]
        let label = Array(mediaType.utf8) + [UInt8(ascii: "\n")]
        guard content.starts(with: label) else { throw .invalid("record file: the media type is not the one in it") }
        salt = Array(bytes[tag.count..<tag.count + Self.saltBytes])
        self.mediaType = mediaType
        document = Array(content.dropFirst(label.count))
    }

    /// Printable ASCII: a type without blanks, a slash, and 1 to 200 characters.
    static func isMediaType(_ text: String) -> Bool {
        let utf8 = Array(text.utf8)
        guard let slash = utf8.firstIndex(of: UInt8(ascii: "/")), slash > 0 else { return false }
        return utf8[..<slash].allSatisfy { 0x21...0x7e ~= $0 } && 1...200 ~= utf8.count - slash - 1
            && utf8[(slash + 1)...].allSatisfy { 0x20...0x7e ~= $0 }
    }
}
