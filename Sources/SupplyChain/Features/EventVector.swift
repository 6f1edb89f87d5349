package import Cryptography
import Embedding

/// The vector of an event's record: what a private index compares it by, and what whoever holds the record makes again.
package enum EventVector {
    package static var dimension: Int { TextEmbedder.standard.dimension }
    /// The length of every vector, up to rounding.
    package static var length: Int { TextEmbedder.standard.length }

    /// Names how vectors are made of records, and collections of vectors (`Records/CommittedIndex`): whoever changes what
    /// follows from records here, in ``EventFeatures`` or there gives the string another number.
    package static let rules = SHA256.hash(Array(EventDomain.vectorRules.utf8) + TextEmbedder.id.bytes)

    /// Of an EPCIS record its event's features; nil for what is none, such as heads of the audit log.
    package static func vector(of document: [UInt8], mediaType: String) -> [Int8]? {
        guard mediaType == EventRecord.mediaType, let features = EventFeatures(document: document) else { return nil }
        return try? TextEmbedder.standard.vector(
            ofFeatures: features.features.map { (bytes: $0.text, weight: $0.weight) })
    }
}
