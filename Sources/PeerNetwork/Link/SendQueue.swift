/// What waits to be sent to one peer: control frames first, then the lanes in their order.
///
/// Large messages are cut here, when a piece is asked for, so that whatever is more urgent goes between two pieces.
/// At a lane's limit a message is refused, never an older one dropped: whoever sends knows what is still worth sending
/// once there is room again, this queue does not.
struct SendQueue: Sendable {
    /// What waits in a lane.
    struct Depth: Hashable, Sendable {
        var messages = 0
        /// Bytes that are not sent yet.
        var bytes = 0
    }

    /// One frame to be sent: a range of a message, so that nothing is copied before it is written.
    struct Piece: Sendable {
        let kind: FrameKind
        let message: [UInt8]
        let range: Range<Int>
    }

    /// Control frames that may wait: ours are few, and to a peer that pings without reading pongs are not owed.
    static let controlFramesMax = 16

    private var control = FIFO<Frame>()
    private var lanes = PerLane<FIFO<[UInt8]>> { _ in FIFO() }
    /// Bytes of each lane's first message that are sent.
    private var sent = PerLane { _ in 0 }
    private(set) var depths = PerLane { _ in Depth() }
    private let limits: PerLane<QueueLimit>

    init(limits: PerLane<QueueLimit>) { self.limits = limits }

    /// Whether the message is queued; false where its lane has no room.
    mutating func append(_ message: [UInt8], to lane: Lane) -> Bool {
        let depth = depths[lane]
        guard depth.messages < limits[lane].messagesMax, depth.bytes + message.count <= limits[lane].bytesMax else {
            return false
        }
        lanes[lane].append(message)
        depths[lane] = Depth(messages: depth.messages + 1, bytes: depth.bytes + message.count)
        return true
    }

    /// Queues a control frame, which is left out where too many wait.
    mutating func append(_ frame: Frame) {
        if control.count < Self.controlFramesMax { control.append(frame) }
    }

    /// The next frame to be sent, or nil.
    mutating func next() -> Piece? {
        if let frame = control.popFirst() {
            return Piece(kind: frame.kind, message: frame.payload, range: 0..<frame.payload.count)
        }
        for lane in Lane.allCases { if let piece = next(in: lane) { return piece } }
        return nil
    }

    private mutating func next(in lane: Lane) -> Piece? {
        guard let message = lanes[lane].first else { return nil }
        let begin = sent[lane]
        let end = min(begin + Frame.payloadBytesMax, message.count)
        depths[lane].bytes -= end - begin
        guard end == message.count else {
            sent[lane] = end
            return Piece(kind: .piece(lane), message: message, range: begin..<end)
        }
        sent[lane] = 0
        depths[lane].messages -= 1
        _ = lanes[lane].popFirst()
        return Piece(kind: .last(lane), message: message, range: begin..<end)
    }
}
