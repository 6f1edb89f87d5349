import Compression
import Synchronization

/// The newest representation of one route in each content coding.
final class PackedAnswers: Sendable {
    private let newest = Mutex<[ContentCoding: (tag: EntityTag, body: [UInt8])]>([:])

    /// What was packed before of the same representation, or what `pack` makes.
    func body(of tag: EntityTag, in coding: ContentCoding, _ pack: () -> [UInt8]) -> [UInt8] {
        if let known = newest.withLock({ $0[coding] }), known.tag == tag { return known.body }
        let body = pack()
        newest.withLock { $0[coding] = (tag, body) }
        return body
    }
}
