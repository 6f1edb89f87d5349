/// Why what a peer sent is not our protocol.
package enum WireFailure: Error, Hashable, Sendable {
    /// A frame's length is 0 or above ``Frame/byteCountMax``.
    case frameLength(UInt32)
    case unknownKind(UInt8)
    /// Pieces of one message add up to more than its lane carries.
    case messageLength(Lane)
    /// A piece that more follow is full, always.
    case shortPiece(Lane)
    /// The payload of a control frame cannot be read.
    case malformed(FrameKind)
    /// A frame before the hello, or a second hello.
    case unexpected(FrameKind)
    /// The peer speaks another version of this protocol, which is no violation.
    case version(UInt16)

    /// Whether only a peer that breaks the protocol sends this.
    var isViolation: Bool { if case .version = self { false } else { true } }

    /// The reason as the peer and the log are told it.
    var reason: String {
        switch self {
        case .frameLength(let length): "frame of \(length) bytes, 1 to \(Frame.byteCountMax) are allowed"
        case .unknownKind(let code): "unknown frame kind \(code)"
        case .messageLength(let lane): "message in \(lane) above \(lane.messageBytesMax) bytes"
        case .shortPiece(let lane): "short piece in \(lane)"
        case .malformed(let kind): "malformed frame (\(kind))"
        case .unexpected(let kind): "unexpected frame (\(kind))"
        case .version(let version): "protocol version \(version), this node speaks \(Hello.version)"
        }
    }
}
