/// What the XML reader takes before it gives up.
package struct XMLLimits: Sendable {
    /// Bytes of the whole document.
    package var byteCountMax: Int
    /// Levels of elements; libxml2 itself ends at 256.
    package var depthMax: Int
    /// Attributes and namespace declarations of one element.
    package var attributeCountMax: Int

    package init(byteCountMax: Int, depthMax: Int, attributeCountMax: Int) {
        self.byteCountMax = byteCountMax
        self.depthMax = depthMax
        self.attributeCountMax = attributeCountMax
    }

    /// Documents that people and systems exchange: 64 MiB, 64 levels, 256 attributes.
    package static let standard = XMLLimits(byteCountMax: 64 << 20, depthMax: 64, attributeCountMax: 256)
}

/// Why bytes are not an XML document that we read, and where.
package struct XMLFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package enum Reason: String, Hashable, Sendable {
        case tooLarge = "the document is too large"
        case tooDeep = "elements are nested too deep"
        case tooManyAttributes = "an element has too many attributes"
        case documentType = "a DOCTYPE declaration is not accepted"
        case unsupportedEncoding = "the encoding is not UTF-8, UTF-16, ISO-8859-1 or US-ASCII"
        case invalidEncoding = "the bytes are not in the declared encoding"
        case notWellFormed = "the document is not well-formed"
        case undecided = "the schema cannot be decided within the limits"
    }

    package var reason: Reason
    /// Line and column, both from 1.
    ///
    /// Zero where the document as a whole is refused.
    package var line: Int
    package var column: Int
    /// The parser's own words, without a line break; empty where the reason says all.
    package var detail: String

    /// What a person who sent the document is told, without the place.
    package var text: String { detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)" }

    package var description: String { (line > 0 ? "line \(line), column \(column): " : "") + text }
}
