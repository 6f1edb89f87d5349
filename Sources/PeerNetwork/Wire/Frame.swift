import Codec

/// What a frame carries.
///
/// | code | kind | payload |
/// |---|---|---|
/// | 0x00 | hello | ``Hello``, the first frame each way and only the first |
/// | 0x01 | ping | 8 bytes that come back |
/// | 0x02 | pong | the ping's 8 bytes |
/// | 0x03 | addresses | ``AddressList`` |
/// | 0x04 | goodbye | the reason why the sender closes, ``Goodbye`` |
/// | 0x10 + lane | last | a whole message, or the last piece of one |
/// | 0x20 + lane | piece | exactly ``Frame/payloadBytesMax`` bytes of a message of which more follow in the lane |
package enum FrameKind: Hashable, Sendable {
    case hello
    case ping
    case pong
    case addresses
    case goodbye
    case last(Lane)
    case piece(Lane)

    package init?(code: UInt8) {
        switch code {
        case 0x00: self = .hello
        case 0x01: self = .ping
        case 0x02: self = .pong
        case 0x03: self = .addresses
        case 0x04: self = .goodbye
        default:
            guard let lane = Lane(rawValue: code & 0x0f) else { return nil }
            switch code & 0xf0 {
            case 0x10: self = .last(lane)
            case 0x20: self = .piece(lane)
            default: return nil
            }
        }
    }

    package var code: UInt8 {
        switch self {
        case .hello: 0x00
        case .ping: 0x01
        case .pong: 0x02
        case .addresses: 0x03
        case .goodbye: 0x04
        case .last(let lane): 0x10 | lane.rawValue
        case .piece(let lane): 0x20 | lane.rawValue
        }
    }
}

/// One frame.
///
/// | offset | width | meaning |
/// |---|---|---|
/// | 0 | 4 | bytes that follow, 1 to 65,537, big-endian |
/// | 4 | 1 | ``FrameKind`` |
/// | 5 | length - 1 | payload |
package struct Frame: Hashable, Sendable {
    /// Large messages are cut into pieces of this size, so that a vote waits for one piece, not for a whole block.
    package static let payloadBytesMax = 64 << 10
    /// The largest length field: kind and payload.
    package static let byteCountMax = UInt32(1 + payloadBytesMax)
    static let headerBytes = 5

    package let kind: FrameKind
    package let payload: [UInt8]

    package init(_ kind: FrameKind, _ payload: [UInt8]) {
        precondition(payload.count <= Self.payloadBytesMax, "our own frames fit")
        self.kind = kind
        self.payload = payload
    }

    /// The frame as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.headerBytes + payload.count)
        writer.uint32(UInt32(1 + payload.count))
        writer.uint8(kind.code)
        writer.raw(payload)
        return writer.bytes
    }
}
