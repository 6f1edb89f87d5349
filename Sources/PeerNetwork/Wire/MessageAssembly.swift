/// Puts the pieces of messages together, each lane for itself.
///
/// Holds at most one unfinished message a lane, none above ``Lane/messageBytesMax``, and of each only what has arrived.
package struct MessageAssembly: Sendable {
    private var unfinished = PerLane<[UInt8]> { _ in [] }

    package init() {}

    /// Takes a piece that more follow.
    package mutating func piece(_ payload: [UInt8], in lane: Lane) throws(WireFailure) {
        guard payload.count == Frame.payloadBytesMax else { throw .shortPiece(lane) }
        try add(payload, to: lane)
    }

    /// Takes a last piece, which may be the only one; the whole message.
    package mutating func last(_ payload: [UInt8], in lane: Lane) throws(WireFailure) -> [UInt8] {
        // Most messages are one piece, which is passed on as it is.
        guard !unfinished[lane].isEmpty else {
            guard payload.count <= lane.messageBytesMax else { throw .messageLength(lane) }
            return payload
        }
        try add(payload, to: lane)
        let whole = unfinished[lane]
        unfinished[lane] = []
        return whole
    }

    private mutating func add(_ payload: [UInt8], to lane: Lane) throws(WireFailure) {
        guard unfinished[lane].count + payload.count <= lane.messageBytesMax else { throw .messageLength(lane) }
        unfinished[lane] += payload
    }
}
