import Testing

@testable import PeerNetwork

/// What is sent when, and what finds no room.
struct SendQueueTests {
    static let limits = PerLane { _ in QueueLimit(messagesMax: 3, bytesMax: 1 << 20) }

    static func kinds(_ queue: inout SendQueue) -> [FrameKind] {
        var found: [FrameKind] = []
        while let piece = queue.next() { found.append(piece.kind) }
        return found
    }

    @Test func `a lower lane goes first, control before all`() {
        var queue = SendQueue(limits: Self.limits)
        for lane in Lane.allCases.reversed() { #expect(queue.append([lane.rawValue], to: lane) == true) }
        queue.append(Frame(.ping, []))
        #expect(Self.kinds(&queue) == [.ping] + Lane.allCases.map { .last($0) })
    }

    @Test func `a vote goes between two pieces of a block`() {
        var queue = SendQueue(limits: Self.limits)
        let block = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(queue.append(block, to: .blocks) == true)
        var sent: [UInt8] = []
        var kinds: [FrameKind] = []
        while let piece = queue.next() {
            kinds.append(piece.kind)
            if piece.kind != .last(.votes) { sent += piece.message[piece.range] }
            if kinds.count == 1 { #expect(queue.append([1], to: .votes) == true) }
        }
        #expect(kinds == [.piece(.blocks), .last(.votes), .piece(.blocks), .last(.blocks)])
        #expect(sent == block)
    }

    @Test(arguments: [0, 1, Frame.payloadBytesMax, Frame.payloadBytesMax + 1, 2 * Frame.payloadBytesMax])
    func `pieces are full but for the last`(_ count: Int) throws {
        var queue = SendQueue(limits: Self.limits)
        #expect(queue.append([UInt8](repeating: 1, count: count), to: .sync) == true)
        var assembly = MessageAssembly()
        while let piece = queue.next() {
            let payload = Array(piece.message[piece.range])
            if piece.kind == .piece(.sync) {
                try assembly.piece(payload, in: .sync)
            } else {
                #expect(try assembly.last(payload, in: .sync).count == count)
            }
        }
        #expect(queue.depths[.sync] == SendQueue.Depth())
    }

    @Test func `a full lane refuses and keeps what it has`() {
        var queue = SendQueue(limits: Self.limits)
        for number in 0..<3 { #expect(queue.append([UInt8(number)], to: .votes) == true) }
        #expect(queue.append([9], to: .votes) == false)
        #expect(queue.append([9], to: .blocks) == true)
        #expect(queue.next()?.message == [0])
        #expect(queue.append([3], to: .votes) == true)
        #expect([queue.next()?.message, queue.next()?.message, queue.next()?.message] == [[1], [2], [3]])
    }

    @Test func `a lane is full by bytes too, and what was sent of a message is room again`() {
        var queue = SendQueue(limits: Self.limits)
        #expect(queue.append([UInt8](repeating: 0, count: 1 << 20), to: .sync) == true)
        #expect(queue.append([1], to: .sync) == false)
        _ = queue.next()
        #expect(queue.append([UInt8](repeating: 1, count: Frame.payloadBytesMax), to: .sync) == true)
        #expect(queue.append([1], to: .sync) == false)
        #expect(queue.depths[.sync] == SendQueue.Depth(messages: 2, bytes: 1 << 20))
    }

    @Test func `control frames that nobody takes are left out`() {
        var queue = SendQueue(limits: Self.limits)
        for _ in 0..<1_000 { queue.append(Frame(.pong, [])) }
        #expect(Self.kinds(&queue).count == SendQueue.controlFramesMax)
    }

    @Test func `a long queue keeps its order`() {
        var fifo = FIFO<Int>()
        var taken: [Int] = []
        for number in 0..<1_000 {
            fifo.append(number)
            if number.isMultiple(of: 3), let next = fifo.popFirst() { taken.append(next) }
        }
        while let next = fifo.popFirst() { taken.append(next) }
        #expect(taken == Array(0..<1_000))
        #expect(fifo.isEmpty && fifo.first == nil)
    }
}
