import Codec
import Foundation

/// Documents handed in one after the other while the node is killed under them; keeps what was acknowledged.
final class CaptureLoad: @unchecked Sendable {
    /// One document with the record ids that a 202 named, or nil where no answer came.
    struct Sent {
        let body: [UInt8]
        var records: [String]?
    }

    private let lock = NSLock()
    private var all: [Sent] = []
    private var isEnded = false
    private let node: RunningNode
    private let finished = DispatchGroup()

    init(on node: RunningNode) { self.node = node }

    var sent: [Sent] { lock.withLock { all } }
    var acknowledged: [String] { sent.compactMap(\.records).flatMap(\.self) }

    /// Begins to hand in documents from several clients, until ``end()``.
    func begin(clients: Int, round: Int) {
        lock.withLock { isEnded = false }
        for client in 0..<clients {
            let thread = Thread { [self] in
                var count = 0
                while !lock.withLock({ isEnded }) {
                    let body = Samples.document("r\(round)c\(client)d\(count)", events: 1 + count % 7)
                    count += 1
                    let reply = try? node.capture(body)
                    let records =
                        reply?.status == 202 ? reply?.json["records"]?.elements.compactMap(\.string) : nil
                    lock.withLock { all.append(Sent(body: body, records: records)) }
                }
                finished.leave()
            }
            finished.enter()
            thread.start()
        }
    }

    /// Waits until no client is at work.
    func end() {
        lock.withLock { isEnded = true }
        finished.wait()
    }
}
