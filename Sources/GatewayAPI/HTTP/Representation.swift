import HTTPTypes
import NIOCore

/// What is given to many: hashed once, and its fields made once.
final class Representation: Sendable {
    let body: [UInt8]
    /// The same as it is sent.
    let buffer: ByteBuffer
    let tag: EntityTag
    /// What is said of it, in whatever coding: its type and tag, and who may keep it.
    let fields: HTTPFields

    init(_ body: [UInt8], type: String) {
        self.body = body
        buffer = ByteBuffer(bytes: body)
        tag = EntityTag(of: body)
        fields = [
            .contentType: type, .eTag: tag.field, .cacheControl: RequestPipeline.privately,
        ]
    }
}
