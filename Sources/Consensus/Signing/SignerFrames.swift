import Codec

/// Frames between node and signer, as they come in: any pieces in, whole items out.
package struct SignerFrames: Sendable {
    /// The longest frame's content in bytes: a signed proposal has some 250.
    package static let byteCountMax = 1_024
    static let headerBytes = 4

    private var buffer: [UInt8] = []

    package init() {}

    /// Whether a frame has begun and is not whole.
    package var isPartial: Bool { !buffer.isEmpty }

    package mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next whole frame's content, or nil where it has not all come.
    /// - Throws: `malformed` as soon as a header names a length out of range: nothing is kept for it.
    package mutating func next() throws(ConsensusFault) -> [UInt8]? {
        guard buffer.count >= Self.headerBytes else { return nil }
        let count = buffer[..<Self.headerBytes].reduce(0) { $0 << 8 | Int($1) }
        guard 1...Self.byteCountMax ~= count else { throw .malformed }
        guard buffer.count >= Self.headerBytes + count else { return nil }
        defer { buffer.removeFirst(Self.headerBytes + count) }
        return Array(buffer[Self.headerBytes..<Self.headerBytes + count])
    }

    /// A frame of its content.
    package static func frame(_ content: [UInt8]) -> [UInt8] {
        precondition(1...byteCountMax ~= content.count, "messages are bounded")
        var writer = ByteWriter(capacity: headerBytes + content.count)
        writer.part(content)
        return writer.bytes
    }

    static func items(of bytes: [UInt8]) throws(ConsensusFault) -> [CBOR] {
        guard bytes.count <= byteCountMax, let items = (try? CBOR.decode(bytes))?.array else { throw .malformed }
        return items
    }

    static func message(_ item: CBOR) throws(ConsensusFault) -> SignedMessage {
        guard let bytes = item.bytes else { throw .malformed }
        return try SignedMessage(decoding: bytes)
    }
}
